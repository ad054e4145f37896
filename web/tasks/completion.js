/**
 * Completions: how tasks have ended. The module writes each into one record, which is copied and
 * checked once. Owner's thread only.
 */
import {
  COMPLETION_ARGS,
  COMPLETION_BEGAN_MS,
  COMPLETION_BYTES,
  COMPLETION_CODE,
  COMPLETION_DONE,
  COMPLETION_ENDED_MS,
  COMPLETION_FAILED_BEGIN,
  COMPLETION_FAILED_END,
  COMPLETION_HANDLE,
  COMPLETION_HELPERS,
  COMPLETION_STATUS,
  CORRUPT,
  WORKERS_MAX,
} from '../wasm/abi.js';
import { JobError } from '../core/errors.js';
import { textOf } from '../core/guard.js';
import { now } from '../core/platform.js';
import { unsigned } from '../wasm/address.js';
import { readState, readTotal } from '../wasm/schema.js';
import { copyOut } from '../memory/copied.js';
import { countRan, endRun, readRecords } from './batch.js';
import { cancelled, copyBackFailed, failed, jobError, loopFailed, someFailed } from './failures.js';

/** Ends of a batch that fail a few of its records, and leave others. */
const ENDS_RUN = ['KERNEL_TRAPPED', 'STACK_OVERFLOW', 'WORKER_LOST'];

/** The workers of a set of bits. Most often it has one, and push() makes space for 17. */
function workersOf(set) {
  if (set && !(set & (set - 1))) return [31 - Math.clz32(set)];
  const workers = [];
  for (let w = 0; set >>> w; w++) if ((set >>> w) & 1) workers.push(w);
  return workers;
}

export class Completions {
  #parts;
  #wasm;
  #view;
  #record; // its address
  #numbers; // the record, as doubles
  #words; // the same, as words

  /**
   * @param {object} parts notes: TrapNotes; status(code): { name, text }
   */
  constructor(parts) {
    const { wasm, memory } = parts;
    this.#parts = parts;
    this.#wasm = wasm;
    this.#view = new DataView(memory.buffer);
    const record = (this.#record = unsigned(wasm.filch_host_completion()));
    this.#numbers = new Float64Array(memory.buffer, record, COMPLETION_BYTES / 8);
    this.#words = new Uint32Array(memory.buffer, record, COMPLETION_BYTES / 4);
  }

  /**
   * The handle of the next task that has ended; 0: there is none. The record holds the task's
   * completion until the next call.
   */
  next() {
    return this.#wasm.filch_host_reap();
  }

  /**
   * Copies the record into its task. A record that cannot be of the task has the status CORRUPT.
   */
  take(task) {
    const numbers = this.#numbers;
    const words = this.#words;
    const done = numbers[COMPLETION_DONE / 8];
    const helpers = words[COMPLETION_HELPERS / 4];
    const { kernel, begin, end, handle } = task;
    const isOfTask = numbers[COMPLETION_HANDLE / 8] === handle && done >= 0 && done <= end - begin;
    const fits = isOfTask && helpers < 2 ** WORKERS_MAX;
    const { name, text } = this.#parts.status(fits ? words[COMPLETION_STATUS / 4] : CORRUPT);
    task.completion = {
      name, // named one by one: a spread here halves the posts per second
      text,
      reason: '',
      failure: words[COMPLETION_CODE / 4],
      done: fits ? done : 0,
      helpers: fits ? helpers : 0,
      began: numbers[COMPLETION_BEGAN_MS / 8],
      ended: numbers[COMPLETION_ENDED_MS / 8],
      failedBegin: numbers[COMPLETION_FAILED_BEGIN / 8],
      failedEnd: numbers[COMPLETION_FAILED_END / 8],
      state: readState(kernel, this.#view, this.#record + COMPLETION_ARGS),
    };
  }

  /** Gives an ended task's slot back. */
  release({ handle }) {
    this.#wasm.filch_host_release(handle);
  }

  /** The kernel has returned. */
  hasRun({ completion: { name } }) {
    return name === 'OK' || name === 'KERNEL_FAILED';
  }

  /** The function of a call has returned, and its answer is yet to come. */
  awaitsAnswer(task) {
    if (!task.resources.call || !this.hasRun(task)) return false;
    task.awaitsAnswer = this.#parts.calls.awaitsAnswer(task);
    return task.awaitsAnswer && !task.cancelled;
  }

  /** The worker has run a part of the task. */
  wasRunBy({ completion: { helpers } }, worker) {
    return (helpers >>> worker) & 1;
  }

  /**
   * A worker has trapped in a record of a batch, or has died: that record has failed, and others
   * may be left. The next run begins behind them.
   *
   * @returns {boolean} whether the batch is to run again
   */
  leavesRecords(task) {
    return task.resources.batch && ENDS_RUN.includes(task.completion.name) && this.#endRun(task);
  }

  #endRun(task) {
    const { completion, end, handle } = task;
    const { batch } = task.resources;
    const { name } = completion;
    const note = this.#parts.notes.take(handle);
    const some = endRun(batch, (index, worker) => {
      const own = note.worker === worker ? note : this.#parts.notes.takeOther(handle, worker);
      const { reason, cause } = own;
      let how = name; // of the record that ended the run
      if (reason && how === 'WORKER_LOST') how = 'KERNEL_TRAPPED';
      if (!reason && (batch.lost >>> worker) & 1) how = 'WORKER_LOST';
      if (how !== 'KERNEL_TRAPPED') return loopFailed(task, index, how, {});
      return loopFailed(task, index, own.name ?? how, { reason, cause });
    });
    // A trap outside of all records would come again.
    if (!some && name !== 'WORKER_LOST') return false;
    batch.workers |= completion.helpers;
    batch.began ||= completion.began;
    if (batch.from === end) completion.name = 'OK';
    else if (task.cancelled) completion.name = 'CANCELLED';
    task.iterations = countRan(batch) + batch.errors.size; // for its progress
    return completion.name === name;
  }

  /**
   * From the task's completion. Writes copies back. Never throws: what fails here fails the task.
   *
   * @returns {[state: string, outcome: unknown]}
   */
  read(task) {
    try {
      const end = this.#read(task);
      if (end[0] !== 'done') return end;
      try {
        copyOut(task.resources.backs);
      } catch (error) {
        return ['failed', copyBackFailed(task, error)];
      }
      return end;
    } catch (cause) {
      return ['failed', jobError(JobError, task, `: ${textOf(cause)}`, { cause })];
    }
  }

  #read(task) {
    const { kernel, resources, completion } = task;
    const { batch } = resources;
    const { name, done, state } = completion;
    const helpers = completion.helpers | (batch?.workers ?? 0);
    const workers = workersOf(helpers);
    task.iterations = batch?.from ? countRan(batch) : done;
    const ended = task.awaitsAnswer ? now() : completion.ended;
    const began = batch?.began || completion.began || ended; // 0: no worker has begun
    // Clocks of two threads may differ by their resolution.
    task.times = { queued: Math.max(0, began - task.posted), running: Math.max(0, ended - began) };
    if (resources.call && this.hasRun(task)) return this.#parts.calls.running.read(task);
    if (name === 'OK') {
      const result = { iterations: task.iterations, workers, times: task.times };
      if (batch && !task.onSettled) {
        const { states, failures } = readRecords(task);
        if (failures.length) return ['failed', someFailed(task, states, failures)];
        return ['done', { ...result, states }];
      }
      result.state = state;
      if (kernel.total) result.total = readTotal(kernel, this.#view, resources.totals.address);
      return ['done', result];
    }
    if (name === 'CANCELLED') return ['cancelled', cancelled(task)];
    if (name === 'KERNEL_TRAPPED') Object.assign(completion, this.#parts.notes.take(task.handle));
    return ['failed', failed(task)];
  }
}
