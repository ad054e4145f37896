/**
 * From what a caller says to a task: kernels found, options and arguments checked, memory taken. What a task takes it owns, and it
 * is given back once, by discard(). Owner's thread only.
 */
import { ArgumentError, UnknownKernelError } from './errors.js';
import { Task } from './job.js';
import { writeRecords } from './many.js';
import { manyOptions, postOptions, restoreOptions } from './options.js';
import { decode } from './save.js';
import { pack } from './schema.js';
import { list, show } from './show.js';
import { revive } from './snapshot.js';

/** Parts of a task to be: see pack(). */
const fresh = () => ({ blocks: [], own: [], backs: [] });

export class Postings {
  #wasm;
  #memory;
  #heap;
  #kernels;
  #builtin;
  #view;

  /** The arguments of the task that was made last, word by word. */
  packed;

  /** @param {object} parts @param {object} parts.builtin the module's own kernels, by name */
  constructor({ wasm, memory, heap, kernels, builtin }) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#heap = heap;
    this.#kernels = kernels;
    this.#builtin = builtin;
    this.packed = new Uint32Array(wasm.filch_args_bytes() / 4);
    this.#view = new DataView(this.packed.buffer);
  }

  #find(name) {
    const kernel = this.#kernels.get(name);
    if (!kernel) throw new UnknownKernelError(`no kernel is called ${show(name)}; the module has ${list(this.#kernels.keys())}`);
    return kernel;
  }

  /** Each of these three gives { kernel, checked, parts }, for make(). */
  one(name, options) {
    const kernel = this.#find(name);
    return { kernel, checked: postOptions(options, kernel), parts: fresh() };
  }

  /** Many loops as one task. */
  many(name, loops, options) {
    const kernel = this.#find(name);
    const checked = manyOptions(options);
    const parts = fresh();
    try {
      const args = writeRecords(kernel, loops, this.#heap, parts);
      parts.many = { ...args, kernel };
      const own = this.#builtin[checked.inOrder ? 'filch_in_order' : 'filch_many'];
      return { kernel: own, checked: { ...checked, begin: 0, end: loops.length, deterministic: false, args }, parts };
    } catch (error) {
      this.discard(parts);
      throw error;
    }
  }

  /** A task that was saved. */
  restored(bytes, options) {
    if (!(bytes instanceof Uint8Array)) {
      throw new ArgumentError(`restore() takes a Uint8Array that save() gave, got ${show(bytes)}`);
    }
    const checked = restoreOptions(options);
    const saved = decode(bytes, this.#kernels, (total) => this.#wasm.filch_total_parts(total, 1));
    const { kernel, begin, end, deterministic } = saved;
    const parts = { ...fresh(), revived: [] };
    try {
      const { args, ...own } = revive(saved, this.#heap, this.#memory.buffer, parts.revived);
      return { kernel, checked: { ...checked, begin, end, deterministic, args }, parts: Object.assign(parts, own) };
    } catch (error) {
      this.discard(parts);
      throw error;
    }
  }

  /** @returns {Task} its arguments stand in `packed` */
  make(id, { kernel, checked, parts }) {
    this.packed.fill(0);
    parts.args = pack(kernel, checked.args, this.#heap, this.#view, parts);
    if (kernel.total) {
      const { begin, end, deterministic } = checked;
      const bytes = kernel.total.bytes * this.#wasm.filch_total_parts(end - begin, Number(deterministic));
      parts.totals ??= this.#heap.reserve(bytes, `kernel ${show(kernel.name)}: accumulators`);
    }
    return new Task(id, kernel, checked, parts);
  }

  /** Gives back the memory that is the task's own. */
  discard(task) {
    const all = [...task.own, ...(task.revived ?? []), task.totals, task.pieces?.block];
    for (const block of all) if (block?.live) this.#heap.release(block);
    task.own = [];
    task.totals = task.pieces = undefined;
  }
}
