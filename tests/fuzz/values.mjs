// Random values of every type that structuredClone() knows, and of some that it refuses: deep,
// cyclic, with shared references. One seed makes the same value again. In Node and in pages.

/** Numbers from 0 to 1, from a seed: mulberry32. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NUMBERS = [0, -0, 1, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53, 5e-324];
const BIGS = [0n, 1n, -1n, 2n ** 64n, -(2n ** 200n), 123456789012345678901234567890n];
const TEXTS = [
  '',
  'a',
  'plain text',
  'ünïcödé',
  '🦊🦊',
  '\ud800',
  'a\udfffb',
  '\0',
  'x'.repeat(200),
];
const KEYS = [
  'a',
  'b',
  '',
  '10',
  '2',
  '-1',
  '01',
  'ünï',
  '__proto__',
  'constructor',
  'length',
  'then',
  'toJSON',
];
const VIEWS = [
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'BigUint64Array',
  'BigInt64Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'DataView',
].filter((name) => globalThis[name]);
const ERRORS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
const WASM = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

class Point {
  x = 1;
  #hidden = 2;
  get sum() {
    return this.x + this.#hidden;
  }
}
class List extends Array {}
class Fault extends TypeError {
  name = 'Fault';
  code = 7;
}
class Table extends Map {}

/** Values that this engine clones besides those of the language: name -> a maker. */
export const PLATFORM = {
  blob: () => new Blob(['abc'], { type: 'text/plain' }),
  file: globalThis.File && (() => new File(['abc'], 'name')),
  exception: () => new DOMException('text', 'AbortError'),
  url: () => new URL('https://a.b/c'),
  module: () => new WebAssembly.Module(WASM),
  image: globalThis.ImageData && (() => new ImageData(2, 3)),
  rect: globalThis.DOMRect && (() => new DOMRect(1, 2, 3, 4)),
  matrix: globalThis.DOMMatrix && (() => new DOMMatrix([1, 2, 3, 4, 5, 6])),
  point: globalThis.DOMPoint && (() => new DOMPoint(1, 2)),
};
for (const [name, make] of Object.entries(PLATFORM)) {
  try {
    structuredClone(make());
  } catch {
    delete PLATFORM[name]; // there are none here, or they are not cloned
  }
}

/**
 * A maker of values from one seed. `reads` counts the calls of getters.
 *
 * @param {() => number} random
 * @param {{ own?: (random: () => number) => ArrayBufferView, refused?: boolean }} [options] own:
 *   arrays of a runtime's memory; refused: values that cannot be cloned, too
 */
export class Maker {
  reads = 0;
  #random;
  #own;
  #refused;
  #made = []; // objects, for references
  #left = 60;

  constructor(random, { own, refused = true } = {}) {
    this.#random = random;
    this.#own = own;
    this.#refused = refused;
  }

  #whole(n) {
    return Math.floor(this.#random() * n);
  }

  #of(list) {
    return list[this.#whole(list.length)];
  }

  #chance(p) {
    return this.#random() < p;
  }

  value(depth = 0) {
    if (this.#left-- < 0 || depth > 6 || this.#chance(0.35)) return this.#primitive();
    if (this.#made.length && this.#chance(0.12)) return this.#of(this.#made);
    if (this.#refused && this.#chance(0.006)) return this.#bad();
    if (this.#own && this.#chance(0.02)) return this.#own(this.#random);
    const make = this.#of(MAKERS);
    return make.call(this, depth);
  }

  #primitive() {
    switch (this.#whole(7)) {
      case 0:
        return undefined;
      case 1:
        return null;
      case 2:
        return this.#chance(0.5);
      case 3:
        return this.#of(BIGS);
      case 4:
        return this.#of(TEXTS);
      case 5:
        return this.#of(NUMBERS);
      default:
        return this.#whole(1000) - 500;
    }
  }

  #keep(object) {
    this.#made.push(object);
    return object;
  }

  /** Some values, by `put`. */
  #several(depth, put) {
    for (let left = this.#whole(5); left > 0; left--) put(() => this.value(depth + 1));
  }

  #getter(object, key, depth) {
    if (ArrayBuffer.isView(object) || (Array.isArray(object) && key === 'length')) return;
    if (!Object.isExtensible(object)) return;
    const value = this.value(depth + 1);
    Object.defineProperty(object, key, {
      get: () => {
        this.reads++;
        return value;
      },
      enumerable: this.#chance(0.8),
      configurable: true,
    });
  }

  /** Odd properties of any object. */
  #adorn(object, depth) {
    if (this.#chance(0.1)) this.#define(object, this.#of(KEYS), this.value(depth + 1), false);
    if (this.#chance(0.1)) object[Symbol('key')] = 1;
    if (this.#chance(0.06)) this.#getter(object, this.#of(KEYS), depth);
    if (this.#chance(0.03)) Object.freeze(object);
    return object;
  }

  #define(object, key, value, enumerable = true) {
    try {
      Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
    } catch {
      // the length of an array, or an element of another array
    }
  }

  object(depth) {
    const object = this.#keep(
      this.#of([
        () => ({}),
        () => ({}),
        () => ({}),
        () => Object.create(null),
        () => new Point(),
      ])(),
    );
    this.#several(depth, (next) => this.#define(object, this.#of(KEYS), next()));
    return this.#adorn(object, depth);
  }

  array(depth) {
    const array = this.#keep(this.#chance(0.1) ? new List() : []);
    this.#several(depth, (next) => array.push(next()));
    if (this.#chance(0.1)) array.length += this.#whole(5);
    if (this.#chance(0.1)) delete array[0];
    if (this.#chance(0.1))
      this.#define(array, this.#of(['index', 'a', '-1']), this.value(depth + 1));
    if (this.#chance(0.02)) array[10_000] = 1;
    return this.#adorn(array, depth);
  }

  numbers() {
    return Array.from({ length: this.#whole(200) }, () => this.#of(NUMBERS));
  }

  match() {
    return this.#keep('some text'.match(this.#of([/t(e)/, /(?<named>e)/, /x|t/d])));
  }

  map(depth) {
    const map = this.#keep(this.#chance(0.1) ? new Table() : new Map());
    this.#several(depth, (next) => map.set(next(), next()));
    if (this.#chance(0.1)) this.#define(map, 'own', 1);
    return map;
  }

  set(depth) {
    const set = this.#keep(new Set());
    this.#several(depth, (next) => set.add(next()));
    return set;
  }

  date() {
    return this.#keep(new Date(this.#of([0, 1e12, -1, NaN, 8.64e15])));
  }

  expression() {
    const expression = new RegExp(
      this.#of(['a', 'a/b', '\n', '[/]', '(?:)', 'ü']),
      this.#of(['', 'g', 'iuy', 'dms']),
    );
    expression.lastIndex = this.#whole(3);
    return this.#keep(expression);
  }

  boxed() {
    return this.#keep(Object(this.#of([true, false, 1.5, -0, 'text', 5n])));
  }

  error(depth) {
    const Kind = this.#of([...ERRORS, Fault, AggregateError]);
    const cause = this.#chance(0.3) ? { cause: this.value(depth + 1) } : undefined;
    const error =
      Kind === AggregateError
        ? new Kind([new Error('one')], 'all', cause)
        : new Kind('text', cause);
    error.stack = `${error.name}: text\n    at a place`; // the same each time
    if (this.#chance(0.3)) error.detail = this.value(depth + 1);
    if (this.#chance(0.1)) error.name = this.#of(['Odd', 'TypeError', '']);
    return this.#keep(error);
  }

  buffer() {
    const bytes = this.#whole(40);
    const buffer = this.#chance(0.15)
      ? new ArrayBuffer(bytes, { maxByteLength: bytes + this.#whole(20) })
      : this.#chance(0.15)
        ? new SharedArrayBuffer(bytes)
        : new ArrayBuffer(bytes);
    const array = new Uint8Array(buffer);
    for (let i = 0; i < array.length; i++) array[i] = this.#whole(256);
    return this.#keep(buffer);
  }

  view() {
    const made = this.#made.filter((each) => tagOf(each).endsWith('ArrayBuffer'));
    const buffer = made.length && this.#chance(0.5) ? this.#of(made) : this.buffer();
    const Type = globalThis[this.#of(VIEWS)];
    const size = Type.BYTES_PER_ELEMENT ?? 1;
    const offset = size * this.#whole(Math.floor(buffer.byteLength / size) + 1);
    const most = Math.floor((buffer.byteLength - offset) / size);
    // V8 of Node 20 wants whole elements, also of a buffer that may grow.
    const tracks = this.#chance(0.3) && most * size === buffer.byteLength - offset;
    const view = tracks
      ? new Type(buffer, offset)
      : new Type(buffer, offset, this.#whole(most + 1));
    if (this.#chance(0.05)) view.own = 1;
    return this.#keep(view);
  }

  platform() {
    return this.#keep(this.#of(Object.values(PLATFORM))());
  }

  /** Objects that are not what their prototype says. */
  disguised(depth) {
    const object = this.#of([
      () => Object.setPrototypeOf(new Map([[1, 2]]), null),
      () => Object.setPrototypeOf(new Date(5), Object.prototype),
      () => Object.setPrototypeOf([1, 2], null),
      () => Object.setPrototypeOf({ a: 1 }, Array.prototype),
      () => Object.create(Map.prototype),
      () => Object.create(Date.prototype),
      () => Object.create(Uint8Array.prototype),
      () => Object.create(Error.prototype),
      () => Object.create(RegExp.prototype, { source: { value: 'x', enumerable: true } }),
      () => Object.setPrototypeOf(/a/, {}),
      () => Object.setPrototypeOf(new Error('text'), null),
      () => ({ [Symbol.toStringTag]: 'Map' }),
      () => globalThis.Buffer?.from(new ArrayBuffer(3)) ?? {},
    ])();
    if (object instanceof Error) object.stack = '';
    else if (tagOf(object) === 'Error') object.stack = '';
    this.#keep(object);
    return this.#chance(0.2) ? this.#adorn(object, depth) : object;
  }

  #bad() {
    return this.#of([
      () => () => {},
      () => Symbol('text'),
      () => Object(Symbol('text')),
      () => new Proxy({}, {}),
      () => new Proxy([1], {}),
      () => new WeakMap(),
      () => Promise.resolve(),
      () =>
        (function () {
          // biome-ignore lint/complexity/noArguments: the kind itself
          return arguments;
        })(1, 2),
      () => new WeakSet(),
      () => [].values(),
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
      () => {
        const buffer = new ArrayBuffer(8);
        structuredClone(0, { transfer: [buffer] });
        return buffer;
      },
      () => {
        const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
        const view = new Uint8Array(buffer, 4, 4);
        buffer.resize(2);
        return view;
      },
      () => ({
        get a() {
          throw new RangeError('from a getter');
        },
      }),
    ])();
  }
}

const { object, array, numbers, match, map, set, date, expression, boxed, error } = Maker.prototype;
const { buffer, view, platform, disguised } = Maker.prototype;
const MAKERS = [
  ...[object, object, object, object, array, array, array, map, set, numbers, view, view],
  ...[buffer, date, expression, boxed, error, match, platform, disguised],
];

export const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
