/** A posted loop: the record that the pool keeps of it, and the face that the caller gets. */

/** The record. Owner's thread only. */
export class Task {
  state = 'queued'; // or 'posted', and when settled 'done', 'cancelled', 'failed'
  handle = 0; // while posted
  packed = undefined; // arguments, while they wait for a slot
  before = undefined; // queue.js
  after = undefined;
  reason = undefined; // of the first cancel
  cancelled = false;
  iterations = 0; // when settled
  outcome = undefined; // when settled: result or error
  #promise;
  #settle;

  constructor(id, kernel, { begin, end, level, grain, signal }, blocks) {
    this.id = id;
    this.kernel = kernel;
    this.begin = begin;
    this.end = end;
    this.level = level;
    this.grain = grain;
    this.signal = signal;
    this.blocks = blocks;
  }

  get settled() {
    return this.outcome !== undefined;
  }

  settle(state, outcome) {
    this.state = state;
    this.outcome = outcome;
    this.#settle?.();
  }

  /** Made when somebody asks for it: so a job that nobody awaits is no unhandled rejection. */
  get promise() {
    this.#promise ??= new Promise((resolve, reject) => {
      this.#settle = () => (this.state === 'done' ? resolve : reject)(this.outcome);
      if (this.settled) this.#settle();
    });
    return this.#promise;
  }
}

/**
 * What post() gives: await it, or look at it. Owner's thread only.
 *
 * It is thenable: `await job` gives { iterations, workers, state }, or throws a JobError. A job that nobody awaits is silent,
 * however it ends; its `status` tells.
 */
export class Job {
  #task;
  #pool;

  constructor(task, pool) {
    this.#task = task;
    this.#pool = pool;
  }

  /** Its number in this runtime, from 1 on. */
  get id() {
    return this.#task.id;
  }

  /** The kernel's name. */
  get kernel() {
    return this.#task.kernel.name;
  }

  /** 'queued', 'running' (a worker has begun), 'done', 'cancelled', or 'failed'. Read from shared memory. */
  get status() {
    const { state } = this.#task;
    return state === 'posted' ? (this.#pool.begun(this.#task) ? 'running' : 'queued') : state;
  }

  /** The part of its iterations that has finished, 0 to 1. Read from shared memory: no message, about 50 ns. */
  get progress() {
    const { begin, end, state } = this.#task;
    return begin === end ? Number(state === 'done') : this.#pool.finished(this.#task) / (end - begin);
  }

  /**
   * Cancels it: at once while it waits, else at the end of the chunks that run now. It rejects with a CancelledError that has
   * this reason; the first counts. Once its last iteration has finished nothing changes any more.
   */
  cancel(reason) {
    this.#pool.cancel(this.#task, reason);
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
