/** A posted loop: the record that the pool keeps of it, and the face that the caller gets. */

import { ArgumentError } from './errors.js';
import { LEVELS } from './options.js';
import { after } from './platform.js';
import { show } from './show.js';

const NONE = Object.freeze([]);
const NOTHING = Object.freeze({});

/** The record. Owner's thread only. */
export class Task {
  state = 'queued'; // or 'posted', and when settled 'done', 'cancelled', 'failed'
  handle = 0; // while posted
  packed = undefined; // arguments, while they wait for a slot
  place = 0; // queue.js
  previous = undefined;
  next = undefined;
  iterations = 0; // when settled
  times = undefined; // when settled: { queued, running }, milliseconds
  settled = false;
  outcome = undefined; // when settled: result or error
  #promise;
  #settle;

  /** @param {object} args as the kernel gets them, frozen @param {import('./holdings.js').Holdings} holds */
  constructor(id, kernel, { name, begin, end, level, grain, signal, timeout, deterministic }, args, holds) {
    this.id = id;
    this.kernel = kernel;
    this.posted = performance.now();
    this.begin = begin;
    this.end = end;
    this.priority = level; // that it was given
    this.level = level; // that it waits at: as urgent as what comes after it
    this.grain = grain;
    this.signal = signal;
    this.timeout = timeout;
    this.deterministic = deterministic;
    this.args = args;
    this.holds = holds;
    this.name = name ?? this.face.name;
  }

  /** What the caller knows as its kernel. */
  get face() {
    return (this.holds.many ?? this.holds.called ?? this).kernel;
  }

  /** It is not to be worked on. */
  get held() {
    return this.paused || this.halts > 0;
  }

  /** It may have a slot. */
  get ready() {
    return !this.waits && !this.held;
  }

  settle(state, outcome) {
    this.settled = true;
    this.state = state;
    this.outcome = outcome;
    if (this.needs !== NONE) this.needs = NONE;
    if (this.dependents) this.dependents = undefined;
    if (this.early) this.early = undefined;
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

/** What few tasks have: a task is 100 bytes smaller for it, and there may be 100,000. */
Object.assign(Task.prototype, {
  needs: NONE, // after.js: tasks that it comes after, none of them done at the post; until it has settled
  waits: 0, // how many of those have no slot yet
  dependents: undefined, // tasks without a slot that come after this one
  early: undefined, // tasks that came after this one and ended, before it was heard of
  paused: false, // the caller said so
  halts: 0, // of the runtime's own, for a moment
  out: false, // calls.js: what came of it is on its way
  answer: undefined, // that
  timer: undefined,
  cancelled: false,
  reason: undefined, // of the first cancel
  late: false, // its timeout is over
});

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

  /** For the pool: the record behind a job of its own; undefined for anything else. */
  static taskOf(job, pool) {
    return typeof job === 'object' && job !== null && #task in job && job.#pool === pool ? job.#task : undefined;
  }

  /** Its number in this runtime, from 1 on. */
  get id() {
    return this.#task.id;
  }

  /** The name that it was posted with, else the kernel's. */
  get name() {
    return this.#task.name;
  }

  /** The kernel's name; the function's. */
  get kernel() {
    return this.#task.face.name;
  }

  /** The arguments that it was posted with, or was restored with: frozen, the arrays themselves. None of a call(). */
  get args() {
    return this.#task.holds.called ? NOTHING : this.#task.args;
  }

  /** 'queued', 'running' (a worker has begun), 'paused', 'done', 'cancelled', or 'failed'. Read from shared memory. */
  get status() {
    const { state, paused, settled } = this.#task;
    if (paused && !settled) return 'paused';
    return state === 'posted' ? (this.#pool.begun(this.#task) ? 'running' : 'queued') : state;
  }

  /** 'high', 'normal', or 'low'; while it is outstanding at least as urgent as what comes after it. */
  get priority() {
    return LEVELS[this.#pool.steering.level(this.#task)];
  }

  /** Throws ArgumentError. */
  set priority(value) {
    this.#pool.steering.setPriority(this.#task, value);
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

  /**
   * Keeps it from being worked on, until resume() or cancel(). One that waits for a task slot keeps its place. Resolves when no
   * worker works on it any more, at the end of the chunks that run now; or when it has settled or was resumed before.
   *
   * @returns {Promise<void>}
   */
  pause() {
    return this.#pool.steering.pause(this.#task);
  }

  resume() {
    this.#pool.steering.resume(this.#task);
  }

  /**
   * What restore() makes a job of that goes on where this one is now. The job stands still meanwhile, and goes on afterwards.
   *
   * Rejects with NotSavableError, OutOfMemoryError.
   *
   * @returns {Promise<Uint8Array>}
   */
  save() {
    return this.#pool.steering.save(this.#task);
  }

  /**
   * For `for await`: { progress, iterations, status } now, then each time that `every` milliseconds have passed, and when it has
   * settled. It never throws: await the job for its error.
   *
   * @param {{ every?: number }} [options] milliseconds (100)
   */
  async *updates({ every = 100 } = {}) {
    if (!(every > 0)) throw new ArgumentError(`option "every" of updates() must be milliseconds, more than 0, got ${show(every)}`);
    const task = this.#task;
    const now = () => ({ progress: this.progress, iterations: this.#pool.finished(task), status: this.status });
    while (!task.settled) {
      yield now();
      await new Promise((resolve) => {
        const timer = after(every, resolve);
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
