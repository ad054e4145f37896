/**
 * A WebAssembly module's bytes, as far as a plug-in's checks need them: sections, and dylink.0 of
 * clang's modules that are linked at run time. A fault in them throws a RangeError or a TypeError.
 * No step takes longer, and no list is longer, than the bytes are.
 */
import { decoder } from '../core/text.js';

const VOID = 0x60; // a function type
const TYPES = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64' };
const CUSTOM = 0;
const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const EXPORT = 7;
const START = 8;
const ELEMENT = 9;
const CODE = 10;
const DATA = 11;
const GLOBAL_GET = 0x23;
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const END = 0x0b;
const BULK = 0xfc;
const MEMORY_FILL = 0x0b;

class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte() {
    if (this.at >= this.end) throw new RangeError('it ends too early');
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 of 64 bits at most. */
  number() {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number has no end');
  }

  /** An unsigned LEB128 of 32 bits at most. */
  count() {
    const value = this.number();
    if (value >= 2 ** 32) throw new RangeError(`a number of ${value} is too large`);
    return value;
  }

  /** As many bytes as the number says that comes first: their reader. */
  block() {
    const length = this.number();
    if (length > this.end - this.at) throw new RangeError('it ends too early');
    this.at += length;
    return new Reader(this.bytes, this.at - length, this.at);
  }

  text() {
    const { at, end } = this.block();
    return decoder.decode(this.bytes.subarray(at, end));
  }

  list(read) {
    const length = this.number();
    if (length > this.end - this.at) throw new RangeError('it ends too early');
    return Array.from({ length }, () => read());
  }

  /** The next section or subsection: [id, its reader]. */
  part() {
    return [this.number(), this.block()];
  }

  get more() {
    return this.at < this.end;
  }
}

function limits(reader) {
  const flags = reader.number();
  reader.number();
  if (flags & 1) reader.number();
  return flags;
}

/** Of a function, its type's number; of a global, its name; of a memory, whether it is shared. */
function importOf(reader, found) {
  reader.text();
  const name = reader.text();
  const kind = reader.byte();
  if (kind === 0) found.functions.push(reader.number());
  else if (kind === 1) reader.byte(), limits(reader), (found.usesTable = true);
  else if (kind === 2) found.shared = Boolean(limits(reader) & 2);
  else if (kind === 3) reader.byte(), reader.byte(), found.globals.push(name);
  else throw new TypeError(`an import of kind ${kind}`);
}

function typeOf(reader) {
  if (reader.byte() !== VOID) return '';
  const names = () => reader.list(() => TYPES[reader.byte()] ?? '?').join(', ');
  return `(${names()}) -> ${names() || 'nothing'}`;
}

/** What the body of a function returns that is nothing but i32.const; undefined for another one. */
function constantOf({ bytes, at, end }) {
  if (bytes[at] || bytes[at + 1] !== I32_CONST) return undefined; // the first: it has no locals
  const rest = new Reader(bytes, at + 2, end);
  const value = rest.number();
  return rest.at === end - 1 ? value : undefined;
}

/**
 * Where an active segment begins, counted from the loader's place for the module's part. Infinity:
 * it begins elsewhere.
 */
function placeOf(reader, globals, base) {
  if (reader.byte() !== GLOBAL_GET || globals[reader.number()] !== base) return Infinity;
  const next = reader.byte();
  if (next === END) return 0;
  const from = next === I32_CONST ? reader.number() : Infinity;
  return reader.byte() === I32_ADD && reader.byte() === END ? from : Infinity;
}

/** The part of a table that a segment fills, from its beginning; Infinity where it is others'. */
function elementsOf(reader, found) {
  const flags = reader.number();
  const isActive = !(flags & 1);
  if (isActive && flags & 2) reader.number(); // the table
  const from = isActive ? placeOf(reader, found.globals, '__table_base') : 0;
  if (flags & 4 || from === Infinity) return Infinity; // 4: expressions, which no C compiler writes
  if (flags & 3) reader.byte(); // the elements' kind
  return from + reader.list(() => reader.number()).length;
}

/** The part of the memory that a segment fills, likewise; a passive one comes after the others. */
function dataOf(reader, found) {
  const flags = reader.number();
  if (flags === 2) reader.number(); // the memory
  const from = flags === 1 ? (found.passive ?? 4) : placeOf(reader, found.globals, '__memory_base');
  if (from === Infinity) return Infinity;
  const { at, end } = reader.block();
  const reach = from + end - at;
  if (flags === 1) found.passive = reach; // from 4 on: the linker has a flag that says: filled
  return reach;
}

/**
 * How far into the module's memory the linker's start function reaches: its words
 * `__memory_base + i32.const`, and the zeros `i32.const 0, i32.const length` that it fills from
 * there. One of the words is a flag after the zeros, and says whether another thread is filling
 * them: where it lies outside the module's memory, the start function may wait for ever.
 */
function reachOfStart({ bytes, at, end }, base) {
  let found = 0;
  const reader = new Reader(bytes, at, end);
  for (let i = at; i < end - 3; i++) {
    if (bytes[i] !== GLOBAL_GET || bytes[i + 1] !== base || bytes[i + 2] !== I32_CONST) continue;
    reader.at = i + 3;
    const from = reader.number();
    if (!reader.more || reader.byte() !== I32_ADD) continue;
    const isFill = end - reader.at > 3 && bytes[reader.at] === I32_CONST && !bytes[reader.at + 1];
    let length = 0;
    if (isFill && bytes[reader.at + 2] === I32_CONST) {
      reader.at += 3;
      length = reader.number();
      if (bytes[reader.at] !== BULK || bytes[reader.at + 1] !== MEMORY_FILL) length = 0;
    }
    found = Math.max(found, from + (length || 4));
  }
  return found;
}

/** The largest; a segment of Infinity ends the list, for its rest may be anything. */
function most(reader, read) {
  let found = 0;
  for (let left = reader.number(); left-- > 0 && found !== Infinity; )
    found = Math.max(found, read(reader));
  return found;
}

const NAMED_DATA = 9; // a subsection of `name`
/** Whether the linker has named a segment as one of thread-local variables. */
function namesThreadLocals(reader) {
  while (reader.more) {
    const [id, part] = reader.part();
    if (id === NAMED_DATA)
      return part.list(() => [part.number(), part.text()]).some(([, name]) => name === '.tdata');
  }
  return false;
}

/** @returns {number} the major version of the clang that `producers` names; Infinity: of none */
function clangOf(reader) {
  const text = decoder.decode(reader.bytes.subarray(reader.at, reader.end));
  return Number(/clang[^]{1,2}?(\d+)\./.exec(text)?.[1] ?? Infinity);
}

const MEMORY = 1; // dylink.0's subsections
function dylink(reader) {
  const found = { size: 0, align: 0, table: 0 };
  while (reader.more) {
    const [id, part] = reader.part();
    if (id !== MEMORY) continue;
    [found.size, found.align, found.table] = [part.count(), part.count(), part.count()];
  }
  if (found.align > 16) throw new RangeError(`an alignment of 2^${found.align} is too large`);
  return found;
}

/** The needs of a module that is linked at run time; undefined for another module. */
export function dylinkOf(module) {
  const [section] = WebAssembly.Module.customSections(module, 'dylink.0');
  return section && dylink(new Reader(new Uint8Array(section)));
}

/** A custom section: bytes that no engine has looked at. */
function custom(part, found) {
  const name = part.text();
  if (name === 'dylink.0') {
    if (found.dylink) throw new TypeError('it has two sections dylink.0');
    found.dylink = dylink(part);
  } else if (name === 'name' || name === 'producers') {
    try {
      if (name === 'producers') found.clang = clangOf(part);
      else found.threadLocals ||= namesThreadLocals(part);
    } catch {
      // such a section may be anything
    }
  }
}

/**
 * @param {Uint8Array} bytes that WebAssembly.compile() has taken
 * @returns {object} dylink; shared: whether the imported memory is; data, elements: how far its
 *   segments reach in the memory, and in an imported table, Infinity: into others'; signatures: Map
 *   of the exported functions, as text; abi: what filch_plugin_abi() returns, where the bytes say
 *   so; clang: see clangOf(); threadLocals: whether it has such variables, where the bytes say so
 */
export function readModule(bytes) {
  const reader = new Reader(bytes, 8);
  const found = {
    shared: undefined,
    data: 0,
    start: 0,
    elements: 0,
    clang: Infinity,
    threadLocals: false,
  };
  Object.assign(found, { signatures: new Map(), functions: [], globals: [] });
  let types = [];
  let abi; // the number of that function
  let start; // the number of the start function
  let imported = 0; // functions without a body; they have the first numbers
  while (reader.more) {
    const [id, part] = reader.part();
    if (id === CUSTOM) custom(part, found);
    else if (id === TYPE) types = part.list(() => typeOf(part));
    else if (id === IMPORT) part.list(() => importOf(part, found));
    else if (id === START) start = part.number();
    else if (id === FUNCTION) {
      imported = found.functions.length;
      for (const type of part.list(() => part.number())) found.functions.push(type);
    } else if (id === ELEMENT && found.usesTable) {
      found.elements = most(part, () => elementsOf(part, found));
    } else if (id === CODE) {
      const bodies = part.list(() => part.block());
      found.abi = bodies[abi - imported] && constantOf(bodies[abi - imported]);
      const begins = bodies[start - imported];
      if (begins) found.start = reachOfStart(begins, found.globals.indexOf('__memory_base'));
    } else if (id === DATA) found.data = most(part, () => dataOf(part, found));
    else if (id === EXPORT) {
      part.list(() => {
        const [name, kind, index] = [part.text(), part.byte(), part.number()];
        if (kind === 0) found.signatures.set(name, types[found.functions[index]]);
        if (name === 'filch_plugin_abi') abi = index;
      });
    }
  }
  return found;
}
