/**
 * From what a caller says to a task: kernels found, options and arguments checked, memory taken. What a task takes it owns, and it
 * is given back once. Owner's thread only.
 */
import { ArgumentError, UnknownKernelError } from './errors.js';
import { Holdings, NOTHING } from './holdings.js';
import { Task } from './job.js';
import { writeRecords } from './many.js';
import { manyOptions, postOptions, restoreOptions } from './options.js';
import { decode } from './save.js';
import { pack } from './schema.js';
import { list, show } from './show.js';
import { revive } from './snapshot.js';

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

  find(name) {
    const kernel = this.#kernels.get(name);
    if (!kernel) throw new UnknownKernelError(`no kernel is called ${show(name)}; the module has ${list(this.#kernels.keys())}`);
    return kernel;
  }

  /** Each of these three gives { kernel, checked, holds }, for make(). */
  one(name, options) {
    const kernel = this.find(name);
    return { kernel, checked: postOptions(options, kernel), holds: new Holdings() };
  }

  /** Many loops as one task. */
  many(name, loops, options) {
    const kernel = this.find(name);
    const checked = manyOptions(options);
    const holds = new Holdings();
    try {
      const args = writeRecords(kernel, loops, this.#heap, holds);
      holds.many = { ...args, kernel };
      const own = this.#builtin[checked.inOrder ? 'filch_in_order' : 'filch_many'];
      return { kernel: own, checked: { ...checked, begin: 0, end: loops.length, deterministic: false, args }, holds };
    } catch (error) {
      holds.release(this.#heap);
      throw error;
    }
  }

  /** A ring's records, as one task; `table` and `holds` are of recordsFor(). */
  batch(kernel, table, count, { ordered, name, level }, holds) {
    holds.many = { ...table, kernel };
    const own = this.#builtin[ordered ? 'filch_in_order' : 'filch_many'];
    const checked = { name, level, grain: 0, timeout: 0, begin: 0, end: count, deterministic: false, args: table };
    return { kernel: own, checked, holds };
  }

  /** A task that was saved. */
  restored(bytes, options) {
    if (!(bytes instanceof Uint8Array)) {
      throw new ArgumentError(`restore() takes a Uint8Array that save() gave, got ${show(bytes)}`);
    }
    const checked = restoreOptions(options);
    const saved = decode(bytes, this.#kernels, (total) => this.#wasm.filch_total_parts(total, 1));
    const { kernel, begin, end, deterministic } = saved;
    const holds = new Holdings();
    try {
      const { args, ...own } = revive(saved, this.#heap, this.#memory.buffer, holds);
      return { kernel, checked: { ...checked, begin, end, deterministic, args }, holds: Object.assign(holds, own) };
    } catch (error) {
      holds.release(this.#heap);
      throw error;
    }
  }

  /** @returns {Task} its arguments stand in `packed` */
  make(id, { kernel, checked, holds }) {
    this.packed.fill(0);
    const args = pack(kernel, checked.args, this.#heap, this.#view, holds);
    if (kernel.total) {
      const { begin, end, deterministic } = checked;
      const bytes = kernel.total.bytes * this.#wasm.filch_total_parts(end - begin, Number(deterministic));
      holds.totals ??= this.#heap.reserve(bytes, `kernel ${show(kernel.name)}: accumulators`);
    }
    return new Task(id, kernel, checked, args, holds.empty ? NOTHING : holds);
  }
}
