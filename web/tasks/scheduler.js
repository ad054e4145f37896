/**
 * The scheduler: the owner's tasks, from the submission to the settled job. Owner's thread only.
 */
import { NONE } from '../core/none.js';
import { unrefTimeout } from '../core/platform.js';
import { PRIORITIES } from '../wasm/abi.js';
import { AbortSignals } from './abort.js';
import { Backpressure } from './backpressure.js';
import { Calls } from './call.js';
import { Completions } from './completion.js';
import { Control } from './control.js';
import {
  dependenciesOf,
  dependOn,
  inheritPriority,
  isBroken,
  linkDependent,
  unblocked,
  unlinkDependent,
} from './dependencies.js';
import { cancelled, corrupt, dependencyFailed, named, queueFull, workerLost } from './failures.js';
import { Queue } from './queue.js';
import { freeArray } from './resources.js';
import { Settlements } from './settle.js';
import { SLOT_LIMIT, Slots } from './slots.js';
import { Submissions } from './submit.js';

export class Scheduler {
  #parts;
  #wasm;
  #submissions;
  #calls;
  #completions;
  #settlements;
  #slots;
  #maxQueue;
  #queue;
  #signals = new AbortSignals((place, reason) => {
    if (place.task) this.cancel(place.task, reason);
    else place.aborted = { reason };
  });
  #ids = 0;

  /** Tasks that have not settled. */
  outstanding = 0;
  /** Tasks that have settled, ever. */
  settledCount = 0;
  /** At the last refill() or post the module had no slot, though a slot should be free. */
  isRefused = false;
  control;
  backpressure = new Backpressure(() => this.#parts.observer?.drained());

  /**
   * @param {object} parts statuses: { name, text } by code; notes: TrapNotes; tell(module): tells
   *   every worker of a module; callGrace, replace: see stopped-calls.js; taskOf(job): its task;
   *   busy(on): tasks are outstanding, or none; work(soon): workers may have more to do, 1: a task
   *   may end in a moment
   */
  constructor({ statuses, slots, maxQueue, queueOrder, ...parts }) {
    const { wasm } = parts;
    this.#parts = parts;
    this.#wasm = wasm;
    const status = (code) => statuses.at(code) ?? { name: 'FILCH', text: `status ${code}` };
    this.#slots = new Slots(slots);
    this.#submissions = new Submissions({ ...parts, status });
    this.#calls = new Calls({ ...parts, run: (RunningCalls) => this.#run(RunningCalls) });
    this.#completions = new Completions({ ...parts, status, calls: this.#calls });
    this.#maxQueue = maxQueue === 'auto' ? slots : maxQueue;
    this.#queue = new Queue(queueOrder);
    this.#settlements = new Settlements({
      ...parts,
      completions: this.#completions,
      submissions: this.#submissions,
      slots: this.#slots,
      queue: this.#queue,
      signals: this.#signals,
      unblock: (task) => this.#unblock(task),
      end: (task, state, outcome) => this.#end(task, state, outcome),
    });
    this.control = new Control({ ...parts, queue: this.#queue, refill: () => this.refill() });
  }

  #run(RunningCalls) {
    return new RunningCalls({
      ...this.#parts,
      slots: this.#slots,
      calls: this.#calls,
      completions: this.#completions,
      reapAll: () => this.reapAll(),
      settle: (...end) => {
        this.#settlements.settle(...end);
        this.refill();
      },
    });
  }

  /** See running-calls.js. undefined: no call has run. */
  get answers() {
    return this.#calls.running?.answers;
  }

  /** These give a Task. */
  post(name, options) {
    return this.#accept(this.#submissions.one(name, options));
  }

  postMany(name, loops, options) {
    return this.#accept(this.#submissions.many(name, loops, options));
  }

  call(url, name, args, options) {
    const submission = this.#calls.submission(url, name, args, options);
    const task = this.#accept(submission);
    submission.ready?.then(
      () => this.control.changePause(task, () => task.internalPauses--),
      (error) => this.#settlements.settle(task, 'failed', error),
    );
    return task;
  }

  restore(bytes, options) {
    return this.#accept(this.#submissions.restored(bytes, options));
  }

  /** A ring's records. onSettled() is called when they have run, or will not run. */
  batch({ onSettled, ...batch }) {
    this.#accept({ ...this.#submissions.batch(batch), exempt: true }).onSettled = onSettled;
  }

  find(name) {
    return this.#submissions.find(name);
  }

  /**
   * A post is all or nothing. First foreign code is called: getters, iterators, the signal. It may
   * throw, or call the runtime. Then the task is in.
   */
  #accept(submission) {
    const { checked, resources } = submission;
    const { signal } = checked;
    let place; // among the signal's tasks
    let task;
    try {
      const dependencies =
        checked.after === undefined ? NONE : dependenciesOf(checked.after, this.#parts.taskOf);
      let aborted = signal?.aborted ? { reason: signal.reason } : undefined;
      if (signal && !aborted) place = this.#signals.watch(signal);
      task = this.#submissions.make(submission);
      resources.check();
      aborted ??= place?.aborted;
      const failure = dependencies.find(isBroken);
      task.id = ++this.#ids; // before foreign code runs again: it may post, too
      if (aborted || failure) {
        resources.entrust();
        task.resources.release(this.#parts.heap);
        task.reason = aborted?.reason;
        if (aborted) task.settle('cancelled', cancelled(task));
        else task.settle('failed', dependencyFailed(task, failure));
        if (place) this.#signals.leave(place);
        return task;
      }
      if (dependencies.length) dependOn(task, dependencies);
      if (submission.ready) task.internalPauses++;
      this.#enter(task, submission.exempt);
    } catch (error) {
      resources.release(this.#parts.heap);
      if (place) this.#signals.leave(place);
      throw error;
    }
    resources.entrust();
    for (const block of task.resources.blocks) block.users++;
    if (place) {
      place.task = task;
      task.signal = place;
    }
    if (task.timeout) task.timer = unrefTimeout(task.timeout, this.#timeOut, task);
    if (!this.outstanding++) this.#parts.busy(true);
    this.#parts.observer?.posted(task);
    return task;
  }

  /** Puts the task that was made last into a slot, or else into the queue. */
  #enter(task, exempt) {
    const { priority, kernel, resources } = task;
    const { packed } = this.#submissions;
    const isNext = task.ready && !this.#queue.first(priority);
    if (resources.call?.moves) {
      if (!isNext || !this.#slots.isFree(priority)) this.#checkQueue(exempt);
      this.#calls.move(task, this.#slots.used);
      exempt = true;
    }
    if (isNext && this.#launch(task, packed)) return;
    this.#checkQueue(exempt);
    task.packed = kernel.fields.length ? packed.slice() : packed;
    linkDependent(task);
    this.#queue.push(task);
    this.backpressure.full = true;
    inheritPriority(task, this.#queue, this.#wasm);
  }

  #checkQueue(exempt) {
    if (this.#queue.size >= this.#maxQueue && !exempt)
      throw queueFull(this.#slots.used, this.#queue.size);
  }

  /** False: no slot is free. */
  #launch(task, packed) {
    if (!this.#slots.isFree(task.priority)) return false;
    const args = task.resources.call ? this.#calls.place(task, this.#slots.used) : packed;
    if (!args) return false;
    const awake = this.#wasm.filch_host_awake();
    const handle = this.#submissions.submit(task, args);
    if (!handle) {
      this.isRefused = true;
      return false;
    }
    if (!this.#slots.tryGive(task, handle)) {
      const cause = new Error('a task got the slot of another');
      this.#wasm.broken(cause);
      throw corrupt(task, cause);
    }
    this.#parts.trace?.posted(task);
    this.#parts.work(awake);
    return true;
  }

  refill() {
    this.isRefused = false;
    this.#queue.arrange();
    for (let priority = 0; priority < PRIORITIES.length && this.#queue.size; ) {
      const task = this.#queue.first(priority);
      try {
        if (!task || !this.#launch(task, task.packed)) {
          priority++;
          continue;
        }
      } catch (error) {
        this.#settlements.settle(task, 'failed', error);
        continue;
      }
      this.#queue.remove(task);
      unlinkDependent(task, this.#queue, this.#wasm);
      if (!task.resources.endsHere) this.#unblock(task);
      priority = 0;
    }
    this.backpressure.update(this.#queue.size);
  }

  /** Dependents that waited for this task alone may have slots. */
  #unblock(task) {
    for (const next of unblocked(task)) {
      this.#queue.remove(next);
      this.#queue.push(next); // its wait begins now
    }
  }

  get queued() {
    return this.#queue.size;
  }

  /** Posts find no slot: a well-behaved caller waits. */
  get needsDrain() {
    return this.backpressure.full || !this.#slots.isFree(1);
  }

  cancel(task, reason) {
    if (task.settled || task.cancelled) return;
    task.cancelled = true;
    task.reason = reason;
    const { awaitsAnswer } = task;
    if (task.state === 'posted') {
      if (!awaitsAnswer) this.control.cancel(task); // first: a worker that begins later sees it
      if (!task.resources.call || !this.#calls.running.stopped.isRunning(task)) return;
      this.#calls.running.stopped.add(task);
    }
    this.#settlements.settle(task, 'cancelled', cancelled(task));
    if (awaitsAnswer) this.refill();
  }

  #timeOut = (task) => {
    task.timedOut = !task.cancelled;
    this.cancel(task, `timeout of ${task.timeout} ms`);
  };

  /** Settles the job of one task that has ended. False: there is none. Does not throw. */
  reap() {
    const handle = this.#completions.next();
    if (!handle) return false;
    const task = this.#slots.taskOf(handle);
    if (task) this.#completions.take(task);
    if (task && !task.stopped) {
      this.#settlements.settle(task);
      return true;
    }
    this.#wasm.filch_host_release(handle); // abandoned before, stopped, or corrupt
    if (task) {
      this.#slots.takeBack(task);
      this.#calls.running.stopped.completed(task);
    }
    return true;
  }

  /** Settles all that have ended: no more than there may be. */
  reapAll() {
    for (let left = SLOT_LIMIT; left && this.reap(); left--);
  }

  /** Tasks that have slots. */
  get posted() {
    return this.#slots.tasks;
  }

  recover(worker) {
    for (const {
      resources: { batch },
    } of this.posted)
      if (batch) batch.lost |= 1 << worker;
    // a call that returned its promise, and got no further, ends
    this.#wasm.filch_host_worker_lost(worker);
    this.reapAll(); // so each task's `awaitsAnswer` is known
    this.answers?.lost(worker);
    this.refill();
  }

  /** The task is no more outstanding. No foreign code is called, and nothing throws. */
  #end(task, state, outcome) {
    if (task.handle) {
      if (!task.stopped || task.awaitsAnswer) this.#slots.takeBack(task);
      this.#parts.trace?.settled(task);
    } else {
      this.#queue.remove(task);
      unlinkDependent(task, this.#queue, this.#wasm);
    }
    if (task.timer) clearTimeout(task.timer);
    if (!task.stopped) task.resources.free(this.#parts.heap);
    task.settle(state, outcome);
    this.settledCount++;
    this.control.settled(task);
    if (!--this.outstanding) this.#parts.busy(false);
    this.backpressure.settled(this.#queue);
  }

  /** The job that has the task, as errors name it. */
  nameOf(handle) {
    const task = this.#slots.taskOf(handle);
    return task && named(task);
  }

  uses(kernels) {
    return this.#all().some(({ shownKernel }) => kernels.includes(shownKernel));
  }

  /** free(): gives an array back, unless a task uses it. */
  free(array) {
    freeArray(array, this.#parts.heap, () => [
      ...(this.#calls.running?.stopped.tasks ?? []),
      ...this.#all(),
    ]);
  }

  cancelAll(reason) {
    for (const task of this.#all()) this.cancel(task, reason);
  }

  /**
   * Settles all tasks without asking the module. `cause`: memory is corrupt.
   *
   * @returns {number[]} the tasks' handles: to the module the tasks go on
   */
  abandon(text, cause) {
    const all = this.#all();
    for (const task of all) {
      if (task.settled) continue;
      if (task.handle) task.iterations = this.control.iterationsDone(task);
      if (task.cancelled) this.#settlements.settle(task, 'cancelled', cancelled(task));
      else
        this.#settlements.settle(
          task,
          'failed',
          cause ? corrupt(task, cause) : workerLost(task, text),
        );
    }
    this.#calls.running?.stopped.abandon();
    return all.map(({ handle }) => handle).filter(Boolean);
  }

  /** All outstanding tasks, the last posted first: so a task's dependents come before the task. */
  #all() {
    return [...this.#slots.tasks, ...this.#queue.all()].sort((a, b) => b.id - a.id);
  }
}
