/**
 * A submission: what a caller posts, checked, with the memory that the task takes. Of a submission a Task is made, and the task is
 * posted to the module. The only user of the module's functions that post. Owner's thread only.
 */
import { ArgumentError, FilchError, UnknownKernelError } from '../core/errors.js';
import { list, show } from '../core/show.js';
import { decode } from '../snapshot/format.js';
import { revive } from '../snapshot/snapshot.js';
import { ARGS_BYTES, STATUSES, SUBMISSION } from '../wasm/abi.js';
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
  #textOf;
  #view;
  #record; // the module's submission record
  #recordArgs; // the arguments in that record

  /** The arguments of the task that was made last, word by word. */
  packed;

  /**
   * @param {object} parts
   * @param {object} parts.builtin the module's own kernels, by name
   * @param {(status: number) => string} parts.textOf
   */
  constructor({ wasm, memory, heap, kernels, builtin, textOf }) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#heap = heap;
    this.#kernels = kernels;
    this.#builtin = builtin;
    this.#textOf = textOf;
    const record = wasm.filch_host_submission();
    this.#record = new DataView(memory.buffer, record, SUBMISSION.bytes);
    this.#recordArgs = new Uint32Array(memory.buffer, record + SUBMISSION.args, ARGS_BYTES / 4);
    this.packed = new Uint32Array(ARGS_BYTES / 4);
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
    const own = this.#builtin[options.ordered ? 'filch_batch_in_order' : 'filch_batch'];
    return { kernel: own, checked: { ...options, begin: 0, end: count, deterministic: false, args: table }, resources };
  }

  /** A saved task. */
  restored(bytes, options) {
    if (!(bytes instanceof Uint8Array)) {
      throw new ArgumentError(`restore() takes a Uint8Array that save() gave, got ${show(bytes)}`);
    }
    const checked = restoreOptions(options);
    const saved = decode(bytes, this.#kernels, (total) => this.#wasm.filch_host_total_parts(total, 1));
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
      const bytes = kernel.total.bytes * this.#wasm.filch_host_total_parts(end - begin, Number(deterministic));
      resources.totals ??= this.#heap.reserve(bytes, `kernel ${show(kernel.name)}: accumulators`);
    }
    return new Task(id, kernel, checked, args, resources.isEmpty ? NO_RESOURCES : resources);
  }

  /**
   * Submits a task to the module, in one record that it copies. Throws FilchError.
   *
   * @param {ArrayLike<number>} args as `packed`
   * @returns {number} the task's handle; 0: no slot is free
   */
  submit({ kernel, begin, end, priority, grain, deterministic, dependencies, resources: { totals, pieces } }, args) {
    const record = this.#record;
    record.setFloat64(SUBMISSION.begin, begin, true);
    record.setFloat64(SUBMISSION.end, end, true);
    record.setUint32(SUBMISSION.kernel, kernel.index, true);
    record.setUint32(SUBMISSION.priority, priority, true);
    record.setUint32(SUBMISSION.grain, grain, true);
    record.setUint32(SUBMISSION.deterministic, Number(deterministic), true);
    record.setUint32(SUBMISSION.totals, totals ? totals.address : 0, true);
    record.setUint32(SUBMISSION.pieces, pieces ? pieces.block.address : 0, true);
    record.setUint32(SUBMISSION.piece_count, pieces ? pieces.count : 0, true);
    let count = 0;
    // A dependency that has settled is done: else this task would have settled, too.
    for (const { settled, handle } of dependencies) {
      if (!settled) record.setFloat64(SUBMISSION.dependencies + 8 * count++, handle, true);
    }
    record.setUint32(SUBMISSION.dependency_count, count, true);
    this.#recordArgs.set(args);
    const handle = this.#wasm.filch_host_submit();
    if (handle > 0) return handle;
    const status = STATUSES[-handle];
    if (status === 'POOL_FULL') return 0;
    throw new FilchError(`post() of kernel ${show(kernel.name)}: ${this.#textOf(-handle)}`, { code: status ?? 'FILCH' });
  }
}
