/**
 * A submission: a checked post, with the memory that its task takes. Owner's thread only.
 */
import { ArgumentError, CorruptError, FilchError, UnknownKernelError } from '../core/errors.js';
import { isA } from '../core/realm.js';
import { list, show } from '../core/show.js';
import { decode } from '../snapshot/decode.js';
import { revive } from '../snapshot/revive.js';
import {
  ARGS_BYTES,
  SUBMISSION_ARGS,
  SUBMISSION_BEGIN,
  SUBMISSION_BYTES,
  SUBMISSION_DEPENDENCIES,
  SUBMISSION_DEPENDENCY_COUNT,
  SUBMISSION_DETERMINISTIC,
  SUBMISSION_END,
  SUBMISSION_GRAIN,
  SUBMISSION_KERNEL,
  SUBMISSION_PIECES,
  SUBMISSION_PIECE_COUNT,
  SUBMISSION_PRIORITY,
  SUBMISSION_TOTALS,
} from '../wasm/abi.js';
import { unsigned } from '../wasm/address.js';
import { pack } from '../wasm/schema.js';
import { writeRecords } from './batch.js';
import { manyOptions, postOptions, restoreOptions } from './options.js';
import { NO_RESOURCES, Resources } from './resources.js';
import { Task } from './task.js';

function wordsOfArgs() {
  const words = new Uint32Array(ARGS_BYTES / 4);
  return { words, view: new DataView(words.buffer) };
}

export class Submissions {
  #parts;
  #wasm;
  #numbers; // the module's submission record, as doubles
  #words; // the same, as words
  #spare; // for arguments; undefined while they are packed

  /** The arguments of the task that was made last, word by word. */
  packed;

  /**
   * @param {object} parts builtin: the module's own kernels, by name; status(code): { name, text }
   */
  constructor(parts) {
    const { wasm, memory } = parts;
    this.#parts = parts;
    this.#wasm = wasm;
    const record = unsigned(wasm.filch_host_submission());
    this.#numbers = new Float64Array(memory.buffer, record, SUBMISSION_BYTES / 8);
    this.#words = new Uint32Array(memory.buffer, record, SUBMISSION_BYTES / 4);
  }

  find(name) {
    const kernel = this.#parts.kernels.get(name);
    if (!kernel)
      throw new UnknownKernelError(
        `no kernel is called ${show(name)}; the module has ${list(this.#parts.kernels.keys())}`,
      );
    return kernel;
  }

  /** Each of the next four gives a submission, { kernel, checked, resources }. */
  one(name, options) {
    const kernel = this.find(name);
    return { kernel, checked: postOptions(options, kernel), resources: new Resources() };
  }

  many(name, loops, options) {
    const kernel = this.find(name);
    const checked = manyOptions(options);
    const resources = new Resources();
    try {
      const table = writeRecords(kernel, loops, this.#parts.heap, resources);
      return this.batch({ table, count: table.count, options: checked, resources });
    } catch (error) {
      resources.release(this.#parts.heap);
      throw error;
    }
  }

  /** Records as one task; `table` and `resources` are recordsFor()'s. */
  batch({ table, count, options, resources }) {
    resources.batch = table;
    const { kernel, records, stride } = table;
    const args = { records, stride, kernel: kernel.index };
    return {
      kernel: this.#parts.builtin[options.ordered ? 'filch_batch_in_order' : 'filch_batch'],
      checked: { ...options, end: count, args },
      resources,
    };
  }

  restored(bytes, options) {
    if (!isA('Uint8Array', bytes)) {
      throw new ArgumentError(`restore() takes a Uint8Array that save() gave, got ${show(bytes)}`);
    }
    const checked = restoreOptions(options);
    const saved = decode(bytes, this.#parts.kernels, (total) =>
      this.#wasm.filch_host_total_parts(total, 1),
    );
    const { kernel, begin, end, deterministic } = saved;
    const resources = new Resources();
    try {
      const { args, ...own } = revive(
        saved,
        this.#parts.heap,
        this.#parts.memory.buffer,
        resources,
      );
      return {
        kernel,
        checked: { ...checked, begin, end, deterministic, args },
        resources: Object.assign(resources, own),
      };
    } catch (error) {
      resources.release(this.#parts.heap);
      throw error;
    }
  }

  /** A submission's task; the task's arguments stand in `packed`. */
  make({ kernel, checked, resources }) {
    const args = this.#pack(kernel, checked.args, resources);
    if (kernel.total) {
      const { begin, end, deterministic } = checked;
      const bytes =
        kernel.total.bytes * this.#wasm.filch_host_total_parts(end - begin, Number(deterministic));
      resources.totals ??= this.#parts.heap.reserve(
        bytes,
        `kernel ${show(kernel.name)}: accumulators`,
      );
    }
    return new Task(kernel, checked, args, resources.isEmpty ? NO_RESOURCES : resources);
  }

  /** A getter of the arguments may post, too: so each packing has words of its own. */
  #pack(kernel, args, resources) {
    const spare = this.#spare ?? wordsOfArgs();
    const { words, view } = spare;
    this.#spare = undefined;
    words.fill(0);
    const given = pack(kernel, args, { heap: this.#parts.heap, into: view, resources });
    this.#spare = spare;
    this.packed = words;
    return given;
  }

  /** The arguments of a task that is to run again. */
  packAgain({ kernel, args }) {
    this.#pack(kernel, args, new Resources());
    return this.packed.slice();
  }

  /**
   * Submits a task to the module, in one record that it copies. Throws FilchError.
   *
   * @param {ArrayLike<number>} args as `packed`
   * @returns {number} the task's handle; 0: no slot is free
   */
  submit(
    {
      kernel,
      begin,
      end,
      priority,
      grain,
      deterministic,
      dependencies,
      resources: { totals, pieces, batch },
    },
    args,
  ) {
    const numbers = this.#numbers;
    const words = this.#words;
    numbers[SUBMISSION_BEGIN / 8] = batch ? batch.from : begin;
    numbers[SUBMISSION_END / 8] = end;
    words[SUBMISSION_KERNEL / 4] = kernel.index;
    words[SUBMISSION_PRIORITY / 4] = priority;
    words[SUBMISSION_GRAIN / 4] = grain ?? 0;
    words[SUBMISSION_DETERMINISTIC / 4] = deterministic ? 1 : 0;
    words[SUBMISSION_TOTALS / 4] = totals?.address ?? 0;
    words[SUBMISSION_PIECES / 4] = pieces?.block.address ?? 0;
    words[SUBMISSION_PIECE_COUNT / 4] = pieces?.count ?? 0;
    let count = 0;
    // A dependency that has settled is done: else this task would have settled, too.
    for (const { settled, handle } of dependencies) {
      if (!settled) numbers[SUBMISSION_DEPENDENCIES / 8 + count++] = handle;
    }
    words[SUBMISSION_DEPENDENCY_COUNT / 4] = count;
    words.set(args, SUBMISSION_ARGS / 4);
    const handle = this.#wasm.filch_host_submit();
    if (handle > 0) return handle;
    const { name, text } = this.#parts.status(-handle);
    if (name === 'POOL_FULL') return 0;
    const Kind = name === 'CORRUPT' ? CorruptError : FilchError;
    throw new Kind(`post() of kernel ${show(kernel.name)}: ${text}`, { code: name });
  }
}
