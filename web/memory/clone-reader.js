/** Values out of the bytes that clone.js writes. Any bytes may come: those that are none throw. */
import { isA } from '../core/realm.js';
import { decoder } from '../core/text.js';
import * as KIND from './clone-kinds.js';

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/** Defines an own property, whatever its name. */
const define = (object, name, value, enumerable = true) =>
  Object.defineProperty(object, name, { value, writable: true, enumerable, configurable: true });

const isText = (value) => typeof value === 'string';
const isBuffer = (value) => isA('ArrayBuffer', value);

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

  #number() {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  /** How many items follow: each takes a byte at least. */
  #count() {
    const n = this.#number();
    if (n >= 0 && n <= this.#bytes.length - this.#at) return n;
    throw new RangeError('these bytes are no value');
  }

  /**
   * A text, or a buffer. Of another value, say a view of all memory, the engine would make a text
   * or a buffer: for seconds, or without end.
   */
  #only(isRight) {
    const value = this.read();
    if (isRight(value)) return value;
    throw new RangeError('these bytes are no value');
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
        return this.#number();
      case KIND.BIGINT:
        return this.#bigint(this.#only(isText));
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
        return this.#keep(new Date(this.#number()));
      case KIND.REGEXP:
        return this.#later(() => new RegExp(this.#only(isText), this.#only(isText)));
      case KIND.ERROR:
        return this.#error();
      case KIND.BUFFER:
        return this.#keep(this.#raw().slice().buffer);
      case KIND.VIEW:
        return this.#later(() => this.#array(false));
      case KIND.SHARED:
        return this.#later(() => this.#array(true));
      case KIND.AGAIN:
        return this.#seen[this.#number()];
      default:
        throw new RangeError('these bytes are no value');
    }
  }

  #text() {
    const bytes = this.#raw();
    if (bytes.length > KIND.SHORT) return decoder.decode(bytes);
    let text = '';
    for (const unit of bytes) {
      if (unit > 127) return decoder.decode(bytes);
      text += String.fromCharCode(unit);
    }
    return text;
  }

  #bigint(text) {
    if (text.length > KIND.DIGITS) throw new RangeError('these bytes are no value');
    const negative = text[0] === '-';
    let value = 0n;
    for (const digit of negative ? text.slice(1) : text)
      value = value * 36n + BigInt(parseInt(digit, 36));
    return negative ? -value : value;
  }

  #field(object) {
    define(object, this.#only(isText), this.read());
  }

  #error() {
    const error = this.#keep(new Error());
    const fields = this.#repeat({}, (object) => this.#field(object));
    const kinds = { ...ERRORS, ...this.#errors };
    const Kind =
      isText(fields.name) && Object.hasOwn(kinds, fields.name) ? kinds[fields.name] : Error;
    Object.setPrototypeOf(error, Kind.prototype);
    for (const [name, value] of Object.entries(fields)) {
      if (error[name] === value && name === 'name') continue;
      define(error, name, value, !KIND.OF_ERRORS.includes(name));
    }
    return error;
  }

  #array(shared) {
    const Type = KIND.VIEWS[this.#bytes[this.#at++]];
    const [offset, length] = [this.#number(), this.#number()];
    return new Type(shared ? this.#shared : this.#only(isBuffer), offset, length);
  }
}

/**
 * @param {Uint8Array} bytes in memory that is not shared
 * @param {object} [errors] further classes of errors, by name
 */
export const fromBytes = (bytes, shared, errors) => new Reader(bytes, shared, errors).read();
