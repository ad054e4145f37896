// Whether two values are clones of one: of the same types, with the same properties in the same
// order, and with the same references among them. In Node and in pages.
import { tagOf } from './values.mjs';

const show = (value) => {
  try {
    return typeof value === 'object' && value !== null ? `[${tagOf(value)}]` : String(value);
  } catch {
    return '[odd]';
  }
};

/** The internal slots of an object: the first of these that does not throw says what it is. */
const slot = (Type, name) => Object.getOwnPropertyDescriptor(Type.prototype, name).get;
const Typed = Object.getPrototypeOf(Uint8Array);
const SLOTS = {
  map: (value) => Map.prototype.entries.call(value),
  set: (value) => Set.prototype.values.call(value),
  date: (value) => Date.prototype.getTime.call(value),
  number: (value) => Number.prototype.valueOf.call(value),
  boolean: (value) => Boolean.prototype.valueOf.call(value),
  string: (value) => String.prototype.valueOf.call(value),
  bigint: (value) => BigInt.prototype.valueOf.call(value),
  buffer: (value) => slot(ArrayBuffer, 'byteLength').call(value),
  shared: (value) => slot(SharedArrayBuffer, 'byteLength').call(value),
  typed: (value) => slot(Typed, 'buffer').call(value),
  data: (value) => slot(DataView, 'buffer').call(value),
  module: (value) => WebAssembly.Module.exports(value),
};

const GUESSES = new Map([
  [Map.prototype, 'map'],
  [Set.prototype, 'set'],
  [Date.prototype, 'date'],
  [ArrayBuffer.prototype, 'buffer'],
  [SharedArrayBuffer.prototype, 'shared'],
]);

function kindOf(object) {
  if (Array.isArray(object)) return 'array';
  const guess =
    GUESSES.get(Object.getPrototypeOf(object)) ?? (ArrayBuffer.isView(object) ? 'typed' : '');
  for (const kind of guess ? [guess, ...Object.keys(SLOTS)] : Object.keys(SLOTS)) {
    try {
      SLOTS[kind](object);
      return kind;
    } catch {
      // of another kind
    }
  }
  return tagOf(object);
}

/** What can be seen of an object of an engine's kind. */
const FACTS = [
  'size',
  'type',
  'name',
  'message',
  'code',
  'width',
  'height',
  'x',
  'y',
  'a',
  'f',
  'data',
];

function sameBytes(a, b) {
  const [x, y] = [a, b].map((buffer) => new Uint8Array(buffer));
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

/**
 * The first difference, as a text; undefined: there is none.
 *
 * @param {ArrayBufferLike} [own] memory that `found` shares, where `wanted` has another clone of it
 */
export function difference(found, wanted, own) {
  const pairs = new Map();
  const back = new Map();

  function compare(a, b, path) {
    if (typeof b !== 'object' || b === null)
      return Object.is(a, b) ? undefined : `${path}: ${show(a)}, expected ${show(b)}`;
    if (typeof a !== 'object' || a === null) return `${path}: ${show(a)}, expected ${show(b)}`;
    if (pairs.has(a) || back.has(b))
      return pairs.get(a) === b ? undefined : `${path}: another reference`;
    pairs.set(a, b);
    back.set(b, a);
    if (a === own) return a.byteLength === b.byteLength ? undefined : `${path}: other memory`;
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b))
      return `${path}: ${show(a)}, expected ${show(b)} (prototypes)`;
    const kind = kindOf(b);
    if (kindOf(a) !== kind) return `${path}: of kind ${kindOf(a)}, expected ${kind}`;
    return (
      contents(kind, a, b, path) ?? (kind in PLAIN ? properties(a, b, path) : facts(a, b, path))
    );
  }

  function contents(kind, a, b, path) {
    switch (kind) {
      case 'map':
      case 'set':
        return compare([...a].flat(1), [...b].flat(1), `${path} (items)`);
      case 'buffer':
      case 'shared': {
        if (
          a.maxByteLength !== b.maxByteLength ||
          a.resizable !== b.resizable ||
          a.growable !== b.growable
        )
          return `${path}: another length at most`;
        return sameBytes(a, b) ? undefined : `${path}: other bytes`;
      }
      case 'typed':
      case 'data': {
        const same =
          a.byteOffset === b.byteOffset && a.byteLength === b.byteLength && a.length === b.length;
        if (!same)
          return `${path}: bytes ${a.byteOffset} and ${a.byteLength} more of its buffer, expected ${b.byteOffset} and ${b.byteLength}`;
        return compare(a.buffer, b.buffer, `${path}.buffer`) ?? tracking(a, b, path);
      }
      case 'module':
        return undefined;
      case 'RegExp':
        return compare(`${a}${a.lastIndex}`, `${b}${b.lastIndex}`, path);
      default:
        return kind in SLOTS ? compare(SLOTS[kind](a), SLOTS[kind](b), path) : undefined;
    }
  }

  /** A view of a resizable buffer may follow the buffer's length. */
  function tracking(a, b, path) {
    if (!a.buffer.resizable || a.buffer.maxByteLength < a.buffer.byteLength + 8) return undefined;
    const [x, y] = [a, b].map((view) => {
      const before = view.buffer.byteLength;
      view.buffer.resize(before + 8);
      const { byteLength } = view;
      view.buffer.resize(before);
      return byteLength;
    });
    return x === y ? undefined : `${path}: follows its buffer, or does not`;
  }

  function properties(a, b, path) {
    const [names, expected] = [Reflect.ownKeys(a), Reflect.ownKeys(b)];
    if (names.map(String).join() !== expected.map(String).join())
      return `${path}: keys ${names.map(String)}, expected ${expected.map(String)}`;
    for (const name of names) {
      // The elements are the contents.
      if (ArrayBuffer.isView(a) && /^\d+$/.test(String(name))) continue;
      const [x, y] = [a, b].map((each) => Object.getOwnPropertyDescriptor(each, name));
      const where = `${path}.${String(name)}`;
      if (['enumerable', 'writable', 'configurable'].some((key) => x[key] !== y[key]))
        return `${where}: another kind of property`;
      const part = compare(x.value, y.value, where);
      if (part) return part;
    }
    return undefined;
  }

  function facts(a, b, path) {
    for (const name of FACTS) {
      const part = compare(a[name], b[name], `${path}.${name}`);
      if (part) return part;
    }
    return undefined;
  }

  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // kindOf() throws often
  try {
    return compare(found, wanted, 'value');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The kinds of objects whose own properties are all that they have besides their contents. */
const PLAIN = Object.fromEntries(
  [...Object.keys(SLOTS), 'array', 'Object', 'Error', 'RegExp', 'Arguments'].map((kind) => [
    kind,
    true,
  ]),
);
