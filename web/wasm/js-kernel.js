/** A kernel in JavaScript: the function that wasm calls for a chunk, on the worker's thread. */
import { ACCESSORS } from '../core/array-types.js';
import { show } from '../core/show.js';
import { ARRAY_AT, ARRAY_LENGTH, CODE_MAX, TASK_RESUMED, TASK_WORKER } from './abi.js';
import { unsigned } from './address.js';

/** By type, the array by which Atomics adds a chunk's share to the state of a parallel loop. */
const ATOMIC = { u32: Int32Array, i32: Int32Array, u64: BigInt64Array, i64: BigInt64Array };

/** The arguments as the kernel sees them: numbers, and views of the shared memory. */
function readArgs(fields, view, at) {
  const args = {};
  for (const { name, role, type, offset } of fields) {
    if (role === 'state') continue;
    if (role === 'value') {
      args[name] = view[`get${ACCESSORS[type]}`](at + offset, true);
      continue;
    }
    const [address, length] = [ARRAY_AT, ARRAY_LENGTH].map((part) =>
      view.getUint32(at + offset + part, true),
    );
    if (address || length)
      args[name] = new globalThis[`${ACCESSORS[type]}Array`](view.buffer, address, length);
  }
  return args;
}

/** The code that a kernel has returned, for wasm. */
function codeOf(returned, url) {
  if (returned === undefined) return 0;
  if (Number.isInteger(returned) && returned >= 0 && returned <= CODE_MAX) return returned;
  const isPromise = typeof returned?.then === 'function';
  if (isPromise) returned.then(show, show); // its rejection is told by the job
  const what = isPromise ? 'a promise: a kernel must be synchronous' : show(returned);
  throw new TypeError(
    `the kernel of ${url} returned ${what}; it may return nothing, a whole number from 0 to ${CODE_MAX}, or wait(...)`,
  );
}

/** By filch_waited, how the wait before a chunk has ended; undefined: there was none. */
const ENDS = ['event', 'timeout', 'closed'];

/** What a kernel returns to wait. */
class Wait {
  constructor({ event = 0, timeout = Infinity, done = 0 } = {}) {
    this.event = event;
    this.timeout = timeout;
    this.done = done;
  }
}

/** The task's wait() of index.d.ts. Throws TypeError. */
function wait(options) {
  const asked = new Wait(typeof options === 'number' ? { timeout: options } : options);
  const { event, timeout, done } = asked;
  const isEvent = event >>> 0 === event;
  const isTime = typeof timeout === 'number' && timeout >= 0 && (event || timeout < Infinity);
  if (isEvent && isTime && Number.isSafeInteger(done) && done >= 0) return asked;
  throw new TypeError(
    `wait() takes milliseconds, or { event, timeout, done }: an event's id, milliseconds, and a number of iterations; got ${show(options)}`,
  );
}

/** The script's default export, a KernelFunction of index.d.ts, as wasm calls it. */
export function jsKernelChunk(script, { kind, fields, url }, wasm, memory) {
  const chunk = script.default;
  if (typeof chunk !== 'function')
    throw new TypeError(`the module ${url} has no function as its default export`);
  const view = new DataView(memory.buffer);
  const states = fields.filter(({ role }) => role === 'state');
  const get = ({ type, offset }, at) => view[`get${ACCESSORS[type]}`](at + offset, true);
  const words = new Uint32Array(memory.buffer);
  return (task, args, begin, end) => {
    const at = unsigned(args);
    const before = states.map((field) => get(field, at));
    const state = Object.fromEntries(
      states.map(({ name }, i) => [name, kind === 'parallel' ? before[i] - before[i] : before[i]]),
    );
    const returned = chunk(
      {
        args: readArgs(fields, view, at),
        state,
        worker: words[unsigned(task + TASK_WORKER) / 4],
        waited: kind === 'parallel' ? undefined : ENDS[words[unsigned(task + TASK_RESUMED) / 4]],
        wait,
      },
      Number(begin),
      Number(end),
    );
    const isWait = returned instanceof Wait;
    const code = isWait ? 0 : codeOf(returned, url);
    states.forEach(({ name, type, offset }) => {
      if (kind !== 'parallel') return view[`set${ACCESSORS[type]}`](at + offset, state[name], true);
      const Type = ATOMIC[type];
      const added =
        Type === BigInt64Array ? BigInt.asIntN(64, BigInt(state[name])) : state[name] | 0;
      return Atomics.add(new Type(memory.buffer, at + offset, 1), 0, added);
    });
    // Last: the state is kept.
    return isWait
      ? wasm.filch_await(task, returned.event, returned.timeout, BigInt(returned.done))
      : code;
  };
}
