/** The options of Runtime.start(), checked. */
import {
  any,
  check,
  flag,
  object,
  oneOf,
  signal,
  time,
  timeOrNever,
  whole,
} from '../core/check.js';
import { OptionsError } from '../core/errors.js';
import { isA } from '../core/realm.js';
import { show } from '../core/show.js';
import { SLOTS_MAX, STACK_MAX, STACK_MIN, WORKERS_MAX } from '../wasm/abi.js';

const isSharedMemory = (value) =>
  isA('WebAssembly.Memory', value) && isA('SharedArrayBuffer', value.buffer);

const workers = whole(1, WORKERS_MAX);
const replacements = whole(0, 2 ** 32 - 1);
const queue = whole(0, 2 ** 32 - 1);
const START = {
  workers: {
    what: `"auto" or ${workers.what}`,
    fits: (value) => value === 'auto' || workers.fits(value),
  },
  maxWorkers: workers,
  idleTimeout: timeOrNever,
  callGrace: timeOrNever,
  background: oneOf('run', 'slow', 'pause'),
  threadOptions: object,
  debug: flag,
  taskSlots: whole(1, SLOTS_MAX),
  maxQueue: {
    what: `"auto" or ${queue.what}`,
    fits: (value) => value === 'auto' || queue.fits(value),
  },
  queueOrder: {
    what: '"fifo", "lifo", or a function that compares two posts',
    fits: (value) => value === 'fifo' || value === 'lifo' || typeof value === 'function',
  },
  measure: flag,
  memory: {
    what: 'bytes, a whole number from 2^20 to 2^32; or a shared WebAssembly.Memory, with option "region"',
    fits: (value) => whole(2 ** 20, 2 ** 32).fits(value) || isSharedMemory(value),
  },
  region: {
    what: '{ address, bytes }, a part of the WebAssembly.Memory given as "memory"',
    fits: (value) =>
      Number.isSafeInteger(value?.address) &&
      value.address > 0 &&
      Number.isSafeInteger(value.bytes) &&
      value.bytes > 0,
  },
  stackBytes: whole(STACK_MIN, STACK_MAX),
  startLimit: time,
  importLimit: timeOrNever,
  replacementLimit: {
    what: `${replacements.what}, or Infinity`,
    fits: (value) => value === Infinity || replacements.fits(value),
  },
  frameBudget: time,
  mode: oneOf('auto', 'threads', 'cooperative'),
  signal,
  module: any, // wasm/module.js
};
const DEFAULTS = {
  workers: 'auto',
  idleTimeout: Infinity,
  callGrace: 1000,
  background: 'run',
  debug: false,
  taskSlots: 256,
  maxQueue: 65536,
  stackBytes: 2 ** 18,
  startLimit: 10_000,
  importLimit: 10_000,
  replacementLimit: 16,
  frameBudget: 6,
  mode: 'auto',
};

/** Runtime.start()'s options, with defaults. `workers` may still be 'auto'. */
export function startOptions(options) {
  const checked = { ...DEFAULTS, ...check(options, START, OptionsError, 'Runtime.start()') };
  const { memory, region } = checked;
  if (Boolean(region) !== isSharedMemory(memory))
    throw new OptionsError(
      'options "memory" and "region" of Runtime.start(): a WebAssembly.Memory needs a region, and a region that memory',
    );
  const end = region && region.address + region.bytes;
  if (end > memory?.buffer?.byteLength) {
    const size = show(memory.buffer.byteLength);
    throw new OptionsError(
      `option "region" of Runtime.start() ends at ${end}, and the memory given has ${size} bytes`,
    );
  }
  return checked;
}

/** The number of workers, of `cores` usable ones. */
export const workerCount = (workers, cores) =>
  workers === 'auto' ? Math.max(1, Math.min(WORKERS_MAX, cores)) : workers;
