/**
 * A batch: many short loops of one kernel as one task, which a kernel of the module runs. Owner's
 * thread only.
 */
import { object } from '../core/check.js';
import { ArgumentError, FilchError } from '../core/errors.js';
import { show } from '../core/show.js';
import { textOf } from '../core/guard.js';
import {
  BATCH_BEGIN,
  BATCH_BEGUN,
  BATCH_BYTES,
  BATCH_CODE,
  BATCH_END,
  BATCH_RAN,
} from '../wasm/abi.js';
import { pack, readState } from '../wasm/schema.js';
import { codeFailed } from './failures.js';
import { rangeOf } from './options.js';

/** Why a kernel cannot run in a batch, as a sentence. */
export function unfit({ name, kind, total }) {
  if (kind === 'fork') return `kernel ${show(name)} is of kind "fork"`;
  return total && `kernel ${show(name)} is a reduction`;
}

/**
 * A table of empty records, a resource of the task. A trap ends a run of the batch; the next run
 * begins at record `from`. `errors` has those of records that ended a run, by index.
 */
export function recordsFor(kernel, count, heap, resources) {
  const stride = BATCH_BYTES + kernel.argsBytes;
  const records = heap.alloc(Uint8Array, count * stride);
  resources.add('own', heap.owned(records));
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return {
    kernel,
    records,
    stride,
    view,
    from: 0,
    errors: new Map(),
    workers: 0,
    lost: 0,
    began: 0,
  };
}

/**
 * Writes a table. Notes the memory that its records take and use in `resources`, as pack() does.
 */
export function writeRecords(kernel, list, heap, resources) {
  const why = unfit(kernel);
  if (why) throw new ArgumentError(`postMany() takes loops, and ${why}: post each`);
  if (!Array.isArray(list))
    throw new ArgumentError(`postMany() takes an array of { range, args }, got ${show(list)}`);
  const count = list.length; // of an array that may be a proxy
  const table = { ...recordsFor(kernel, count, heap, resources), count };
  const { stride, view } = table;
  for (let i = 0; i < count; i++) {
    try {
      const each = list[i];
      if (typeof each !== 'object' || each === null)
        throw new ArgumentError(`it must be { range, args }, got ${show(each)}`);
      const [begin, end] = rangeOf(each);
      const { args } = each;
      if (args !== undefined && !object.fits(args))
        throw new ArgumentError(`its "args" must be ${object.what}, got ${show(args)}`);
      view.setFloat64(i * stride + BATCH_BEGIN, begin, true);
      view.setFloat64(i * stride + BATCH_END, end, true);
      pack(kernel, args, { heap, into: view, resources, at: i * stride + BATCH_BYTES });
    } catch (error) {
      throw ofEntry(error, i);
    }
  }
  return table;
}

/** The error of an entry. The entry may have thrown any value. */
function ofEntry(thrown, i) {
  const text = `entry ${i} of postMany(): ${textOf(thrown)}`;
  if (!(thrown instanceof FilchError)) return new ArgumentError(text, { cause: thrown });
  thrown.message = text;
  return thrown;
}

const ranOf = ({ view, stride }, i) => view.getUint32(i * stride + BATCH_RAN, true);

/**
 * After a run that did not come to its end: notes the errors of the records that their workers have
 * begun, and not ended.
 *
 * @param {(index: number, worker: number) => Error} errorOf
 * @returns {boolean} whether there are such records
 */
export function endRun(table, errorOf) {
  const { records, stride, view, errors, from } = table;
  const before = errors.size;
  table.from = records.length / stride;
  for (let i = table.from - 1; i >= from; i--) {
    const ran = ranOf(table, i);
    if (!ran) table.from = i;
    if (ran < BATCH_BEGUN) continue;
    errors.set(i, errorOf(i, ran - BATCH_BEGUN));
    view.setUint32(i * stride + BATCH_RAN, 1, true);
  }
  return errors.size > before;
}

/** The number of loops that have run to their end. */
export function countRan(table) {
  const { records, stride, errors } = table;
  let count = -errors.size;
  for (let i = 0; i < records.length / stride; i++) if (ranOf(table, i)) count++;
  return count;
}

/** How the loops ended: the state of each, and the errors of the loops that failed. */
export function readRecords(task) {
  const { kernel, records, stride, view, errors } = task.resources.batch;
  const states = [];
  const failures = [];
  for (let i = 0; i < records.length / stride; i++) {
    const failure = view.getInt32(i * stride + BATCH_CODE, true);
    const error = errors.get(i) ?? (failure && codeFailed(task, i, failure));
    if (error) failures.push({ index: i, failure: error.failure, error });
    states.push(readState(kernel, view, i * stride + BATCH_BYTES));
  }
  return { states, failures };
}
