/** What a runtime is made of, brought together: its module, its memory, and its workers, all at once. Owner's thread only. */
import { Crew } from './crew.js';
import { CancelledError, FilchError, IsolationError, OutOfMemoryError, WorkerStartError } from './errors.js';
import { whyNoThreads } from './isolation.js';
import { createMemory, instantiate, loadModule } from './module.js';
import { Observer } from './observe.js';
import { workerCount } from './options.js';
import { coreCount } from './platform.js';
import { show } from './show.js';

/** Throws where the signal has said to stop. */
function goOn(signal) {
  if (signal?.aborted) {
    throw new CancelledError(`Runtime.start() was aborted: ${show(signal.reason)}`, { reason: signal.reason, cause: signal.reason });
  }
}

/**
 * @param {object} options as startOptions() gives them
 * @param {{ ring: Function, call: Function, answer: Function, lose: Function, stop: Function, emit: Function }} hooks into the runtime that
 *   is made of it
 */
export async function assemble(options, { ring, call, answer, lose, stop, emit }) {
  const { signal, mode, taskSlots: slots, stackBytes } = options;
  goOn(signal);
  const module = await loadModule(options.module);
  goOn(signal);
  const { memory, reason } = createMemory(options.memory);
  // Where the bell rings by message, a cancel rings it from this thread.
  const wasm = await instantiate(module, memory, { ring: () => queueMicrotask(ring), call });
  const observer = await Observer.make(emit, options.measure);
  const asked = workerCount(options.workers, await coreCount());
  const most = Math.max(asked, options.maxWorkers ?? 0);
  const size = memory.buffer.byteLength;
  const region = wasm.filch_region_bytes(most, slots, stackBytes);
  if (wasm.filch_region_base() + region > size) {
    throw new OutOfMemoryError(
      `the runtime itself takes ${region} bytes with these options, and the memory has ${size}: ask for more "memory", ` +
        'or fewer "workers", "taskSlots", "stackBytes"',
      { size: region, largest: size },
    );
  }
  goOn(signal);

  let why = mode === 'cooperative' ? 'it was asked for' : await whyNoThreads();
  if (why && mode === 'threads') throw new IsolationError(`no threads: ${why}`);
  let crew;
  try {
    if (!why) {
      crew = new Crew({
        module,
        memory,
        limit: options.startLimit,
        threadOptions: options.threadOptions,
        ring,
        recall: (worker) => wasm.filch_worker_recall(worker),
        started: (worker) => emit('worker-start', () => ({ worker })),
        crashed: (worker, reason) => emit('worker-crash', () => ({ worker, reason })),
        lost: lose,
        answer,
        none: stop,
      });
      await crew.start(asked, signal);
      goOn(signal);
      if (!crew.size) why = crew.reason;
      if (why && mode === 'threads') throw new WorkerStartError(why);
    }
    const workers = why ? 1 : options.maxWorkers ? Math.max(crew.size, options.maxWorkers) : crew.size;
    const status = wasm.filch_init(workers, slots, stackBytes, size);
    if (status) throw new FilchError(`the runtime in the module did not start: status ${status}`);
    return { wasm, memory, reason, crew: why ? undefined : crew, workers, asked, why, observer };
  } catch (error) {
    crew?.end();
    throw error;
  }
}
