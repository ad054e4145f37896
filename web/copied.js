/** Arguments that are copied into shared memory for one job, and out of it again where that is asked for. Owner's thread only. */
import { ArgumentError } from './errors.js';
import { show } from './show.js';

const encoder = new TextEncoder();

class Copied {
  constructor(array, back) {
    this.array = array;
    this.back = back;
  }
}

/**
 * For an array argument: a copy of `array` is made in shared memory when the job is posted, and freed when it has settled. With
 * `back`, what the kernel wrote stands in `array` when the job is done.
 *
 * Throws ArgumentError.
 *
 * @param {ArrayBufferView | ArrayLike<number>} array
 * @param {{ back?: boolean }} [options]
 */
export function copied(array, { back = false } = {}) {
  const list = ArrayBuffer.isView(array) && !(array instanceof DataView);
  if (!list && !Array.isArray(array)) throw new ArgumentError(`copied() takes a typed array, or an array of numbers, got ${show(array)}`);
  return new Copied(array, Boolean(back));
}

/** What the job gets for such an argument, or for text; undefined where the value is neither. */
export function copyIn(value, field, heap, holds) {
  const text = typeof value === 'string' && field.type === 'u8';
  if (!text && !(value instanceof Copied)) return undefined;
  const source = text ? encoder.encode(value) : value.array;
  // An array of the wrong type is not made one of the right type: the kernel would see other bytes.
  const Type = Array.isArray(source) ? globalThis[field.arrays[0]] : source.constructor;
  if (!field.arrays.includes(Type.name)) return source;
  const shared = heap.alloc(Type, source.length);
  holds.add('own', heap.owned(shared));
  shared.set(source);
  if (value.back) holds.add('backs', { to: source, from: shared });
  return shared;
}

/** The job is done: what was asked for goes back to the caller's arrays. */
export function copyOut(backs) {
  for (const { to, from } of backs) {
    if (Array.isArray(to)) from.forEach((value, i) => (to[i] = value));
    else to.set(from);
  }
}
