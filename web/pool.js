/**
 * The tasks: from the post, through the wait for a slot, to the settled job. The only user of the module's task functions.
 *
 * Owner's thread only; nothing here waits.
 */
import { broken, comeAfter, delist, enlist, freed, hurry, isEarly, needsOf } from './after.js';
import { Calls } from './calls.js';
import { copyOut } from './copied.js';
import { endReader } from './ended.js';
import { FilchError, MemoryInUseError, QueueFullError } from './errors.js';
import { cancelled, dependencyFailed, lost } from './outcome.js';
import { after } from './platform.js';
import { Postings } from './posting.js';
import { Queue } from './queue.js';
import { Room } from './room.js';
import { show } from './show.js';
import { Signals } from './signals.js';
import { Steering } from './steer.js';

const ENDS = ['OK', 'KERNEL_FAILED']; // statuses of a call that ran
/** A handle is a generation and, below it, a slot. */
const SLOT_LIMIT = 2 ** 16;

export class Pool {
  #wasm;
  #trace;
  #memory;
  #heap;
  #postings;
  #calls;
  #status;
  #readEnd;
  #slots;
  #spare;
  #maxQueue;
  #busy;
  #work;
  #shared; // where the module takes a post's arguments
  #tasks = []; // by slot
  #posted = 0;
  #queue;
  #observer;
  #signals = new Signals((task, reason) => this.cancel(task, reason));
  #ids = 0;

  /** Jobs that have not settled. */
  outstanding = 0;
  /** Changes what is outstanding. */
  steering;
  /** For those that wait for a slot. */
  room = new Room(() => this.#observer?.drained());

  /**
   * @param {object} parts
   * @param {{ name: string, text: string }[]} parts.statuses by code
   * @param {(worker: number) => number} parts.note address of a worker's note
   * @param {(module: object) => Promise<void>} parts.tell every worker of a module for call()
   * @param {(busy: boolean) => void} parts.busy called when the first job comes and when the last has settled
   * @param {(soon?: number) => void} parts.work called when there may be something to do that was not there before; 1: it may be done soon
   */
  constructor({ wasm, trace, memory, heap, kernels, builtin, statuses, slots, maxQueue, queueOrder, note, busy, work, observer, tell }) {
    this.#wasm = wasm;
    this.#trace = trace;
    this.#memory = memory;
    this.#heap = heap;
    this.#postings = new Postings({ wasm, memory, heap, kernels, builtin });
    this.#calls = new Calls({ kernel: builtin.filch_call, memory, heap, tell });
    this.#status = (code) => statuses[code] ?? { name: 'FILCH', text: `status ${code}` };
    this.#readEnd = endReader({ wasm, memory, note, status: this.#status, called: (task) => this.#calls.read(task) });
    this.#slots = slots;
    this.#spare = slots >> 4; // kept for urgent posts, which would else wait for a long loop to end
    this.#maxQueue = maxQueue === 'auto' ? slots : maxQueue;
    this.#queue = new Queue(queueOrder);
    this.#observer = observer;
    this.#busy = busy;
    this.#work = work;
    this.steering = new Steering({ wasm, heap, memory, queue: this.#queue, begun: (task) => this.begun(task), refill: () => this.refill(), work });
    const bytes = wasm.filch_args_bytes();
    this.#shared = new Uint32Array(memory.buffer, wasm.filch_args(), bytes / 4);
  }

  /** These give a Task. */
  post(name, options) {
    return this.#accept(this.#postings.one(name, options));
  }

  postMany(name, loops, options) {
    return this.#accept(this.#postings.many(name, loops, options));
  }

  call(url, name, args, options) {
    const posting = this.#calls.posting(this.#ids + 1, url, name, args, options);
    const task = this.#accept(posting);
    for (const buffer of posting.transfer) structuredClone(buffer, { transfer: [buffer] }); // as if it had gone
    posting.ready?.then(
      () => this.steering.hold(task, () => task.halts--),
      (error) => task.settled || this.#fail(task, error),
    );
    return task;
  }

  /** A ring's records. @param {() => void} heard called when they have been run, or will not be */
  batch(kernel, table, count, options, holds, heard) {
    this.#accept({ ...this.#postings.batch(kernel, table, count, options, holds), exempt: true }).heard = heard;
  }

  find(name) {
    return this.#postings.find(name);
  }

  /** One that has no slot. */
  #fail(task, error) {
    this.#queue.remove(task);
    this.#settle(task, 'failed', error);
  }

  restore(bytes, options) {
    return this.#accept(this.#postings.restored(bytes, options));
  }

  #accept(posting) {
    const { checked, holds } = posting;
    const { signal } = checked;
    let task;
    try {
      const needs = checked.after === undefined ? [] : needsOf(checked.after, this);
      task = this.#postings.make(this.#ids + 1, posting);
      const failure = needs.find(broken);
      if (signal?.aborted || failure) {
        this.#ids++;
        holds.entrust();
        task.holds.release(this.#heap);
        task.reason = signal?.reason;
        if (signal?.aborted) task.settle('cancelled', cancelled(task));
        else task.settle('failed', dependencyFailed(task, failure));
        return task;
      }
      if (needs.length) comeAfter(task, needs);
      if (posting.ready) task.halts++;
      this.#enter(task, posting.exempt);
    } catch (error) {
      holds.release(this.#heap);
      throw error;
    }
    holds.entrust();
    this.#ids++;
    for (const block of task.holds.blocks) block.users++;
    if (signal) this.#signals.watch(signal, task);
    if (task.timeout) task.timer = after(task.timeout, () => this.#tooLate(task));
    if (!this.outstanding++) this.#busy(true);
    this.#observer?.posted(task);
    return task;
  }

  /** Into a slot, or else into the queue. The task was made last. */
  #enter(task, exempt) {
    const { level, kernel } = task;
    if (task.ready && !this.#queue.first(level) && this.#launch(task, this.#postings.packed)) return;
    if (this.#queue.size >= this.#maxQueue && !exempt) {
      throw new QueueFullError(
        `${this.#posted} jobs hold task slots and ${this.#queue.size} wait for one: await some, or start with a larger "maxQueue"`,
      );
    }
    const { packed } = this.#postings;
    task.packed = kernel.fields.length ? packed.slice() : packed;
    enlist(task);
    this.#queue.push(task);
    this.room.full = true;
    hurry(task, this.#queue, this.#wasm);
  }

  /** False: no slot is free. */
  #launch(task, packed) {
    if (this.#posted >= this.#slots - (task.level && this.#spare)) return false;
    const wasm = this.#wasm;
    const { kernel, needs } = task;
    const { totals, pieces } = task.holds;
    this.#shared.set(packed);
    if (task.holds.called && !this.#calls.place(task, this.#shared, this.#posted)) return false;
    if (totals) wasm.filch_post_totals(totals.address, Number(task.deterministic));
    if (pieces) wasm.filch_post_pieces(pieces.block.address, pieces.count);
    // One that has settled is done: else this one would have, too.
    for (const need of needs) if (!need.settled) wasm.filch_post_after(need.handle);
    const awake = wasm.filch_awake();
    const handle = wasm.filch_post(kernel.index, task.begin, task.end, task.level, task.grain);
    if (handle > 0) {
      task.handle = handle;
      task.state = 'posted';
      task.packed = undefined;
      this.#tasks[handle % SLOT_LIMIT] = task;
      this.#posted++;
      this.#trace?.posted(task);
      this.#work(awake);
      return true;
    }
    const { name, text } = this.#status(-handle);
    if (name === 'POOL_FULL') return false;
    throw new FilchError(`post() of kernel ${show(kernel.name)}: ${text}`, { code: name });
  }

  /** Gives free slots to those that wait, the most urgent first. */
  refill() {
    for (let level = 0; level < 3 && this.#queue.size; ) {
      const task = this.#queue.first(level);
      let refusal;
      try {
        if (!task || !this.#launch(task, task.packed)) {
          level++;
          continue;
        }
      } catch (error) {
        refusal = error;
      }
      if (refusal) {
        this.#fail(task, refusal);
        continue;
      }
      this.#queue.remove(task);
      delist(task);
      if (!task.holds.called) this.#free(task);
      level = 0;
    }
    this.room.look(this.#queue.size);
  }

  /** Those that waited for it alone may have slots. */
  #free(task) {
    for (const next of freed(task)) {
      this.#queue.remove(next);
      this.#queue.push(next); // it begins to wait now
    }
  }

  /** Resolves when nothing is outstanding, or after so many milliseconds. */
  async quiet(patience) {
    let over = false; // by the timer alone: it may be early by performance.now()
    const late = () => {
      over = true;
      this.room.look(this.#queue.size);
    };
    const end = patience < Infinity && after(patience, late);
    while (this.outstanding && !over) await this.room.change();
    clearTimeout(end);
  }

  get queued() {
    return this.#queue.size;
  }

  /** Posts find no slot: a well-behaved caller waits. */
  get needsDrain() {
    return this.room.full || this.#posted >= this.#slots - this.#spare;
  }

  cancel(task, reason) {
    if (task.settled || task.cancelled) return;
    task.cancelled = true;
    task.reason = reason;
    if (task.state === 'posted' && !task.out) {
      this.#wasm.filch_cancel(task.handle);
      this.#work();
      return;
    }
    if (!task.out) this.#queue.remove(task);
    this.#settle(task, 'cancelled', cancelled(task));
    if (task.out) this.refill();
  }

  #tooLate(task) {
    task.late = !task.cancelled;
    this.cancel(task, `timeout of ${task.timeout} ms`);
  }

  /** A worker has begun. */
  begun(task) {
    return this.#wasm.filch_task_helpers(task.handle) !== 0;
  }

  /** Iterations finished so far. */
  finished(task) {
    return task.state === 'posted' ? this.#wasm.filch_task_done(task.handle) : task.iterations;
  }

  /** Settles the job of one task that has ended. False: there is none. */
  reap() {
    const handle = this.#wasm.filch_reap();
    if (!handle) return false;
    const task = this.#tasks[handle % SLOT_LIMIT];
    if (task?.handle !== handle) return true; // forged: no task of ours
    this.#settle(task);
    return true;
  }

  /**
   * As told, or as the module says. Those that come after it and have no slot yet fail with it, where it is not done; the module
   * sees to the others, and they may be heard of before it.
   */
  #settle(first, ...told) {
    const all = [[first, told]];
    for (const [task, end] of all) {
      if (task.settled || (!end.length && (this.#isEarly(task) || this.#isOut(task)))) continue;
      if (task !== first && !task.handle) this.#queue.remove(task);
      const [state, outcome] = end.length ? end : this.#readEnd(task);
      if (!end.length || task.out) this.#wasm.filch_release(task.handle);
      const { dependents = [], early = [] } = task;
      if (state === 'done' && task.holds.called) this.#free(task);
      this.#end(task, state, outcome);
      if (broken(task)) for (const next of dependents) all.push([next, ['failed', dependencyFailed(next, task)]]);
      for (const next of early) all.push([next, []]);
    }
  }

  #isEarly(task) {
    return task.needs.length && this.#status(this.#wasm.filch_task_status(task.handle)).name !== 'CANCELLED' && isEarly(task);
  }

  /** A function has returned, and what it gives is yet to come. */
  #isOut(task) {
    if (!task.holds.called || !ENDS.includes(this.#status(this.#wasm.filch_task_status(task.handle)).name)) return false;
    task.out = this.#calls.isOut(task);
    return task.out && !task.cancelled;
  }

  /** What came of a call, by message. */
  answer(answer) {
    const task = this.#tasks.find((each) => each?.id === answer.job);
    if (!task) return;
    task.answer = answer;
    if (!task.out) return;
    this.#settle(task);
    this.refill();
  }

  /** A worker's thread has ended. */
  lose(worker) {
    this.#wasm.filch_worker_lost(worker); // which lists a call that returned its promise, and got no further
    while (this.reap()); // so what is out is known
    for (const task of this.#tasks) {
      if (!task?.out || !((this.#wasm.filch_task_helpers(task.handle) >>> worker) & 1)) continue;
      this.#settle(task, 'failed', lost(task, 'the worker that ran it has ended'));
    }
    this.refill();
  }

  #end(task, state, outcome) {
    if (task.handle) {
      this.#tasks[task.handle % SLOT_LIMIT] = undefined;
      this.#posted--;
      this.#trace?.settled(task);
    } else {
      delist(task);
    }
    for (const block of task.holds.blocks) block.users--;
    if (state === 'done') copyOut(task.holds.backs);
    if (task.signal) this.#signals.leave(task.signal, task);
    if (task.timer) clearTimeout(task.timer);
    task.holds.release(this.#heap);
    task.settle(state, outcome);
    this.#observer?.settled(task);
    this.steering.look(task);
    if (!--this.outstanding) this.#busy(false);
    if (this.room.watched) queueMicrotask(() => this.room.look(this.#queue.size)); // slots go to those that wait first
  }

  /** Jobs of these kernels are outstanding. */
  uses(kernels) {
    return this.#all().some(({ face }) => kernels.includes(face));
  }

  /** free(): gives an array back, unless a job is using it. */
  free(array) {
    const block = this.#heap.owned(array);
    if (block.users) {
      const job = this.#all().findLast((task) => task.holds.blocks.includes(block))?.id;
      throw new MemoryInUseError(`free(): job ${job} is using ${show(array)}; await it, or cancel it and await that`, { job });
    }
    this.#heap.release(block);
  }

  /** Cancels all that is outstanding. */
  cancelAll(reason) {
    for (const task of this.#all()) this.cancel(task, reason);
  }

  /** Settles all that is outstanding without asking the module: its workers are gone. */
  abandon(text) {
    for (const task of this.#all()) {
      if (task.handle) task.iterations = this.finished(task);
      else this.#queue.remove(task);
      if (task.cancelled) this.#settle(task, 'cancelled', cancelled(task));
      else this.#settle(task, 'failed', lost(task, text));
    }
  }

  /** All that is outstanding, the last posted first: so none has others after it that would fail with it. */
  #all() {
    return [...this.#tasks.filter(Boolean), ...this.#queue.all()].sort((a, b) => b.id - a.id);
  }
}
