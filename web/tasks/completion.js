/**
 * Completions: how tasks have ended. The module writes each into one record, which is copied and checked once. Owner's thread only.
 */
import { COMPLETION, STATUSES, WORKERS_MAX } from '../wasm/abi.js';
import { readState, readTotal } from '../wasm/schema.js';
import { takeNote } from '../workers/note.js';
import { readRecords } from './batch.js';
import { cancelled, failed, someFailed } from './outcome.js';

export class Completions {
  #wasm;
  #memory;
  #view;
  #record; // its address
  #note;
  #textOf;
  #calls;

  /**
   * @param {object} parts
   * @param {(worker: number) => number} parts.note address of a worker's note
   * @param {(status: number) => string} parts.textOf
   * @param {import('./call.js').Calls} parts.calls
   */
  constructor({ wasm, memory, note, textOf, calls }) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#record = wasm.filch_host_completion();
    this.#note = note;
    this.#textOf = textOf;
    this.#calls = calls;
  }

  /** The handle of the next task that has ended, whose completion the record holds until the next call; 0: there is none. */
  next() {
    return this.#wasm.filch_host_reap() && this.#number(COMPLETION.handle);
  }

  #number(offset) {
    return this.#view.getFloat64(this.#record + offset, true);
  }

  #word(offset) {
    return this.#view.getUint32(this.#record + offset, true);
  }

  /** Copies the record into the task that it is of. Where the record cannot be of that task, its status is CORRUPT. */
  take(task) {
    const done = this.#number(COMPLETION.done);
    const helpers = this.#word(COMPLETION.helpers);
    const fits = done >= 0 && done <= task.end - task.begin && helpers < 2 ** WORKERS_MAX;
    const code = fits ? this.#word(COMPLETION.status) : STATUSES.indexOf('CORRUPT');
    task.completion = {
      status: STATUSES[code] ?? 'FILCH',
      text: code && this.#textOf(code),
      code: this.#word(COMPLETION.code),
      done: fits ? done : 0,
      helpers: fits ? helpers : 0,
      began: this.#number(COMPLETION.began_ms),
      ended: this.#number(COMPLETION.ended_ms),
      range: [this.#number(COMPLETION.failed_begin), this.#number(COMPLETION.failed_end)],
      state: readState(task.kernel, this.#view, this.#record + COMPLETION.args),
    };
  }

  /** Gives an ended task's slot back. */
  release({ handle }) {
    this.#wasm.filch_host_release(handle);
  }

  /** The kernel has returned. */
  hasRun({ completion: { status } }) {
    return status === 'OK' || status === 'KERNEL_FAILED';
  }

  /** The worker has run a part of the task. */
  wasRunBy({ completion: { helpers } }, worker) {
    return (helpers >>> worker) & 1;
  }

  /** From the task's completion. @returns {[state: string, outcome: unknown]} */
  read(task) {
    const { kernel, resources, completion } = task;
    const { status, done, helpers, range, state } = completion;
    const workers = [];
    for (let w = 0; w < WORKERS_MAX; w++) if ((helpers >>> w) & 1) workers.push(w);
    task.iterations = done;
    const ended = task.awaitsAnswer ? performance.now() : completion.ended;
    const began = completion.began || ended; // 0: no worker has begun
    // Clocks of two threads may differ by their resolution.
    task.times = { queued: Math.max(0, began - task.posted), running: Math.max(0, ended - began) };
    if (resources.call && this.hasRun(task)) return this.#calls.read(task);
    if (status === 'OK') {
      const result = { iterations: done, workers, times: task.times };
      if (resources.batch && !task.onSettled) {
        const { states, failures } = readRecords(resources.batch);
        if (failures.length) return ['failed', someFailed(task, states, failures)];
        return ['done', { ...result, states }];
      }
      result.state = state;
      if (kernel.total) result.total = readTotal(kernel, this.#view, resources.totals.address);
      return ['done', result];
    }
    if (status === 'CANCELLED') return ['cancelled', cancelled(task)];
    const notes = workers.map((w) => takeNote(this.#memory, this.#note(w)));
    const end = {
      status,
      text: completion.text,
      failure: completion.code,
      range: kernel.kind === 'fork' ? [task.begin, task.end] : range,
      reason: status === 'KERNEL_TRAPPED' ? (notes.find(Boolean) ?? '') : '',
    };
    return ['failed', failed(task, end)];
  }
}
