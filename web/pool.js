/**
 * The tasks: from the post, through the wait for a slot, to the settled job. The only user of the module's task functions.
 *
 * Owner's thread only; nothing here waits.
 */
import { FilchError, MemoryInUseError, QueueFullError, UnknownKernelError } from './errors.js';
import { Task } from './job.js';
import { postOptions } from './options.js';
import { cancelled, failed, lost } from './outcome.js';
import { takeNote } from './protocol.js';
import { Queue } from './queue.js';
import { pack, readState } from './schema.js';
import { list, show } from './show.js';
import { Signals } from './signals.js';

/** A handle is a generation and, below it, a slot. */
const SLOT_LIMIT = 2 ** 16;

export class Pool {
  #wasm;
  #memory;
  #view;
  #heap;
  #kernels;
  #statuses;
  #slots;
  #spare;
  #maxQueue;
  #note;
  #busy;
  #shared; // where the module takes a post's arguments
  #packed; // where they are put together first, word by word
  #packedView;
  #tasks = []; // by slot
  #posted = 0;
  #queue = new Queue();
  #signals = new Signals((task, reason) => this.cancel(task, reason));
  #ids = 0;

  /** Jobs that have not settled. */
  outstanding = 0;

  /**
   * @param {object} parts
   * @param {{ name: string, text: string }[]} parts.statuses by code
   * @param {(worker: number) => number} parts.note address of a worker's note
   * @param {(busy: boolean) => void} parts.busy called when the first job comes and when the last has settled
   */
  constructor({ wasm, memory, heap, kernels, statuses, slots, maxQueue, note, busy }) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#heap = heap;
    this.#kernels = kernels;
    this.#statuses = statuses;
    this.#slots = slots;
    this.#spare = slots >> 4; // kept for urgent posts, which would else wait for a long loop to end
    this.#maxQueue = maxQueue;
    this.#note = note;
    this.#busy = busy;
    const bytes = wasm.filch_args_bytes();
    this.#shared = new Uint32Array(memory.buffer, wasm.filch_args(), bytes / 4);
    this.#packed = new Uint32Array(bytes / 4);
    this.#packedView = new DataView(this.#packed.buffer);
  }

  /** @returns {Task} */
  post(name, options) {
    const kernel = this.#kernels.get(name);
    if (!kernel) throw new UnknownKernelError(`no kernel is called ${show(name)}; the module has ${list(this.#kernels.keys())}`);
    const checked = postOptions(options);
    this.#packed.fill(0);
    const blocks = pack(kernel, checked.args, this.#heap, this.#packedView);
    const task = new Task(++this.#ids, kernel, checked, blocks);
    const { signal } = checked;
    if (signal?.aborted) {
      task.reason = signal.reason;
      task.settle('cancelled', cancelled(task));
      return task;
    }
    if (this.#queue.first(task.level) || !this.#launch(task, this.#packed)) {
      if (this.#queue.size >= this.#maxQueue) {
        throw new QueueFullError(
          `${this.#posted} jobs hold task slots and ${this.#queue.size} wait for one: await some, or start with a larger "maxQueue"`,
        );
      }
      task.packed = kernel.fields.length ? this.#packed.slice() : this.#packed;
      this.#queue.push(task);
    }
    for (const block of blocks) block.users++;
    if (signal) this.#signals.watch(signal, task);
    if (!this.outstanding++) this.#busy(true);
    return task;
  }

  /** False: no slot is free. */
  #launch(task, packed) {
    if (this.#posted >= this.#slots - (task.level && this.#spare)) return false;
    this.#shared.set(packed);
    const handle = this.#wasm.filch_post(task.kernel.index, task.begin, task.end, task.level, task.grain);
    if (handle > 0) {
      task.handle = handle;
      task.state = 'posted';
      task.packed = undefined;
      this.#tasks[handle % SLOT_LIMIT] = task;
      this.#posted++;
      return true;
    }
    const { name, text } = this.#status(-handle);
    if (name === 'POOL_FULL') return false;
    throw new FilchError(`post() of kernel ${show(task.kernel.name)}: ${text}`, { code: name });
  }

  #status(code) {
    return this.#statuses[code] ?? { name: 'FILCH', text: `status ${code}` };
  }

  /** Gives free slots to those that wait, the most urgent first. */
  refill() {
    for (let level = 0; level < 3 && this.#queue.size; level++) {
      for (let task; (task = this.#queue.first(level)); ) {
        let refusal;
        try {
          if (!this.#launch(task, task.packed)) break;
        } catch (error) {
          refusal = error;
        }
        this.#queue.remove(task);
        if (refusal) this.#settle(task, 'failed', refusal);
      }
    }
  }

  cancel(task, reason) {
    if (task.settled || task.cancelled) return;
    task.cancelled = true;
    task.reason = reason;
    if (task.state === 'posted') {
      this.#wasm.filch_cancel(task.handle);
      return;
    }
    this.#queue.remove(task);
    this.#settle(task, 'cancelled', cancelled(task));
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
    const [state, outcome] = this.#read(task);
    this.#wasm.filch_release(handle);
    this.#settle(task, state, outcome);
    return true;
  }

  #read(task) {
    const wasm = this.#wasm;
    const { handle, kernel } = task;
    const helpers = wasm.filch_task_helpers(handle);
    const workers = [];
    for (let w = 0; helpers >>> w; w++) if ((helpers >>> w) & 1) workers.push(w);
    task.iterations = wasm.filch_task_done(handle);
    const { name: status, text } = this.#status(wasm.filch_task_status(handle));
    if (status === 'OK') {
      const state = readState(kernel, this.#view, wasm.filch_task_args(handle));
      return ['done', { iterations: task.iterations, workers, state }];
    }
    if (status === 'CANCELLED') return ['cancelled', cancelled(task)];
    const notes = workers.map((w) => takeNote(this.#memory, this.#note(w)));
    const end = {
      status,
      text,
      failure: wasm.filch_task_code(handle),
      range: [wasm.filch_task_failed_begin(handle), wasm.filch_task_failed_end(handle)],
      reason: status === 'KERNEL_TRAPPED' ? (notes.find(Boolean) ?? '') : '',
    };
    return ['failed', failed(task, end)];
  }

  #settle(task, state, outcome) {
    if (task.handle) {
      this.#tasks[task.handle % SLOT_LIMIT] = undefined;
      this.#posted--;
    }
    for (const block of task.blocks) block.users--;
    if (task.signal) this.#signals.leave(task.signal, task);
    task.settle(state, outcome);
    if (!--this.outstanding) this.#busy(false);
  }

  /** free(): gives an array back, unless a job is using it. */
  free(array) {
    const block = this.#heap.owned(array);
    if (block.users) {
      const job = this.#all().find((task) => task.blocks.includes(block))?.id;
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

  #all() {
    const all = this.#tasks.filter(Boolean);
    for (let level = 0; level < 3; level++) {
      for (let task = this.#queue.first(level); task; task = task.after) all.push(task);
    }
    return all;
  }
}
