/** What Runtime.start() and post() are called with, checked. */
import { ArgumentError, BadRangeError, OptionsError } from './errors.js';
import { list, show } from './show.js';

const WORKERS_MAX = 30;
const whole = (least, greatest) => ({
  what: `a whole number from ${least} to ${greatest}`,
  fits: (value) => Number.isInteger(value) && value >= least && value <= greatest,
});
const time = {
  what: 'milliseconds, more than 0 and at most 2^31 - 1',
  fits: (value) => typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1,
};
const flag = { what: 'true or false', fits: (value) => typeof value === 'boolean' };
const any = { fits: () => true }; // somebody else looks
const oneOf = (...values) => ({ what: `one of ${list(values)}`, fits: (value) => values.includes(value) });
const signal = {
  what: 'an AbortSignal',
  fits: (value) => typeof value?.addEventListener === 'function' && typeof value.aborted === 'boolean',
};

const tagOf = (value) => Object.prototype.toString.call(value);
const isSharedMemory = (value) => tagOf(value) === '[object WebAssembly.Memory]' && tagOf(value.buffer) === '[object SharedArrayBuffer]';

const workers = whole(1, WORKERS_MAX);
const queue = whole(0, 2 ** 32 - 1);
const START = {
  workers: { what: `"auto" or ${workers.what}`, fits: (value) => value === 'auto' || workers.fits(value) },
  maxWorkers: workers,
  idleTimeout: { what: 'milliseconds, more than 0; or Infinity', fits: (value) => value === Infinity || time.fits(value) },
  background: oneOf('run', 'slow', 'pause'),
  threadOptions: { what: 'an object', fits: (value) => typeof value === 'object' && value !== null },
  debug: flag,
  taskSlots: whole(1, 65535),
  maxQueue: { what: `"auto" or ${queue.what}`, fits: (value) => value === 'auto' || queue.fits(value) },
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
    fits: (value) => Number.isSafeInteger(value?.address) && value.address > 0 && Number.isSafeInteger(value.bytes) && value.bytes > 0,
  },
  stackBytes: whole(16384, 16777216),
  startLimit: time,
  frameBudget: time,
  mode: oneOf('auto', 'threads', 'cooperative'),
  signal,
  module: any, // module.js
};
const DEFAULTS = {
  workers: 'auto',
  idleTimeout: Infinity,
  background: 'run',
  debug: false,
  taskSlots: 256,
  maxQueue: 65536,
  stackBytes: 2 ** 18,
  startLimit: 10_000,
  frameBudget: 6,
  mode: 'auto',
};

/** Priorities, as the module counts them. */
export const LEVELS = ['high', 'normal', 'low'];
const priority = oneOf(...LEVELS);
const GOING_ON = {
  name: { what: 'a string', fits: (value) => typeof value === 'string' },
  priority,
  grain: { ...whole(1, 2 ** 32 - 1), what: 'iterations, a whole number from 1 to 2^32 - 1' },
  signal,
  timeout: time,
};
const MANY = {
  ...GOING_ON,
  after: any, // after.js
  inOrder: flag,
};
/** A buffer that can be transferred. */
function isWhole(value, i, all) {
  if (Object.prototype.toString.call(value) !== '[object ArrayBuffer]' || all.indexOf(value) < i) return false;
  try {
    return Boolean(new Uint8Array(value));
  } catch {
    return false;
  }
}
const CALL = {
  ...GOING_ON,
  after: any, // after.js
  transfer: { what: 'an array of ArrayBuffers, each once, and none that has gone', fits: (value) => Array.isArray(value) && value.every(isWhole) },
};
delete CALL.grain;
const args = { what: 'an object', fits: (value) => typeof value === 'object' && value !== null };
const RING = {
  bytes: { ...whole(256, 2 ** 30), what: 'bytes, a whole number from 256 to 2^30' },
  into: { what: "the name of an array argument", fits: (value) => typeof value === 'string' },
  args,
  ordered: flag,
  name: GOING_ON.name,
  priority,
  encode: any, // ring.js
  decode: any,
  flush: any,
};
const RING_CLOSE = { gone: flag };
const RING_DEFAULTS = { bytes: 65536, ordered: false };
const POST = {
  range: any, // below
  args,
  ...GOING_ON,
  after: any, // after.js
  deterministic: flag,
};

function check(options, rules, Wrong, who) {
  if (typeof options !== 'object' || options === null) {
    throw new Wrong(`${who} needs an object of options (${list(Object.keys(rules))}), got ${show(options)}`);
  }
  const checked = {};
  for (const name of Object.keys(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) throw new Wrong(`${who} has no option ${show(name)}; it has ${list(Object.keys(rules))}`);
    const value = options[name];
    if (value === undefined) continue;
    if (!rule.fits(value)) throw new Wrong(`option ${show(name)} of ${who} must be ${rule.what}, got ${show(value)}`);
    checked[name] = value;
  }
  return checked;
}

/** Runtime.start()'s options, with defaults. `workers` may still be 'auto'. */
export function startOptions(options) {
  const checked = { ...DEFAULTS, ...check(options, START, OptionsError, 'Runtime.start()') };
  if (Boolean(checked.region) === isSharedMemory(checked.memory)) return checked;
  throw new OptionsError('options "memory" and "region" of Runtime.start(): a WebAssembly.Memory needs a region, and a region that memory');
}

/** How many workers that is, of `cores` usable ones. */
export const workerCount = (workers, cores) => (workers === 'auto' ? Math.max(1, Math.min(WORKERS_MAX, cores)) : workers);

/** A priority's number. */
export function levelOf(value) {
  if (!priority.fits(value)) throw new ArgumentError(`a job's priority must be ${priority.what}, got ${show(value)}`);
  return LEVELS.indexOf(value);
}

/** What restore()'s options and some of post()'s are to a task. A grain of 0 tunes itself, a timeout of 0 is none. */
const goingOn = ({ name, priority = 'normal', grain = 0, signal, timeout = 0 }) =>
  ({ name, level: levelOf(priority), grain, signal, timeout });

/** restore()'s options: { name, level, grain, signal, timeout }. */
export const restoreOptions = (options = {}) => goingOn(check(options, GOING_ON, ArgumentError, 'restore()'));

/** postMany()'s options: the same, and { after, inOrder }. */
export function manyOptions(options = {}) {
  const checked = check(options, MANY, ArgumentError, 'postMany()');
  return { after: checked.after, inOrder: checked.inOrder ?? false, ...goingOn(checked) };
}

/** call()'s options: { after, transfer }, and restore()'s. */
export function callOptions(options = {}) {
  const checked = check(options, CALL, ArgumentError, 'call()');
  return { after: checked.after, transfer: checked.transfer ?? [], ...goingOn(checked) };
}

/** ring()'s options: { bytes, into, args, ordered, name, level }. */
export function ringOptions(options) {
  const checked = check(options, RING, ArgumentError, 'ring()');
  return { ...RING_DEFAULTS, ...checked, ...goingOn(checked) };
}

export const ringCloseOptions = (options = {}) => check(options, RING_CLOSE, ArgumentError, 'close()');

/** post()'s options for a kernel: { begin, end, args, after, deterministic }, and restore()'s. */
export function postOptions(options, kernel) {
  const checked = check(options, POST, ArgumentError, 'post()');
  const { args, after, deterministic = false } = checked;
  if (checked.deterministic !== undefined && !kernel.total) {
    const kernelIs = `kernel ${show(kernel.name)} is none`;
    throw new ArgumentError(`option "deterministic" of post() is for reductions, and ${kernelIs}: leave it out`);
  }
  const [begin, end] = kernel.kind === 'fork' ? noRange(checked, kernel) : rangeOf(checked);
  return { begin, end, args, after, deterministic, ...goingOn(checked) };
}

export function rangeOf({ range }) {
  const pair = Array.isArray(range) && range.length === 2 && range.every(Number.isSafeInteger);
  const fits = pair && 0 <= range[0] && range[0] <= range[1];
  if (fits) return range;
  throw new BadRangeError(
    `option "range" of post() must be [begin, end), whole numbers with 0 <= begin <= end <= 2^53 - 1, got ${show(range)}`,
  );
}

function noRange(checked, kernel) {
  const given = ['range', 'grain'].find((name) => checked[name] !== undefined);
  if (!given) return [0, 1];
  const kernelIs = `kernel ${show(kernel.name)} is of kind "fork" and has no iterations`;
  throw new ArgumentError(`${kernelIs}: leave out option ${show(given)} of post()`);
}
