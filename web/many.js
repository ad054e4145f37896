/** Many short loops of one kernel, posted as one: the records that runtime/many.c runs. Owner's thread only. */
import { ArgumentError } from './errors.js';
import { rangeOf } from './options.js';
import { pack, readState } from './schema.js';
import { show } from './show.js';

export const HEAD = 24; // bytes before the arguments: { f64 begin, f64 end, i32 code, u32 ran }
const CODE = 16;

/** Whether a kernel can be posted so; a sentence where it cannot. */
export function unfit({ name, kind, total }) {
  if (kind === 'fork') return `kernel ${show(name)} is of kind "fork"`;
  return total && `kernel ${show(name)} is a reduction`;
}

/** The same, empty. */
export function recordsFor(kernel, count, heap, holds) {
  const stride = HEAD + kernel.argsBytes;
  const records = heap.alloc(Uint8Array, count * stride);
  holds.add('own', heap.owned(records));
  return { records, stride, kernel: kernel.index };
}

/**
 * Writes the records. The memory that they take and use is noted in `holds`, as by pack().
 *
 * @returns {{ records: Uint8Array, stride: number, kernel: number }} the arguments of the module's own kernel
 */
export function writeRecords(kernel, list, heap, holds) {
  const why = unfit(kernel);
  if (why) throw new ArgumentError(`postMany() takes loops, and ${why}: post each`);
  if (!Array.isArray(list)) throw new ArgumentError(`postMany() takes an array of { range, args }, got ${show(list)}`);
  const table = recordsFor(kernel, list.length, heap, holds);
  const { records, stride } = table;
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  list.forEach((each, i) => {
    try {
      if (typeof each !== 'object' || each === null) throw new ArgumentError(`it must be { range, args }, got ${show(each)}`);
      const [begin, end] = rangeOf(each);
      view.setFloat64(i * stride, begin, true);
      view.setFloat64(i * stride + 8, end, true);
      pack(kernel, each.args, heap, view, holds, i * stride + HEAD);
    } catch (error) {
      error.message = `entry ${i} of postMany(): ${error.message}`;
      throw error;
    }
  });
  return table;
}

/** What became of them: the state of each, and the codes of those that failed. */
export function readRecords({ kernel, records, stride }) {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const states = [];
  const failures = [];
  for (let at = 0; at < records.length; at += stride) {
    const code = view.getInt32(at + CODE, true);
    if (code) failures.push({ index: at / stride, failure: code });
    states.push(readState(kernel, view, at + HEAD));
  }
  return { states, failures };
}
