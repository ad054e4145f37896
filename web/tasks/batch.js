/**
 * A batch: many short loops of one kernel as one task, which a kernel of the module runs. Owner's
 * thread only.
 */
import { ArgumentError } from '../core/errors.js';
import { show } from '../core/show.js';
import { BATCH_BEGIN, BATCH_BYTES, BATCH_CODE, BATCH_END } from '../wasm/abi.js';
import { pack, readState } from '../wasm/schema.js';
import { rangeOf } from './options.js';

/** Why a kernel cannot run in a batch, as a sentence. */
export function unfit({ name, kind, total }) {
  if (kind === 'fork') return `kernel ${show(name)} is of kind "fork"`;
  return total && `kernel ${show(name)} is a reduction`;
}

/** A table of empty records, a resource of the task. */
export function recordsFor(kernel, count, heap, resources) {
  const stride = BATCH_BYTES + kernel.argsBytes;
  const records = heap.alloc(Uint8Array, count * stride);
  resources.add('own', heap.owned(records));
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return { kernel, records, stride, view };
}

/**
 * Writes a table. Notes the memory that its records take and use in `resources`, as pack() does.
 */
export function writeRecords(kernel, list, heap, resources) {
  const why = unfit(kernel);
  if (why) throw new ArgumentError(`postMany() takes loops, and ${why}: post each`);
  if (!Array.isArray(list))
    throw new ArgumentError(`postMany() takes an array of { range, args }, got ${show(list)}`);
  const table = recordsFor(kernel, list.length, heap, resources);
  const { stride, view } = table;
  list.forEach((each, i) => {
    try {
      if (typeof each !== 'object' || each === null)
        throw new ArgumentError(`it must be { range, args }, got ${show(each)}`);
      const [begin, end] = rangeOf(each);
      view.setFloat64(i * stride + BATCH_BEGIN, begin, true);
      view.setFloat64(i * stride + BATCH_END, end, true);
      pack(kernel, each.args, { heap, into: view, resources, at: i * stride + BATCH_BYTES });
    } catch (error) {
      error.message = `entry ${i} of postMany(): ${error.message}`;
      throw error;
    }
  });
  return table;
}

/** How the loops ended: the state of each, and the codes of the loops that failed. */
export function readRecords({ kernel, records, stride, view }) {
  const states = [];
  const failures = [];
  for (let at = 0; at < records.length; at += stride) {
    const code = view.getInt32(at + BATCH_CODE, true);
    if (code) failures.push({ index: at / stride, failure: code });
    states.push(readState(kernel, view, at + BATCH_BYTES));
  }
  return { states, failures };
}
