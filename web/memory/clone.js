/**
 * Clones of values as bytes, for shared memory: of all that a structured clone takes, but for
 * things of one thread (ports, streams, pictures). Arrays of the runtime's own memory are shared,
 * not copied. Both sides are of one release.
 */
import { ARRAYS } from '../core/array-types.js';
import { show } from '../core/show.js';
import { decoder, encoder } from '../core/text.js';
import * as KIND from './clone-kinds.js';

const VIEWS = [...ARRAYS, 'DataView'];
const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const OF_ERRORS = ['name', 'message', 'stack', 'cause', 'errors'];

/** Up to so many UTF-16 units an encoder costs more than a loop. */
const SHORT = 64;
/** Bytes that a writer may keep for the next value. */
const KEPT = 65536;

const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

/** The engine makes such values, and they are of no kind that is known here. */
const isForeign = (value) => {
  const { constructor } = value;
  return (
    typeof constructor === 'function' &&
    constructor !== Object &&
    /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(constructor))
  );
};

function refuse(value, path) {
  throw new TypeError(`${path} is ${show(value)}, and cannot be given to another thread`);
}

/** Defines an own property, whatever its name. */
const define = (object, name, value, enumerable = true) =>
  Object.defineProperty(object, name, { value, writable: true, enumerable, configurable: true });

class Writer {
  bytes = new Uint8Array(1024);
  length = 0;
  #view = new DataView(this.bytes.buffer);
  #seen = new Map(); // object -> its number
  #shared;
  #mine;

  /** The bytes of a value, in memory that the next call overwrites; see toBytes(). */
  whole(value, what, shared, mine) {
    this.length = 0;
    this.#shared = shared;
    this.#mine = mine;
    try {
      this.write(value, what);
    } finally {
      this.#seen.clear();
    }
    return this.bytes.subarray(0, this.length);
  }

  #space(bytes) {
    const at = this.length;
    this.length += bytes;
    if (this.length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      grown.set(this.bytes.subarray(0, at));
      this.bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
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
    if (text.length <= SHORT && this.#plain(text)) return;
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

  write(value, path) {
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
      case 'bigint':
        this.#byte(KIND.BIGINT);
        return this.#text(value.toString(36));
      case 'object':
        return value === null ? this.#byte(KIND.NULL) : this.#object(value, path);
      default:
        refuse(value, path);
    }
  }

  #object(value, path) {
    const number = this.#seen.get(value);
    if (number !== undefined) return this.#counted(KIND.AGAIN, number);
    this.#seen.set(value, this.#seen.size);
    const kind = tagOf(value);
    if (Array.isArray(value)) {
      this.#counted(KIND.ARRAY, value.length);
      for (let i = 0; i < value.length; i++) this.write(value[i], `${path}[${i}]`);
    } else if (ArrayBuffer.isView(value)) {
      this.#array(value, path);
    } else if (kind === 'ArrayBuffer') {
      this.#raw(KIND.BUFFER, new Uint8Array(value));
    } else if (kind === 'Map') {
      this.#counted(KIND.MAP, value.size);
      for (const [key, each] of value) {
        this.write(key, `a key of ${path}`);
        this.write(each, `${path}.get(${show(key)})`);
      }
    } else if (kind === 'Set') {
      this.#counted(KIND.SET, value.size);
      for (const each of value) this.write(each, `an element of ${path}`);
    } else if (kind === 'Date') {
      this.#counted(KIND.DATE, value.getTime());
    } else if (kind === 'RegExp') {
      this.#byte(KIND.REGEXP);
      this.#text(value.source);
      this.#text(value.flags);
    } else if (kind === 'Error' || value instanceof Error) {
      const own = Object.keys(value).filter(
        (name) => !OF_ERRORS.includes(name) && typeof value[name] !== 'function',
      );
      this.#fields(KIND.ERROR, value, [...OF_ERRORS.filter((name) => name in value), ...own], path);
    } else {
      if (isForeign(value)) refuse(value, path);
      this.#fields(KIND.OBJECT, value, Object.keys(value), path);
    }
  }

  #fields(kind, value, names, path) {
    this.#counted(kind, names.length);
    for (const name of names) {
      this.#text(name);
      this.write(value[name], `${path}.${name}`);
    }
  }

  #array(value, path) {
    const { buffer, byteOffset, length = value.byteLength } = value;
    const shared = buffer === this.#shared;
    if (!shared && tagOf(buffer) !== 'ArrayBuffer') {
      throw new TypeError(
        `${path} lies in shared memory that is not this runtime's: alloc() makes arrays that every worker sees`,
      );
    }
    if (shared) this.#mine?.(value);
    this.#byte(shared ? KIND.SHARED : KIND.VIEW);
    this.#byte(VIEWS.indexOf(tagOf(value)));
    this.#count(byteOffset);
    this.#count(length);
    if (!shared) this.write(buffer, path);
  }
}

class Reader {
  #bytes;
  #view;
  #at = 0;
  #seen = [];
  #shared;
  #errors;

  constructor(bytes, shared, errors) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#shared = shared;
    this.#errors = errors;
  }

  #count() {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  #raw() {
    const length = this.#count();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #keep(object) {
    this.#seen.push(object);
    return object;
  }

  /** The value's number comes before those of the objects inside. */
  #later(make) {
    const number = this.#seen.push(undefined) - 1;
    return (this.#seen[number] = make());
  }

  #repeat(into, each) {
    for (let left = this.#count(); left > 0; left--) each(into);
    return into;
  }

  read() {
    switch (this.#bytes[this.#at++]) {
      case KIND.UNDEFINED:
        return undefined;
      case KIND.NULL:
        return null;
      case KIND.TRUE:
        return true;
      case KIND.FALSE:
        return false;
      case KIND.INT:
        this.#at += 4;
        return this.#view.getInt32(this.#at - 4, true);
      case KIND.FLOAT:
        return this.#count();
      case KIND.BIGINT:
        return this.#bigint(this.read());
      case KIND.TEXT:
        return this.#text();
      case KIND.WIDE:
        return Array.from(new Uint16Array(this.#raw().slice().buffer), (unit) =>
          String.fromCharCode(unit),
        ).join('');
      case KIND.ARRAY:
        return this.#repeat(this.#keep([]), (array) => array.push(this.read()));
      case KIND.OBJECT:
        return this.#repeat(this.#keep({}), (object) => this.#field(object));
      case KIND.MAP:
        return this.#repeat(this.#keep(new Map()), (map) => map.set(this.read(), this.read()));
      case KIND.SET:
        return this.#repeat(this.#keep(new Set()), (set) => set.add(this.read()));
      case KIND.DATE:
        return this.#keep(new Date(this.#count()));
      case KIND.REGEXP:
        return this.#later(() => new RegExp(this.read(), this.read()));
      case KIND.ERROR:
        return this.#error();
      case KIND.BUFFER:
        return this.#keep(this.#raw().slice().buffer);
      case KIND.VIEW:
        return this.#later(() => this.#array(false));
      case KIND.SHARED:
        return this.#later(() => this.#array(true));
      case KIND.AGAIN:
        return this.#seen[this.#count()];
      default:
        throw new RangeError('these bytes are no value');
    }
  }

  #text() {
    const bytes = this.#raw();
    if (bytes.length > SHORT) return decoder.decode(bytes);
    let text = '';
    for (const unit of bytes) {
      if (unit > 127) return decoder.decode(bytes);
      text += String.fromCharCode(unit);
    }
    return text;
  }

  #bigint(text) {
    const negative = text[0] === '-';
    let value = 0n;
    for (const digit of negative ? text.slice(1) : text)
      value = value * 36n + BigInt(parseInt(digit, 36));
    return negative ? -value : value;
  }

  #field(object) {
    define(object, this.read(), this.read());
  }

  #error() {
    const error = this.#keep(new Error());
    const fields = this.#repeat({}, (object) => this.#field(object));
    const kinds = { ...ERRORS, ...this.#errors };
    const Kind = Object.hasOwn(kinds, fields.name) ? kinds[fields.name] : Error;
    Object.setPrototypeOf(error, Kind.prototype);
    for (const [name, value] of Object.entries(fields)) {
      if (error[name] === value && name === 'name') continue;
      define(error, name, value, !OF_ERRORS.includes(name));
    }
    return error;
  }

  #array(shared) {
    const Type = globalThis[VIEWS[this.#bytes[this.#at++]]];
    const [offset, length] = [this.#count(), this.#count()];
    return new Type(shared ? this.#shared : this.read(), offset, length);
  }
}

let idle; // a writer that is used again

/**
 * Throws TypeError for a value that cannot be cloned; the message has the value's path.
 *
 * @param {string} what the value is, in a message
 * @param {ArrayBufferLike} shared the runtime's memory
 * @param {Function} [mine] called with each array that lies in that memory
 * @returns {Uint8Array} in memory that the next call overwrites
 */
export function toBytes(value, what, shared, mine) {
  const writer = idle ?? new Writer();
  idle = undefined; // a getter of the value may call this, too
  try {
    return writer.whole(value, what, shared, mine);
  } finally {
    if (writer.bytes.length <= KEPT) idle = writer;
  }
}

/**
 * @param {Uint8Array} bytes in memory that is not shared
 * @param {object} [errors] further classes of errors, by name
 */
export const fromBytes = (bytes, shared, errors) => new Reader(bytes, shared, errors).read();
