/**
 * Brings the parts of a runtime together: its module, its memory, and its workers. Owner's thread
 * only.
 */
import {
  CancelledError,
  FilchError,
  IsolationError,
  ModuleError,
  OutOfMemoryError,
  WorkerStartError,
} from '../core/errors.js';
import { guarded, textOf } from '../core/guard.js';
import { lazy, preloaded } from '../core/lazy.js';
import { coreCount, findClone, isNode } from '../core/platform.js';
import { list, show } from '../core/show.js';
import { findCodec } from '../core/text.js';
import { moduleUrl, placedModuleUrl } from '../files.js';
import { Observer } from '../observe/observer.js';
import { TOP, unsigned } from '../wasm/address.js';
import { createMemory, instantiate, loadModule } from '../wasm/module.js';
import { isOverrun } from '../wasm/stack-limits.js';
import { whyNoThreads } from '../workers/thread-support.js';
import { WorkerPool } from '../workers/pool.js';
import { workerCount } from './options.js';

/** Globals without which there is no runtime. */
const NEEDED =
  'Atomics EventTarget URL WebAssembly performance queueMicrotask setInterval setTimeout';
const CODEC = isNode ? '' : ' TextDecoder TextEncoder';

export function checkGlobals() {
  const missing = (NEEDED + CODEC).split(' ').filter((name) => !globalThis[name]);
  if (missing.length)
    throw new ModuleError(`no runtime can start here: there is no ${list(missing)}`);
}

/**
 * Settles as work(signal) does, or rejects at once when `foreign` is aborted: the work learns of
 * that by a signal of its own, and puts away what it has made.
 */
async function untilAborted(foreign, work) {
  if (!foreign) return work();
  const own = new AbortController();
  let abort;
  const aborted = new Promise((_, reject) => {
    abort = () => {
      const reason = guarded(() => foreign.reason);
      const text = `Runtime.start() was aborted: ${show(reason)}`;
      own.abort(new CancelledError(text, { reason, cause: reason }));
      reject(own.signal.reason);
    };
  });
  foreign.addEventListener('abort', abort);
  if (foreign.aborted) abort();
  try {
    return await Promise.race([aborted, work(own.signal)]);
  } finally {
    guarded(() => foreign.removeEventListener('abort', abort));
  }
}

const placement = /* @__PURE__ */ lazy(
  'a region needs',
  async () => preloaded.placement ?? import('../wasm/placement.js'),
);

/**
 * The first parts of a runtime. The others are made of these: see parts.js.
 *
 * @param {object} parts options, as startOptions() gives them; and others. More are added
 * @param {Object<string, Function>} hooks into the runtime: stop, back, corrupt, emit
 */
export async function assemble(parts, hooks) {
  await findCodec();
  await findClone();
  return untilAborted(parts.options.signal, (signal) => made(parts, signal, hooks));
}

async function made(parts, signal, hooks) {
  signal?.throwIfAborted();
  const { options } = parts;
  const { stop, corrupt, emit } = hooks;
  const { mode, region, taskSlots: slots, stackBytes } = options;
  const standard = region ? placedModuleUrl : moduleUrl;
  const module = await loadModule(options.module, standard, signal);
  signal?.throwIfAborted();
  const { memory, reason } = region
    ? { memory: options.memory, reason: '' }
    : createMemory(options.memory);
  const size = region?.bytes ?? memory.buffer.byteLength;
  const end = Math.min((region?.address ?? 0) + size, TOP);
  const place = region && (await placement()).place(module, memory, region, end);
  const notify = () => parts.doorbell?.notify();
  // Where the doorbell is a message, a cancel notifies from this thread.
  const wasm = await instantiate(
    module,
    memory,
    {
      notify: () => queueMicrotask(notify),
      call: (...call) => parts.cooperative.call(...call),
    },
    place,
    corrupt,
  );
  const observer = await Observer.make(emit, options.measure);
  const asked = workerCount(options.workers, await coreCount());
  const most = Math.max(asked, options.maxWorkers ?? 0);
  const needed = unsigned(wasm.filch_host_region_bytes(most, slots, stackBytes));
  if (unsigned(wasm.filch_host_region_base()) + needed > end) {
    throw new OutOfMemoryError(
      `the runtime itself takes ${needed} bytes with these options, and the memory has ${size}: ask for more "memory", ` +
        'or fewer "workers", "taskSlots", "stackBytes"',
      { size: needed, largest: size },
    );
  }
  signal?.throwIfAborted();

  let why = mode === 'cooperative' ? 'it was asked for' : await whyNoThreads();
  if (why && mode === 'threads') throw new IsolationError(`no threads: ${why}`);
  let pool;
  try {
    if (!why) {
      pool = new WorkerPool({
        ...options,
        ...hooks,
        module,
        memory,
        place,
        limit: options.startLimit,
        notify,
        answer: (...answer) => parts.scheduler.answers?.came(...answer),
        isBusy: (worker) =>
          wasm.filch_host_worker_task(worker) || parts.scheduler.answers?.has(worker),
        recover: (worker) => parts.scheduler.recover(worker),
        recall: (worker) => wasm.filch_host_worker_recall(worker),
        started: (worker) => emit('worker-start', () => ({ worker })),
        overran: () => isOverrun(wasm),
        crashed(worker, reason) {
          isOverrun(wasm); // then the listener's posts are refused
          emit('worker-crash', () => ({ worker, reason }));
        },
        error: (worker, reason) => emit('worker-error', () => ({ worker, reason })),
        limited: (worker, reason) => emit('replacement-limit', () => ({ worker, reason })),
        none: stop,
      });
      try {
        await pool.start(asked, signal);
      } catch (error) {
        why = `no worker can be made: ${textOf(error)}`;
      }
      signal?.throwIfAborted();
      if (!pool.size) why ||= pool.reason;
      if (why && mode === 'threads') throw new WorkerStartError(why);
    }
    const workers = why
      ? 1
      : options.maxWorkers
        ? Math.max(pool.size, options.maxWorkers)
        : pool.size;
    const layout = [workers, slots, stackBytes, end];
    const status = wasm.filch_host_attach(...layout) || wasm.filch_host_init();
    if (status) throw new FilchError(`the module did not start: status ${status}`);
    if (why) pool = undefined;
    return Object.assign(parts, { wasm, memory, reason, pool, layout, asked, why, observer });
  } catch (error) {
    pool?.end();
    throw error;
  }
}
