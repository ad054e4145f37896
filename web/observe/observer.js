/**
 * The observer of jobs: counts, times, events, the browser's timeline, Node's diagnostics. Owner's
 * thread only.
 */
import { builtin, isNode, now } from '../core/platform.js';
import { PRIORITIES } from '../wasm/abi.js';
import { Histogram } from './histogram.js';

const channels = async () => {
  if (!isNode) return undefined;
  const { channel } = await builtin('diagnostics_channel');
  return { post: channel('filch:post'), settle: channel('filch:settle') };
};

/** A job, as events and channels have it. */
function tell({ id, name, shownKernel, state, ownPriority, iterations, times, outcome }) {
  const error = state === 'done' || state === 'queued' || state === 'posted' ? undefined : outcome;
  return {
    job: id,
    name,
    kernel: shownKernel.name,
    priority: PRIORITIES[ownPriority],
    status: state,
    iterations,
    ...times,
    error,
  };
}

/** A worker's counters, and the part of its time in kernels. */
export function workerStats(wasm, names, worker) {
  const counters = Object.fromEntries(
    names.map((name, i) => [name, wasm.filch_host_counter(worker, i)]),
  );
  const { running_ns: run, searching_ns: search, sleeping_ns: sleep } = counters;
  return { ...counters, utilization: run / (run + search + sleep) || 0 };
}

export class Observer {
  #emit;
  #measure;
  #channels;
  #runTime = new Histogram();
  #waitTime = new Histogram();
  #ended = { done: 0, cancelled: 0, failed: 0 };

  /** @param {boolean} measure each job becomes an entry of the browser's timeline */
  static async make(emit, measure) {
    const observer = new Observer();
    observer.#emit = emit;
    observer.#measure = measure;
    observer.#channels = await channels();
    return observer;
  }

  posted(task) {
    if (this.#channels?.post.hasSubscribers) this.#channels.post.publish(tell(task));
  }

  settled(task) {
    const { state, times, name, posted } = task;
    this.#ended[state]++;
    if (times) {
      this.#waitTime.add(times.queued);
      this.#runTime.add(times.running);
    }
    this.#emit('task', tell, task);
    if (this.#channels?.settle.hasSubscribers) this.#channels.settle.publish(tell(task));
    if (this.#measure) {
      const properties = Object.entries(tell(task)).map(([key, value]) => [key, String(value)]);
      const devtools = { dataType: 'track-entry', track: 'Filch', properties };
      performance.measure(name, { start: posted, end: now(), detail: { devtools } });
    }
  }

  /** The queue has become empty. */
  drained() {
    this.#emit('drain');
  }

  /** { jobs, runTime, waitTime } since the start; times since the last reset. */
  read(reset) {
    const told = {
      jobs: { ...this.#ended },
      runTime: this.#runTime.read(),
      waitTime: this.#waitTime.read(),
    };
    if (reset) {
      this.#runTime = new Histogram();
      this.#waitTime = new Histogram();
    }
    return told;
  }
}
