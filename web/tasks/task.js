/** A task: the owner's record of one post, until the job has settled. Owner's thread only. */
import { NONE } from '../core/none.js';
import { now } from '../core/platform.js';

// Of the promise that was made last: a closure for each would cost 200 bytes a job.
let resolveLast;
let rejectLast;
const keepBoth = (resolve, reject) => {
  resolveLast = resolve;
  rejectLast = reject;
};

export class Task {
  state = 'queued'; // or 'posted'; when settled 'done', 'cancelled', 'failed'
  handle = 0; // while posted
  packed; // arguments, while the task waits for a slot
  place = 0; // queue.js
  previous;
  next;
  iterations = 0; // when settled
  times; // when settled: { queued, running }, milliseconds
  completion; // completion.js: when it has ended
  settled = false;
  outcome; // when settled: result or error
  #promise;
  #resolve;
  #reject;

  /**
   * @param {object} args as the kernel gets them, frozen
   * @param {import('./resources.js').Resources} resources
   */
  constructor(
    kernel,
    { name, begin, end, priority, grain, timeout, deterministic },
    args,
    resources,
  ) {
    this.id = 0; // from the moment on that the post is accepted
    this.kernel = kernel;
    this.posted = now();
    this.begin = begin;
    this.end = end;
    this.ownPriority = priority; // from the caller
    this.priority = priority; // in the queue: the most urgent of its own and its dependents'
    this.grain = grain;
    this.timeout = timeout;
    this.deterministic = deterministic;
    this.args = args;
    this.resources = resources;
    this.name = name ?? this.shownKernel.name;
  }

  /** The kernel that the caller named; of a call, the function. */
  get shownKernel() {
    return (this.resources.batch ?? this.resources.call ?? this).kernel;
  }

  /** No worker is to run the task. */
  get isPaused() {
    return this.paused || this.internalPauses > 0;
  }

  /** The task may have a slot. */
  get ready() {
    return !this.unplaced && !this.isPaused;
  }

  /** The caller learns of the outcome by tell(). */
  settle(state, outcome) {
    this.settled = true;
    this.state = state;
    this.outcome = outcome;
    if (this.dependencies.length) this.dependencies = NONE;
    if (this.dependents) this.dependents = undefined;
    if (this.early) this.early = undefined;
    if (this.completion) this.completion = undefined;
  }

  /** Settles the promise. */
  tell() {
    if (this.#promise) this.#settle();
    this.onSettled?.(this);
  }

  #settle() {
    if (this.state === 'done') this.#resolve(this.outcome);
    else this.#reject(this.outcome);
  }

  /** Made at the first use: a job that no caller awaits is no unhandled rejection. */
  get promise() {
    if (!this.#promise) {
      this.#promise = new Promise(keepBoth);
      this.#resolve = resolveLast;
      this.#reject = rejectLast;
      if (this.settled) this.#settle();
    }
    return this.#promise;
  }
}

/** Fields of few tasks. On the prototype they save 100 bytes a task, of maybe 100,000 tasks. */
Object.assign(Task.prototype, {
  dependencies: NONE, // tasks that were not done at the post
  unplaced: 0, // how many dependencies have no slot yet
  dependents: undefined, // tasks without a slot that depend on this one
  early: undefined, // dependents whose completion came before this task's
  paused: false, // by the caller
  internalPauses: 0, // by the runtime, for a moment
  awaitsAnswer: false, // call.js: the function's answer is on its way
  answer: undefined,
  stopped: false, // stopped-calls.js: the job has settled, and the function may go on
  onSettled: undefined, // ring/consumer.js
  timer: undefined,
  signal: undefined, // a place in abort.js
  cancelled: false,
  reason: undefined, // of the first cancel
  timedOut: false,
});
