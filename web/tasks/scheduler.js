/**
 * The scheduler: the owner's tasks, from the submission to the settled job. Owner's thread only.
 */
import { report } from '../core/guard.js';
import { unrefTimeout } from '../core/platform.js';
import { HANDLE_SLOT_BITS, PRIORITIES } from '../wasm/abi.js';
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
  isEarly,
  linkDependent,
  unblocked,
  unlinkDependent,
  urgencyOf,
} from './dependencies.js';
import { cancelled, corrupt, dependencyFailed, queueFull, workerLost } from './failures.js';
import { Queue } from './queue.js';
import { freeArray } from './resources.js';
import { StoppedCalls } from './stopped-calls.js';
import { Submissions } from './submit.js';

/** A handle is a generation and, below it, a slot. */
const SLOT_LIMIT = 2 ** HANDLE_SLOT_BITS;

export class Scheduler {
  #wasm;
  #trace;
  #heap;
  #submissions;
  #calls;
  #completions;
  #stopped;
  #status;
  #taskOf;
  #slots;
  #spare;
  #maxQueue;
  #busy;
  #work;
  #tasks = []; // by slot
  #posted = 0;
  #queue;
  #observer;
  #signals = new AbortSignals((place, reason) => {
    if (place.task) this.cancel(place.task, reason);
    else place.aborted = { reason };
  });
  #ids = 0;

  /** Tasks that have not settled. */
  outstanding = 0;
  /** Tasks that have settled, ever. */
  settledCount = 0;
  control;
  backpressure = new Backpressure(() => this.#observer?.drained());

  /**
   * @param {object} parts statuses: { name, text } by code; notes: TrapNotes; tell(module): tells
   *   every worker of a module; callGrace, replace: see stopped-calls.js; taskOf(job): its task;
   *   busy(on): tasks are outstanding, or none; work(soon): workers may have more to do, 1: a task
   *   may end in a moment
   */
  constructor({ statuses, slots, maxQueue, queueOrder, taskOf, busy, observer, trace, ...parts }) {
    const { wasm, heap, work } = parts;
    this.#wasm = wasm;
    this.#trace = trace;
    this.#heap = heap;
    const status = (code) => statuses[code] ?? { name: 'FILCH', text: `status ${code}` };
    this.#status = status;
    this.#submissions = new Submissions({ ...parts, status });
    this.#calls = new Calls(parts);
    this.#completions = new Completions({ ...parts, status, calls: this.#calls });
    this.#stopped = new StoppedCalls({
      ...parts,
      calls: this.#calls,
      completions: this.#completions,
      reapAll: () => this.reapAll(),
    });
    this.#taskOf = taskOf;
    this.#slots = slots;
    this.#spare = slots >> 4; // for urgent posts, which would else wait for the end of a long loop
    this.#maxQueue = maxQueue === 'auto' ? slots : maxQueue;
    this.#queue = new Queue(queueOrder);
    this.#observer = observer;
    this.#busy = busy;
    this.#work = work;
    this.control = new Control({ ...parts, queue: this.#queue, refill: () => this.refill() });
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
      (error) => this.#settle(task, 'failed', error),
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
        checked.after === undefined ? [] : dependenciesOf(checked.after, this.#taskOf);
      let aborted = signal?.aborted ? { reason: signal.reason } : undefined;
      if (signal && !aborted) place = this.#signals.watch(signal);
      task = this.#submissions.make(submission);
      resources.check();
      aborted ??= place?.aborted;
      const failure = dependencies.find(isBroken);
      task.id = ++this.#ids; // before foreign code runs again: it may post, too
      if (aborted || failure) {
        resources.entrust();
        task.resources.release(this.#heap);
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
      resources.release(this.#heap);
      if (place) this.#signals.leave(place);
      throw error;
    }
    resources.entrust();
    for (const block of task.resources.blocks) block.users++;
    if (place) {
      place.task = task;
      task.signal = place;
    }
    if (task.timeout) task.timer = unrefTimeout(task.timeout, () => this.#timeOut(task));
    if (!this.outstanding++) this.#busy(true);
    this.#observer?.posted(task);
    return task;
  }

  /** Puts the task that was made last into a slot, or else into the queue. */
  #enter(task, exempt) {
    const { priority, kernel, resources } = task;
    const { packed } = this.#submissions;
    const isNext = task.ready && !this.#queue.first(priority);
    if (resources.call?.moves) {
      if (!isNext || !this.#hasSlot(task)) this.#checkQueue(exempt);
      this.#calls.move(task, this.#posted);
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
      throw queueFull(this.#posted, this.#queue.size);
  }

  #hasSlot({ priority }) {
    return this.#posted < this.#slots - (priority && this.#spare);
  }

  /** False: no slot is free. */
  #launch(task, packed) {
    if (!this.#hasSlot(task)) return false;
    const args = task.resources.call ? this.#calls.place(task, this.#posted) : packed;
    if (!args) return false;
    const awake = this.#wasm.filch_host_awake();
    const handle = this.#submissions.submit(task, args);
    if (!handle) return false;
    task.handle = handle;
    task.state = 'posted';
    task.packed = undefined;
    this.#tasks[handle % SLOT_LIMIT] = task;
    this.#posted++;
    this.#trace?.posted(task);
    this.#work(awake);
    return true;
  }

  refill() {
    this.#queue.arrange();
    for (let priority = 0; priority < PRIORITIES.length && this.#queue.size; ) {
      const task = this.#queue.first(priority);
      try {
        if (!task || !this.#launch(task, task.packed)) {
          priority++;
          continue;
        }
      } catch (error) {
        this.#settle(task, 'failed', error);
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
    return this.backpressure.full || this.#posted >= this.#slots - this.#spare;
  }

  cancel(task, reason) {
    if (task.settled || task.cancelled) return;
    task.cancelled = true;
    task.reason = reason;
    const { awaitsAnswer } = task;
    if (task.state === 'posted') {
      if (!awaitsAnswer) this.control.cancel(task); // first: a worker that begins later sees it
      if (!this.#stopped.isRunning(task)) return;
      this.#stopped.add(task);
    }
    this.#settle(task, 'cancelled', cancelled(task));
    if (awaitsAnswer) this.refill();
  }

  #timeOut(task) {
    task.timedOut = !task.cancelled;
    this.cancel(task, `timeout of ${task.timeout} ms`);
  }

  /** Settles the job of one task that has ended. False: there is none. Does not throw. */
  reap() {
    const handle = this.#completions.next();
    if (!handle) return false;
    const task = this.#tasks[handle % SLOT_LIMIT];
    if (handle < 0) this.#wasm.broken(new Error(this.#status(-handle).text));
    if (task?.handle !== handle) {
      if (handle > 0) this.#completions.release({ handle }); // abandoned before, or corrupt
      return true;
    }
    this.#completions.take(task);
    if (!task.stopped) {
      this.#settle(task);
      return true;
    }
    this.#completions.release(task);
    this.#leaveSlot(task);
    this.#stopped.completed(task);
    return true;
  }

  /** Settles all that have ended: no more than there may be. */
  reapAll() {
    for (let left = SLOT_LIMIT; left && this.reap(); left--);
  }

  get posted() {
    return this.#tasks.filter(Boolean);
  }

  giveUp(task, error) {
    if (!task.answer) this.#settle(task, 'failed', error);
    this.refill();
  }

  /**
   * Settles a task, with a state and an outcome; without them by its completion. If the task is
   * not done, its queued dependents fail with it. The module fails the other dependents: their
   * completions may come before the task's.
   *
   * Foreign code is called last: it finds all these tasks settled.
   */
  #settle(first, state, outcome) {
    const all = [first];
    const settled = [];
    for (const task of all) {
      if (task.settled) continue;
      try {
        const isGiven = task === first && state;
        const end = isGiven ? [state, outcome] : this.#endOf(task);
        if (!end) continue;
        if (isGiven && task.awaitsAnswer) this.#completions.release(task);
        const { dependents, early } = task;
        if (end[0] === 'done' && task.resources.endsHere) this.#unblock(task);
        this.#end(task, end[0], end[1]);
        settled.push(task);
        if (dependents && isBroken(task)) all.push(...dependents);
        if (early) all.push(...early);
      } catch (error) {
        report(error);
      }
    }
    for (const task of settled) this.#tell(task);
  }

  /** How a task has ended, [state, outcome]; undefined: it has not. Writes copies back. */
  #endOf(task) {
    const dependency = !task.completion && task.dependencies.find(isBroken);
    if (dependency) return ['failed', dependencyFailed(task, dependency)];
    if (isEarly(task) || this.#completions.awaitsAnswer(task)) return undefined;
    if (this.#completions.leavesRecords(task)) return this.#runAgain(task);
    const end = this.#completions.read(task);
    this.#completions.release(task);
    return end;
  }

  /** @param {(message: object, transfer: object[]) => void} reply to the callee */
  answer(answer, reply) {
    const task = this.#tasks.find((each) => each?.id === answer.job);
    if (answer.asks) return this.#calls.send(task, reply);
    if (!task) return this.#stopped.ended(answer.job);
    task.answer = answer;
    if (!task.awaitsAnswer) return;
    this.#settle(task);
    this.refill();
  }

  recover(worker) {
    // a call that returned its promise, and got no further, ends
    this.#wasm.filch_host_worker_lost(worker);
    this.reapAll(); // so each task's `awaitsAnswer` is known
    for (const task of this.#tasks) {
      if (!task?.awaitsAnswer || !this.#completions.wasRunBy(task, worker)) continue;
      this.#settle(task, 'failed', workerLost(task, 'the worker that ran it has ended'));
    }
    this.#stopped.lost(worker);
    this.refill();
  }

  /** The task gives its slot back to others. */
  #leaveSlot({ handle }) {
    this.#tasks[handle % SLOT_LIMIT] = undefined;
    this.#posted--;
  }

  /** A batch waits for a slot again: a part of its records has not run. */
  #runAgain(task) {
    this.#completions.release(task);
    this.#leaveSlot(task);
    this.#trace?.settled(task);
    task.handle = 0;
    task.state = 'queued';
    task.completion = undefined;
    task.priority = urgencyOf(task);
    task.packed = this.#submissions.packAgain(task);
    this.#queue.putBack(task);
  }

  /** The task is no more outstanding. No foreign code is called, and nothing throws. */
  #end(task, state, outcome) {
    if (task.handle) {
      if (!task.stopped || task.awaitsAnswer) this.#leaveSlot(task);
      this.#trace?.settled(task);
    } else {
      this.#queue.remove(task);
      unlinkDependent(task, this.#queue, this.#wasm);
    }
    if (task.timer) clearTimeout(task.timer);
    if (!task.stopped) task.resources.free(this.#heap);
    task.settle(state, outcome);
    this.settledCount++;
    this.control.settled(task);
    if (!--this.outstanding) this.#busy(false);
    if (this.backpressure.isWatched)
      // queued tasks get slots first
      queueMicrotask(() => this.backpressure.update(this.#queue.size));
  }

  /** Tells all concerned of a settled task. Foreign code is called. */
  #tell(task) {
    try {
      task.tell();
      if (task.signal) this.#signals.leave(task.signal);
      this.#observer?.settled(task);
    } catch (error) {
      report(error);
    }
  }

  uses(kernels) {
    return this.#all().some(({ shownKernel }) => kernels.includes(shownKernel));
  }

  /** free(): gives an array back, unless a task uses it. */
  free(array) {
    freeArray(array, this.#heap, () => [...this.#stopped.tasks, ...this.#all()]);
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
      if (task.cancelled) this.#settle(task, 'cancelled', cancelled(task));
      else this.#settle(task, 'failed', cause ? corrupt(task, cause) : workerLost(task, text));
    }
    this.#stopped.abandon();
    return all.map(({ handle }) => handle).filter(Boolean);
  }

  /** All outstanding tasks, the last posted first: so a task's dependents come before the task. */
  #all() {
    return [...this.#tasks.filter(Boolean), ...this.#queue.all()].sort((a, b) => b.id - a.id);
  }
}
