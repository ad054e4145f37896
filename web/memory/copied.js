/** Copies of arguments in shared memory, for one job. Owner's thread only. */
import { ArgumentError } from '../core/errors.js';
import { typed } from '../core/guard.js';
import { isA } from '../core/realm.js';
import { show } from '../core/show.js';
import { encoder } from '../core/text.js';

class Copied {
  constructor(array, back) {
    this.array = array;
    this.back = back;
  }
}

/** See index.d.ts. @param {ArrayBufferView | ArrayLike<number>} array */
export function copied(array, options) {
  try {
    const list = ArrayBuffer.isView(array) && !isA('DataView', array);
    if (list || Array.isArray(array)) return new Copied(array, Boolean(options?.back));
  } catch (error) {
    throw typed(error, 'copied()');
  }
  throw new ArgumentError(
    `copied() takes a typed array, or an array of numbers, got ${show(array)}`,
  );
}

/** The job's array for such an argument, or for text; undefined for any other value. */
export function copyIn(value, field, heap, resources) {
  const text = typeof value === 'string' && field.type === 'u8';
  if (!text && !(value instanceof Copied)) return undefined;
  const source = text ? encoder.encode(value) : value.array;
  // An array of the wrong type stays as it is: the kernel would see other bytes.
  const type = Array.isArray(source) ? field.arrays[0] : source[Symbol.toStringTag];
  if (!field.arrays.includes(type)) return source;
  const shared = heap.alloc(globalThis[type], source.length);
  resources.add('own', heap.owned(shared));
  shared.set(source);
  if (value.back) resources.add('backs', { to: source, from: shared });
  return shared;
}

/** The job is done: writes copies back into the caller's arrays. */
export function copyOut(backs) {
  for (const { to, from } of backs) {
    if (Array.isArray(to)) from.forEach((value, i) => (to[i] = value));
    else to.set(from);
  }
}
