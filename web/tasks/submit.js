/**
 * A submission: what a caller posts, checked, with the memory that the task takes. Of a submission a Task is made, and the task is
 * posted to the module. The only user of the module's functions that post. Owner's thread only.
 */
import { ArgumentError, FilchError, UnknownKernelError } from '../core/errors.js';
import { list, show } from '../core/show.js';
import { decode } from '../snapshot/format.js';
import { revive } from '../snapshot/snapshot.js';
import { pack } from '../wasm/schema.js';
import { writeRecords } from './batch.js';
import { manyOptions, postOptions, restoreOptions } from './options.js';
import { NO_RESOURCES, Resources } from './resources.js';
import { Task } from './task.js';

export class Submissions {
  #wasm;
  #memory;
  #heap;
  #kernels;
  #builtin;
  #status;
  #view;
  #args; // where the module takes a task's arguments

  /** The arguments of the task that was made last, word by word. */
  packed;

  /**
   * @param {object} parts
   * @param {object} parts.builtin the module's own kernels, by name
   * @param {(code: number) => { name: string, text: string }} parts.status
   */
  constructor({ wasm, memory, heap, kernels, builtin, status }) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#heap = heap;
    this.#kernels = kernels;
    this.#builtin = builtin;
    this.#status = status;
    this.#args = new Uint32Array(memory.buffer, wasm.filch_args(), wasm.filch_args_bytes() / 4);
    this.packed = new Uint32Array(this.#args.length);
    this.#view = new DataView(this.packed.buffer);
  }

  find(name) {
    const kernel = this.#kernels.get(name);
    if (!kernel) throw new UnknownKernelError(`no kernel is called ${show(name)}; the module has ${list(this.#kernels.keys())}`);
    return kernel;
  }

  /** Each of the next four gives a submission, { kernel, checked, resources }. */
  one(name, options) {
    const kernel = this.find(name);
    return { kernel, checked: postOptions(options, kernel), resources: new Resources() };
  }

  /** Many loops as one task. */
  many(name, loops, options) {
    const kernel = this.find(name);
    const checked = manyOptions(options);
    const resources = new Resources();
    try {
      const table = writeRecords(kernel, loops, this.#heap, resources);
      return this.batch({ kernel, table, count: loops.length, options: checked, resources });
    } catch (error) {
      resources.release(this.#heap);
      throw error;
    }
  }

  /** Records as one task; `table` and `resources` are recordsFor()'s. */
  batch({ kernel, table, count, options, resources }) {
    resources.batch = { ...table, kernel };
    const own = this.#builtin[options.ordered ? 'filch_in_order' : 'filch_many'];
    return { kernel: own, checked: { ...options, begin: 0, end: count, deterministic: false, args: table }, resources };
  }

  /** A saved task. */
  restored(bytes, options) {
    if (!(bytes instanceof Uint8Array)) {
      throw new ArgumentError(`restore() takes a Uint8Array that save() gave, got ${show(bytes)}`);
    }
    const checked = restoreOptions(options);
    const saved = decode(bytes, this.#kernels, (total) => this.#wasm.filch_total_parts(total, 1));
    const { kernel, begin, end, deterministic } = saved;
    const resources = new Resources();
    try {
      const { args, ...own } = revive(saved, this.#heap, this.#memory.buffer, resources);
      return { kernel, checked: { ...checked, begin, end, deterministic, args }, resources: Object.assign(resources, own) };
    } catch (error) {
      resources.release(this.#heap);
      throw error;
    }
  }

  /** @returns {Task} of a submission; the task's arguments stand in `packed` */
  make(id, { kernel, checked, resources }) {
    this.packed.fill(0);
    const args = pack(kernel, checked.args, { heap: this.#heap, into: this.#view, resources });
    if (kernel.total) {
      const { begin, end, deterministic } = checked;
      const bytes = kernel.total.bytes * this.#wasm.filch_total_parts(end - begin, Number(deterministic));
      resources.totals ??= this.#heap.reserve(bytes, `kernel ${show(kernel.name)}: accumulators`);
    }
    return new Task(id, kernel, checked, args, resources.isEmpty ? NO_RESOURCES : resources);
  }

  /**
   * Posts a task to the module. Throws FilchError.
   *
   * @param {ArrayLike<number>} args as `packed`
   * @returns {number} the task's handle; 0: no slot is free
   */
  submit({ kernel, begin, end, priority, grain, deterministic, dependencies, resources: { totals, pieces } }, args) {
    const wasm = this.#wasm;
    this.#args.set(args);
    if (totals) wasm.filch_post_totals(totals.address, Number(deterministic));
    if (pieces) wasm.filch_post_pieces(pieces.block.address, pieces.count);
    // A dependency that has settled is done: else this task would have settled, too.
    for (const dependency of dependencies) if (!dependency.settled) wasm.filch_post_after(dependency.handle);
    const handle = wasm.filch_post(kernel.index, begin, end, priority, grain);
    if (handle > 0) return handle;
    const { name, text } = this.#status(-handle);
    if (name === 'POOL_FULL') return 0;
    throw new FilchError(`post() of kernel ${show(kernel.name)}: ${text}`, { code: name });
  }
}
