/** Completions: how a task has ended, read from the module. The only user of the module's functions about ended tasks. Owner's thread only. */
import { readState, readTotal } from '../wasm/schema.js';
import { takeNote } from '../workers/note.js';
import { readRecords } from './batch.js';
import { cancelled, failed, someFailed } from './outcome.js';

export class Completions {
  #wasm;
  #memory;
  #view;
  #note;
  #status;
  #calls;

  /**
   * @param {object} parts
   * @param {(worker: number) => number} parts.note address of a worker's note
   * @param {(code: number) => { name: string, text: string }} parts.status
   * @param {import('./call.js').Calls} parts.calls
   */
  constructor({ wasm, memory, note, status, calls }) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#note = note;
    this.#status = status;
    this.#calls = calls;
  }

  /** The handle of the next task that has ended; 0: there is none. */
  next() {
    return this.#wasm.filch_reap();
  }

  /** Gives an ended task's slot back. */
  release({ handle }) {
    this.#wasm.filch_release(handle);
  }

  /** { name, text } */
  statusOf({ handle }) {
    return this.#status(this.#wasm.filch_task_status(handle));
  }

  /** The kernel has returned. */
  hasRun(task) {
    return ['OK', 'KERNEL_FAILED'].includes(this.statusOf(task).name);
  }

  /** The worker has run a part of the task. */
  wasRunBy({ handle }, worker) {
    return (this.#wasm.filch_task_helpers(handle) >>> worker) & 1;
  }

  /** Before the task is released. @returns {[state: string, outcome: unknown]} */
  read(task) {
    const wasm = this.#wasm;
    const { handle, kernel, resources } = task;
    const helpers = wasm.filch_task_helpers(handle);
    const workers = [];
    for (let w = 0; helpers >>> w; w++) if ((helpers >>> w) & 1) workers.push(w);
    task.iterations = wasm.filch_task_done(handle);
    const ended = task.awaitsAnswer ? performance.now() : wasm.filch_task_ended(handle);
    const began = wasm.filch_task_began(handle) || ended; // 0: no worker has begun
    // Clocks of two threads may differ by their resolution.
    task.times = { queued: Math.max(0, began - task.posted), running: Math.max(0, ended - began) };
    if (resources.call && this.hasRun(task)) return this.#calls.read(task);
    const { name, text } = this.statusOf(task);
    if (name === 'OK') {
      const result = { iterations: task.iterations, workers, times: task.times };
      if (resources.batch && !task.onSettled) {
        const { states, failures } = readRecords(resources.batch);
        if (failures.length) return ['failed', someFailed(task, states, failures)];
        return ['done', { ...result, states }];
      }
      result.state = readState(kernel, this.#view, wasm.filch_task_args(handle));
      if (kernel.total) result.total = readTotal(kernel, this.#view, resources.totals.address);
      return ['done', result];
    }
    if (name === 'CANCELLED') return ['cancelled', cancelled(task)];
    const notes = workers.map((w) => takeNote(this.#memory, this.#note(w)));
    const chunk = [wasm.filch_task_failed_begin(handle), wasm.filch_task_failed_end(handle)];
    const end = {
      status: name,
      text,
      failure: wasm.filch_task_code(handle),
      range: kernel.kind === 'fork' ? [task.begin, task.end] : chunk,
      reason: name === 'KERNEL_TRAPPED' ? (notes.find(Boolean) ?? '') : '',
    };
    return ['failed', failed(task, end)];
  }
}
