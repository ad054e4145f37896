/** A job: the caller's view of a task. Owner's thread only. */
import { ArgumentError } from '../core/errors.js';
import { unrefTimeout } from '../core/platform.js';
import { PRIORITIES } from '../wasm/abi.js';
import { show } from '../core/show.js';

const NOTHING = Object.freeze({});

/**
 * What post() gives. A job is thenable: `await job` gives { iterations, workers, state }, or throws
 * a JobError. A job that no caller awaits is silent, however it ends; its `status` tells.
 */
export class Job {
  #task;
  #scheduler;

  constructor(task, scheduler) {
    this.#task = task;
    this.#scheduler = scheduler;
  }

  /** The task of a job of this scheduler; undefined for any other value. */
  static taskOf(job, scheduler) {
    return typeof job === 'object' && job !== null && #task in job && job.#scheduler === scheduler
      ? job.#task
      : undefined;
  }

  /** The job's number in this runtime, from 1 on. */
  get id() {
    return this.#task.id;
  }

  /** The name given to post(), else the kernel's. */
  get name() {
    return this.#task.name;
  }

  /** The kernel's name; the function's. */
  get kernel() {
    return this.#task.shownKernel.name;
  }

  /** The arguments of post() or restore(): frozen, the arrays themselves. None of a call(). */
  get args() {
    return this.#task.resources.call ? NOTHING : this.#task.args;
  }

  /**
   * 'queued', 'running' (a worker has begun), 'paused', 'done', 'cancelled', or 'failed'. Read from
   * shared memory.
   */
  get status() {
    const { state, paused, settled } = this.#task;
    if (paused && !settled) return 'paused';
    return state === 'posted'
      ? this.#scheduler.control.hasBegun(this.#task)
        ? 'running'
        : 'queued'
      : state;
  }

  /** 'high', 'normal', or 'low'. An outstanding job is at least as urgent as its dependents. */
  get priority() {
    return PRIORITIES[this.#scheduler.control.priority(this.#task)];
  }

  /** Throws ArgumentError. */
  set priority(value) {
    this.#scheduler.control.setPriority(this.#task, value);
  }

  /**
   * The part of the iterations that has finished, 0 to 1. Read from shared memory: no message,
   * about 50 ns.
   */
  get progress() {
    const { begin, end, state } = this.#task;
    return begin === end
      ? Number(state === 'done')
      : this.#scheduler.control.iterationsDone(this.#task) / (end - begin);
  }

  /** Cancels the job. The first reason counts. */
  cancel(reason) {
    this.#scheduler.cancel(this.#task, reason);
  }

  /** Pauses the job. Resolves when no worker runs the job any more. */
  pause() {
    return this.#scheduler.control.pause(this.#task);
  }

  resume() {
    this.#scheduler.control.resume(this.#task);
  }

  /**
   * Bytes of which restore() makes a job that goes on where this job is now.
   *
   * @returns {Promise<Uint8Array>}
   */
  save() {
    return this.#scheduler.control.save(this.#task);
  }

  /**
   * { progress, iterations, status } now, every `every` milliseconds, and when the job has settled.
   */
  async *updates({ every = 100 } = {}) {
    if (!(every > 0))
      throw new ArgumentError(
        `option "every" of updates() must be milliseconds, more than 0, got ${show(every)}`,
      );
    const task = this.#task;
    const now = () => ({
      progress: this.progress,
      iterations: this.#scheduler.control.iterationsDone(task),
      status: this.status,
    });
    while (!task.settled) {
      yield now();
      await new Promise((resolve) => {
        const timer = unrefTimeout(every, resolve);
        const end = () => resolve(clearTimeout(timer));
        task.promise.then(end, end);
      });
    }
    yield now();
  }

  then(onDone, onFail) {
    return this.#task.promise.then(onDone, onFail);
  }

  catch(onFail) {
    return this.#task.promise.catch(onFail);
  }

  finally(onSettled) {
    return this.#task.promise.finally(onSettled);
  }

  get [Symbol.toStringTag]() {
    return 'Job';
  }
}
