/**
 * Calls whose jobs have settled before their functions have ended: by cancel(), a signal, or a
 * timeout. A function cannot be interrupted, so its worker is replaced where it goes on for too
 * long. Until it has ended it keeps its slot and its memory. Owner's thread only.
 */
import { turn, unrefTimeout } from '../core/platform.js';
import { show } from '../core/show.js';

export class StoppedCalls {
  #parts;
  #running = new Map(); // a task's id -> { task, timer, workers: those that have its promise }

  /**
   * @param {object} parts callGrace: milliseconds; reapAll(): see scheduler.js; replace(worker,
   *   reason): ends a worker's thread, if there is one
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /** A worker runs the posted call's function, or waits for its promise. */
  isRunning({ handle, awaitsAnswer }) {
    return awaitsAnswer || this.#parts.wasm.filch_host_task_workers(handle) !== 0;
  }

  /** The job is about to settle, and the function goes on. */
  add(task) {
    const call = { task, workers: task.awaitsAnswer && task.completion.helpers };
    if (this.#parts.callGrace < Infinity)
      call.timer = unrefTimeout(this.#parts.callGrace, () => turn().then(() => this.#late(call)));
    if (task.awaitsAnswer) task.resources.release(this.#parts.heap); // the answer comes by message
    task.stopped = true;
    this.#running.set(task.id, call);
  }

  #late(call) {
    this.#parts.reapAll(); // the function's end may have come while this thread was busy
    const { task } = call;
    const workers = call.workers || this.#parts.wasm.filch_host_task_workers(task.handle);
    if (this.#running.get(task.id) !== call || !workers) return;
    const name = show(task.shownKernel.name);
    const isReplaced = this.#parts.replace(
      31 - Math.clz32(workers),
      `function ${name} of job ${task.id} was stopped, and went on for ${this.#parts.callGrace} ms`,
    );
    if (!isReplaced) this.ended(task.id); // in the cooperative mode: its promise may never settle
  }

  /** The module is through with the task: its function has returned, or is lost. */
  completed(task) {
    if (this.#parts.completions.hasRun(task) && this.#parts.calls.awaitsAnswer(task))
      this.#running.get(task.id).workers = task.completion.helpers;
    else this.ended(task.id);
    task.completion = undefined;
  }

  /** The function has ended. Nothing happens where it was not stopped. */
  ended(id) {
    const call = this.#running.get(id);
    if (!call) return;
    clearTimeout(call.timer);
    this.#running.delete(id);
    call.task.resources.free(this.#parts.heap);
  }

  /** The worker has ended, and with it the functions whose promises it had. */
  lost(worker) {
    for (const [id, { workers }] of this.#running) if ((workers >>> worker) & 1) this.ended(id);
  }

  /** The worker may run one of the functions on. */
  has(worker) {
    return [...this.#running.values()].some(({ workers }) => (workers >>> worker) & 1);
  }

  get tasks() {
    return [...this.#running.values()].map(({ task }) => task);
  }

  /** All workers are gone. */
  abandon() {
    for (const id of this.#running.keys()) this.ended(id);
  }
}
