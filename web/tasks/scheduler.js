/**
 * The scheduler: the owner's tasks, from the submission to the settled job. Owner's thread only.
 */
import { MemoryInUseError, QueueFullError } from '../core/errors.js';
import { unrefTimeout } from '../core/platform.js';
import { show } from '../core/show.js';
import { copyOut } from '../memory/copied.js';
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
} from './dependencies.js';
import { cancelled, corrupt, dependencyFailed, workerLost } from './failures.js';
import { Queue } from './queue.js';
import { Submissions } from './submit.js';

/** A handle is a generation and, below it, a slot. */
const SLOT_LIMIT = 2 ** HANDLE_SLOT_BITS;

export class Scheduler {
  #wasm;
  #texts;
  #trace;
  #heap;
  #submissions;
  #calls;
  #completions;
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
  #signals = new AbortSignals((task, reason) => this.cancel(task, reason));
  #ids = 0;

  /** Tasks that have not settled, and how many have. */
  outstanding = 0;
  settledCount = 0;
  control;
  backpressure = new Backpressure(() => this.#observer?.drained());

  /**
   * @param {object} parts statuses: { name, text } by code; note(worker): address of a worker's
   *   note; tell(module): tells every worker of a module; taskOf(job): its task; busy(on): tasks
   *   are outstanding, or none; work(soon): workers may have more to do, 1: a task may end in a
   *   moment
   */
  constructor({ statuses, slots, maxQueue, queueOrder, taskOf, busy, observer, trace, ...parts }) {
    const { wasm, heap, work } = parts;
    this.#wasm = wasm;
    this.#trace = trace;
    this.#heap = heap;
    const status = (code) => statuses[code] ?? { name: 'FILCH', text: `status ${code}` };
    this.#texts = statuses;
    this.#submissions = new Submissions({ ...parts, status });
    this.#calls = new Calls(parts);
    this.#completions = new Completions({ ...parts, status, calls: this.#calls });
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
    const submission = this.#calls.submission(this.#ids + 1, url, name, args, options);
    const task = this.#accept(submission);
    // The caller's buffers are empty now.
    for (const buffer of submission.transfer) structuredClone(buffer, { transfer: [buffer] });
    submission.ready?.then(
      () => this.control.changePause(task, () => task.internalPauses--),
      (error) => task.settled || this.#fail(task, error),
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

  #accept(submission) {
    const { checked, resources } = submission;
    const { signal } = checked;
    let task;
    try {
      const dependencies =
        checked.after === undefined ? [] : dependenciesOf(checked.after, this.#taskOf);
      task = this.#submissions.make(this.#ids + 1, submission);
      const failure = dependencies.find(isBroken);
      if (signal?.aborted || failure) {
        this.#ids++;
        resources.entrust();
        task.resources.release(this.#heap);
        task.reason = signal?.reason;
        if (signal?.aborted) task.settle('cancelled', cancelled(task));
        else task.settle('failed', dependencyFailed(task, failure));
        return task;
      }
      if (dependencies.length) dependOn(task, dependencies);
      if (submission.ready) task.internalPauses++;
      this.#enter(task, submission.exempt);
    } catch (error) {
      resources.release(this.#heap);
      throw error;
    }
    resources.entrust();
    this.#ids++;
    for (const block of task.resources.blocks) block.users++;
    if (signal) this.#signals.watch(signal, task);
    if (task.timeout) task.timer = unrefTimeout(task.timeout, () => this.#timeOut(task));
    if (!this.outstanding++) this.#busy(true);
    this.#observer?.posted(task);
    return task;
  }

  /** Puts the task that was made last into a slot, or else into the queue. */
  #enter(task, exempt) {
    const { priority, kernel } = task;
    const { packed } = this.#submissions;
    if (task.ready && !this.#queue.first(priority) && this.#launch(task, packed)) return;
    if (this.#queue.size >= this.#maxQueue && !exempt) {
      throw new QueueFullError(
        `${this.#posted} jobs hold task slots and ${this.#queue.size} wait for one: await some, or start with a larger "maxQueue"`,
      );
    }
    task.packed = kernel.fields.length ? packed.slice() : packed;
    linkDependent(task);
    this.#queue.push(task);
    this.backpressure.full = true;
    inheritPriority(task, this.#queue, this.#wasm);
  }

  /** False: no slot is free. */
  #launch(task, packed) {
    if (this.#posted >= this.#slots - (task.priority && this.#spare)) return false;
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
    for (let priority = 0; priority < PRIORITIES.length && this.#queue.size; ) {
      const task = this.#queue.first(priority);
      try {
        if (!task || !this.#launch(task, task.packed)) {
          priority++;
          continue;
        }
      } catch (error) {
        this.#fail(task, error);
        continue;
      }
      this.#queue.remove(task);
      unlinkDependent(task, this.#queue, this.#wasm);
      if (!task.resources.call) this.#unblock(task);
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

  /** Resolves when no task is outstanding, or after so many milliseconds. */
  async drain(patience) {
    let over = false; // by the timer alone: by performance.now() the timer may be early
    const late = () => {
      over = true;
      this.backpressure.update(this.#queue.size);
    };
    const end = patience < Infinity && unrefTimeout(patience, late);
    while (this.outstanding && !over) await this.backpressure.change();
    clearTimeout(end);
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
    if (!awaitsAnswer) {
      if (task.state === 'posted') return this.control.cancel(task);
      this.#queue.remove(task);
    }
    this.#settle(task, 'cancelled', cancelled(task));
    if (awaitsAnswer) this.refill();
  }

  #timeOut(task) {
    task.timedOut = !task.cancelled;
    this.cancel(task, `timeout of ${task.timeout} ms`);
  }

  /** Settles the job of one task that has ended. False: there is none. */
  reap() {
    const handle = this.#completions.next();
    if (!handle) return false;
    const task = this.#tasks[handle % SLOT_LIMIT];
    if (handle < 0) this.#wasm.broken(new Error(this.#texts[-handle]?.text));
    if (task?.handle !== handle) return true; // corrupt
    this.#completions.take(task);
    this.#settle(task);
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

  /** Fails a queued task. */
  #fail(task, error) {
    this.#queue.remove(task);
    this.#settle(task, 'failed', error);
  }

  /**
   * Settles a task with `end`, a state and an outcome; without them by its completion. If the task
   * is not done, its queued dependents fail with it. The module fails the other dependents: their
   * completions may come before the task's.
   */
  #settle(first, ...firstEnd) {
    const all = [[first, firstEnd]];
    for (const [task, end] of all) {
      if (task.settled || (!end.length && (this.#isEarly(task) || this.#awaitsAnswer(task))))
        continue;
      if (task !== first && !task.handle) this.#queue.remove(task);
      const [state, outcome] = end.length ? end : this.#completions.read(task);
      if (!end.length || task.awaitsAnswer) this.#completions.release(task);
      const { dependents = [], early = [] } = task;
      if (state === 'done' && task.resources.call) this.#unblock(task);
      this.#end(task, state, outcome);
      if (isBroken(task))
        for (const next of dependents) all.push([next, ['failed', dependencyFailed(next, task)]]);
      for (const next of early) all.push([next, []]);
    }
  }

  #isEarly(task) {
    return task.dependencies.length && task.completion.name !== 'CANCELLED' && isEarly(task);
  }

  /** The function of a call has returned, and its answer is yet to come. */
  #awaitsAnswer(task) {
    if (!task.resources.call || !this.#completions.hasRun(task)) return false;
    task.awaitsAnswer = this.#calls.awaitsAnswer(task);
    return task.awaitsAnswer && !task.cancelled;
  }

  answer(answer) {
    const task = this.#tasks.find((each) => each?.id === answer.job);
    if (!task) return;
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
    this.refill();
  }

  #end(task, state, outcome) {
    if (task.handle) {
      this.#tasks[task.handle % SLOT_LIMIT] = undefined;
      this.#posted--;
      this.#trace?.settled(task);
    } else {
      unlinkDependent(task, this.#queue, this.#wasm);
    }
    for (const block of task.resources.blocks) block.users--;
    if (state === 'done') copyOut(task.resources.backs);
    if (task.signal) this.#signals.leave(task.signal, task);
    if (task.timer) clearTimeout(task.timer);
    task.resources.release(this.#heap);
    task.settle(state, outcome);
    this.settledCount++;
    this.#observer?.settled(task);
    this.control.settled(task);
    if (!--this.outstanding) this.#busy(false);
    if (this.backpressure.isWatched)
      // queued tasks get slots first
      queueMicrotask(() => this.backpressure.update(this.#queue.size));
  }

  uses(kernels) {
    return this.#all().some(({ shownKernel }) => kernels.includes(shownKernel));
  }

  /** free(): gives an array back, unless a task uses it. */
  free(array) {
    const block = this.#heap.owned(array);
    if (block.users) {
      const job = this.#all().findLast((task) => task.resources.blocks.includes(block))?.id;
      throw new MemoryInUseError(
        `free(): job ${job} is using ${show(array)}; await it, or cancel it and await that`,
        { job },
      );
    }
    this.#heap.release(block);
  }

  cancelAll(reason) {
    for (const task of this.#all()) this.cancel(task, reason);
  }

  /** Settles all tasks without asking the module. `cause`: memory is corrupt. */
  abandon(text, cause) {
    for (const task of this.#all()) {
      if (task.handle) task.iterations = this.control.iterationsDone(task);
      else this.#queue.remove(task);
      if (task.cancelled) this.#settle(task, 'cancelled', cancelled(task));
      else this.#settle(task, 'failed', cause ? corrupt(task, cause) : workerLost(task, text));
    }
  }

  /** All outstanding tasks, the last posted first: so a task's dependents come before the task. */
  #all() {
    return [...this.#tasks.filter(Boolean), ...this.#queue.all()].sort((a, b) => b.id - a.id);
  }
}
