/** A job: the caller's view of a task. index.d.ts is the reference. Owner's thread only. */
import { check, timeOrNever } from '../core/check.js';
import { ArgumentError } from '../core/errors.js';
import { unrefTimeout } from '../core/platform.js';
import { PRIORITIES } from '../wasm/abi.js';

const NOTHING = Object.freeze({});

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

  get id() {
    return this.#task.id;
  }

  get name() {
    return this.#task.name;
  }

  /** Of a call(), the function. */
  get kernel() {
    return this.#task.shownKernel.name;
  }

  /** None of a call(). */
  get args() {
    return this.#task.resources.call ? NOTHING : this.#task.args;
  }

  /** Read from shared memory. */
  get status() {
    const { state, paused, settled } = this.#task;
    if (paused && !settled) return 'paused';
    return state === 'posted'
      ? this.#scheduler.control.hasBegun(this.#task)
        ? 'running'
        : 'queued'
      : state;
  }

  get priority() {
    return PRIORITIES[this.#scheduler.control.priority(this.#task)];
  }

  set priority(value) {
    this.#scheduler.control.setPriority(this.#task, value);
  }

  /** Read from shared memory: no message, about 50 ns. */
  get progress() {
    const { begin, end, state } = this.#task;
    return begin === end
      ? Number(state === 'done')
      : this.#scheduler.control.iterationsDone(this.#task) / (end - begin);
  }

  cancel(reason) {
    this.#scheduler.cancel(this.#task, reason);
  }

  pause() {
    return this.#scheduler.control.pause(this.#task);
  }

  resume() {
    this.#scheduler.control.resume(this.#task);
  }

  save() {
    return this.#scheduler.control.save(this.#task);
  }

  async *updates(options = {}) {
    const { every = 100 } = check(options, { every: timeOrNever }, ArgumentError, 'updates()');
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
