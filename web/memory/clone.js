/**
 * Clones of values as bytes, for shared memory: of the plain values whose clones are known exactly.
 * values.js has the rest. Arrays of the runtime's own memory are shared, not copied. Both sides are
 * of one release.
 */
import { isA } from '../core/realm.js';
import { encoder } from '../core/text.js';
import * as KIND from './clone-kinds.js';

/** Prototype -> the type's place in VIEWS. */
const TYPES = new Map(KIND.VIEWS.map(({ prototype }, i) => [prototype, i]));
/** The kinds of objects that have exactly these prototypes. */
const KINDS = new Map([
  [null, KIND.OBJECT],
  [Object.prototype, KIND.OBJECT],
  [Array.prototype, KIND.ARRAY],
  [Map.prototype, KIND.MAP],
  [Set.prototype, KIND.SET],
  [Date.prototype, KIND.DATE],
  [RegExp.prototype, KIND.REGEXP],
  [ArrayBuffer.prototype, KIND.BUFFER],
  ...KIND.VIEWS.map(({ prototype }) => [prototype, KIND.VIEW]),
]);

/** Bytes of a value at most, and how deep it may be: a message carries more at the same cost. */
export const MOST = 65536;
const DEEPEST = 100;

/** The engine makes such values, and they are of no kind that is known here. */
const isForeign = (value) => {
  const { constructor } = value;
  return (
    typeof constructor === 'function' &&
    constructor !== Object &&
    /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(constructor))
  );
};

/** The array has all its elements, and no other properties: indices come first among the keys. */
function isDense(array) {
  const keys = Object.keys(array);
  return keys.length === array.length && (!keys.length || keys.at(-1) === `${keys.length - 1}`);
}

/** The value is not carried, or not exactly. */
const refuse = () => {
  throw new TypeError('not a plain value');
};

class Writer {
  bytes = new Uint8Array(1024);
  length = 0;
  #view = new DataView(this.bytes.buffer);
  #seen = new Map(); // object -> its number
  #depth;
  #shared;
  #lenient;

  /** The bytes of a value, in memory that the next call overwrites; see toBytes(). */
  whole(value, shared, lenient) {
    this.length = 0;
    this.#depth = 0;
    this.#shared = shared;
    this.#lenient = lenient;
    try {
      this.write(value);
    } catch {
      return undefined; // not plain, or a getter of an error's
    } finally {
      this.#seen.clear();
    }
    return this.bytes.subarray(0, this.length);
  }

  #space(bytes) {
    const at = this.length;
    this.length += bytes;
    if (this.length > MOST) this.#unsure();
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  /** An error is carried as well as can be. */
  #unsure() {
    if (!this.#lenient) refuse();
  }

  #byte(value) {
    const at = this.#space(1); // which may replace `bytes`
    this.bytes[at] = value;
  }

  #count(n) {
    const at = this.#space(8);
    this.#view.setFloat64(at, n, true);
  }

  #counted(kind, n) {
    this.#byte(kind);
    this.#count(n);
  }

  #raw(kind, bytes) {
    this.#counted(kind, bytes.length);
    const at = this.#space(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** False: a character is not of ASCII. */
  #plain(text) {
    const begin = this.length;
    this.#counted(KIND.TEXT, text.length);
    const at = this.#space(text.length);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) {
        this.length = begin;
        return false;
      }
      this.bytes[at + i] = unit;
    }
    return true;
  }

  #text(text) {
    if (text.length <= KIND.SHORT && this.#plain(text)) return;
    if (text.length > MOST) this.#unsure();
    // UTF-8 has no lone surrogates.
    if (/\p{Surrogate}/u.test(text)) {
      this.#raw(
        KIND.WIDE,
        new Uint8Array(
          Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)).buffer,
        ),
      );
    } else {
      this.#raw(KIND.TEXT, encoder.encode(text));
    }
  }

  write(value) {
    switch (typeof value) {
      case 'undefined':
        return this.#byte(KIND.UNDEFINED);
      case 'boolean':
        return this.#byte(value ? KIND.TRUE : KIND.FALSE);
      case 'string':
        return this.#text(value);
      case 'number':
        if (Object.is(value, value | 0)) {
          this.#byte(KIND.INT);
          const at = this.#space(4);
          return this.#view.setInt32(at, value, true);
        }
        return this.#counted(KIND.FLOAT, value);
      case 'bigint': {
        const digits = value.toString(36);
        if (digits.length > KIND.DIGITS) refuse();
        this.#byte(KIND.BIGINT);
        return this.#text(digits);
      }
      case 'object':
        return value === null ? this.#byte(KIND.NULL) : this.#object(value);
      default:
        refuse();
    }
  }

  #object(value) {
    const number = this.#seen.get(value);
    if (number !== undefined) return this.#counted(KIND.AGAIN, number);
    this.#seen.set(value, this.#seen.size);
    if (++this.#depth > DEEPEST) this.#unsure();
    switch (KINDS.get(Object.getPrototypeOf(value))) {
      case KIND.OBJECT:
        this.#fields(KIND.OBJECT, value, Object.keys(value));
        break;
      case KIND.ARRAY:
        this.#list(value);
        break;
      case KIND.MAP:
        this.#counted(KIND.MAP, value.size);
        for (const [key, each] of value) {
          this.write(key);
          this.write(each);
        }
        break;
      case KIND.SET:
        this.#counted(KIND.SET, value.size);
        for (const each of value) this.write(each);
        break;
      case KIND.DATE:
        this.#counted(KIND.DATE, value.getTime());
        break;
      case KIND.REGEXP:
        this.#byte(KIND.REGEXP);
        this.#text(value.source);
        this.#text(value.flags);
        break;
      case KIND.BUFFER:
        if (value.resizable) this.#unsure();
        if (value.byteLength > MOST) this.#unsure();
        this.#raw(KIND.BUFFER, new Uint8Array(value));
        break;
      case KIND.VIEW:
        this.#array(value);
        break;
      default:
        this.#other(value);
    }
    this.#depth--;
  }

  #list(array) {
    const { length } = array;
    if (length > MOST || !isDense(array)) this.#unsure();
    this.#counted(KIND.ARRAY, length);
    for (let i = 0; i < length; i++) this.write(array[i]);
  }

  #fields(kind, value, names) {
    this.#counted(kind, names.length);
    for (const name of names) {
      this.#text(name);
      this.write(value[name]);
    }
  }

  /** Errors, and the fields of others: less than the engine knows of them. */
  #other(value) {
    this.#unsure();
    const names = Object.keys(value);
    if (value instanceof Error || isA('Error', value)) {
      const own = names.filter(
        (name) => !KIND.OF_ERRORS.includes(name) && typeof value[name] !== 'function',
      );
      return this.#fields(KIND.ERROR, value, [
        ...KIND.OF_ERRORS.filter((name) => name in value),
        ...own,
      ]);
    }
    if (isForeign(value)) refuse();
    this.#fields(KIND.OBJECT, value, names);
  }

  #array(value) {
    const { buffer, byteOffset, length = value.byteLength } = value;
    const shared = buffer === this.#shared;
    if (!shared && Object.getPrototypeOf(buffer) !== ArrayBuffer.prototype) refuse();
    this.#byte(shared ? KIND.SHARED : KIND.VIEW);
    this.#byte(TYPES.get(Object.getPrototypeOf(value)));
    this.#count(byteOffset);
    this.#count(length);
    if (!shared) this.write(buffer);
  }
}

let idle; // a writer that is used again

/**
 * The bytes of a value, if its clone is known exactly, is not large, and not deep.
 *
 * @param {ArrayBufferLike} shared the runtime's memory
 * @param {boolean} [lenient] the value is an error: of its class and its fields the bytes have more
 *   than the engine's clone, of odd values in it less
 * @returns {Uint8Array | undefined} in memory that the next call overwrites
 */
export function toBytes(value, shared, lenient = false) {
  const writer = idle ?? new Writer();
  idle = undefined; // a getter of an error may call this, too
  const bytes = writer.whole(value, shared, lenient);
  if (writer.bytes.length <= MOST) idle = writer;
  return bytes;
}
