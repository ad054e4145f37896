/**
 * Values on their way to another thread: as bytes where clone.js has the exact clone, else by
 * message. structuredClone() is the reference. Arrays of the runtime's own memory are shared.
 * Getters are called once, by the engine.
 */
import { textOf } from '../core/guard.js';
import { show } from '../core/show.js';
import { MOST, toBytes } from './clone.js';

/** So many parts of a value are looked at. */
const LOOKS = 10_000;

const NONE = Object.freeze([]);
const isObject = (value) => typeof value === 'object' && value !== null;
const isA = (tag, value) => Object.prototype.toString.call(value) === `[object ${tag}]`;
const isShared = (buffer) => isA('SharedArrayBuffer', buffer);

const ofMap = (path, key) => `${path}.get(${show(key)})`;
const ofArray = (path, key) => `${path}[${key}]`;
const ofObject = (path, key) => `${path}.${key}`;

/**
 * Calls each(part, key, step) with the parts of an object; step(path, key) is the part's path.
 * False: a getter may give others.
 */
function parts(object, each) {
  if (object instanceof Map)
    Map.prototype.forEach.call(object, (value, key) => {
      each(key);
      each(value, key, ofMap);
    });
  else if (object instanceof Set) Set.prototype.forEach.call(object, (part) => each(part));
  const step = Array.isArray(object) ? ofArray : ofObject;
  return Object.keys(object).every((key) => {
    const part = Object.getOwnPropertyDescriptor(object, key);
    if ('value' in part) each(part.value, key, step);
    return 'value' in part;
  });
}

/**
 * Looks at values, and calls no getter. `own`: arrays of the runtime's memory; `plain`: there are
 * no other objects; `odd`: the bytes cannot be exact.
 */
function survey(list, shared) {
  const found = { own: [], plain: true, odd: false };
  const seen = new Set();
  let bytes = 0;
  let looks = 0;
  const look = (value) => {
    looks++;
    if (isObject(value)) seen.add(value);
    else if (typeof value === 'string') bytes += value.length;
    else if (typeof value === 'function' || typeof value === 'symbol') found.odd = true;
  };
  try {
    list.forEach(look);
    for (const object of seen) {
      if (ArrayBuffer.isView(object) && object.buffer === shared) {
        found.own.push(object);
        continue;
      }
      found.plain = false;
      const buffer = ArrayBuffer.isView(object) ? object.buffer : object;
      if (isShared(buffer)) found.odd = true;
      else if (buffer !== object) bytes += buffer.byteLength;
      else if (!parts(object, look)) found.odd = true;
      if (looks > LOOKS) break;
    }
  } catch {
    found.odd = true; // a proxy
  }
  found.odd ||= bytes > MOST || looks > LOOKS;
  return found;
}

let sharing;
/** Whether structuredClone() shares shared memory, copies it as WebKit's does, or refuses it. */
function sharingOf() {
  try {
    sharing ??= isShared(structuredClone(new SharedArrayBuffer(1))) ? 'shares' : 'copies';
  } catch {
    sharing = 'refuses'; // the page is not isolated
  }
  return sharing;
}

/**
 * A list of values as bytes, in memory that the next call overwrites; undefined: they take a
 * message. `own`: arrays of the runtime's memory among the values; `copy`: a clone of the list, if
 * one was made. Throws what the engine throws.
 *
 * @param {unknown[]} list
 * @param {ArrayBufferLike} shared the runtime's memory
 * @param {boolean} [byMessage] a message is to carry them in any case
 */
export function pack(list, shared, byMessage = false) {
  if (!byMessage && !list.some(isObject)) return { own: NONE, bytes: toBytes(list, shared) };
  const { own, plain, odd } = survey(list, shared);
  if (odd || byMessage) return { own };
  if (plain) return { own, bytes: toBytes(list, shared) };
  const how = own.length ? sharingOf() : 'shares';
  // Otherwise no message carries the arrays, or the clone has other memory.
  if (how !== 'shares') return { own, bytes: toBytes(list, shared, how === 'refuses') };
  try {
    const [copy, memory] = structuredClone([list, own.length ? shared : undefined]);
    return { own, copy, bytes: toBytes(copy, memory) };
  } catch (error) {
    if (sharingOf() !== 'copies') throw error;
    return { own }; // a message may carry more
  }
}

/** A message with a clone of a list, { message, transfer }. Throws what the engine throws. */
export function parcel(values, transfer) {
  // Throws where the buffer has gone, which Node 20 lets pass.
  for (const each of transfer) if (isA('ArrayBuffer', each)) new Uint8Array(each);
  if (sharingOf() !== 'copies') {
    const all = structuredClone({ values, transfer }, { transfer });
    return { message: { values: all.values }, transfer: all.transfer };
  }
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(values, transfer);
  return { message: { port: port2 }, transfer: [port2] };
}

/** Why values did not come. */
export const UNREADABLE = 'a message with values cannot be read on this thread';

/** The values of parcel()'s message, undefined where it has none. */
export const unpack = ({ values, port }) =>
  new Promise((resolve, reject) => {
    if (!port) return resolve(values);
    port.onmessage = ({ data }) => {
      port.close();
      resolve(data);
    };
    port.onmessageerror = () => reject(new Error(UNREADABLE));
  });

/**
 * A text about the part that the engine does not clone; undefined: it is hard to find. `seen`: what
 * it is not.
 */
function culprit(value, path, seen) {
  const text = `${path} is ${show(value)}, and cannot be given to another thread`;
  if (typeof value === 'function' || typeof value === 'symbol') return text;
  if (!isObject(value) || seen.has(value)) return undefined;
  seen.add(value);
  let found;
  let count = 0;
  const isKnown = parts(value, (part, key, step) => {
    count++;
    found ??= culprit(part, step?.(path, key) ?? `an element of ${path}`, seen);
  });
  if (count || !isKnown) return found;
  try {
    structuredClone(value);
  } catch {
    return text;
  }
  return undefined;
}

/**
 * What clone() gives. Where the engine refuses the values, throws fail(text, cause); the text names
 * the part, from `path` on.
 *
 * @param {object[]} [transfer] these move: they are not the cause
 */
export function cloned(value, path, clone, fail, transfer) {
  try {
    return clone();
  } catch (cause) {
    let text = `${path} cannot be given to another thread: ${textOf(cause)}`;
    try {
      text = culprit(value, path, new Set(transfer)) ?? text;
    } catch {
      // a proxy, or a depth
    }
    throw fail(text, cause);
  }
}
