/**
 * A WebAssembly module's bytes, as far as a plug-in's checks need them: sections, and dylink.0 of
 * clang's modules that are linked at run time. A fault in them throws a RangeError or a TypeError.
 */
import { decoder } from '../core/text.js';

const VOID = 0x60; // a function type
const TYPES = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64' };
const CUSTOM = 0;
const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const EXPORT = 7;
const CODE = 10;
const I32_CONST = 0x41;
const DATA = 11;

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
    return Array.from({ length: Math.min(this.number(), this.end - this.at + 1) }, () => read());
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

/** Of a function, its type's number; of a memory, whether it is shared. */
function importOf(reader, found) {
  reader.text();
  reader.text();
  const kind = reader.byte();
  if (kind === 0) found.functions.push(reader.number());
  else if (kind === 1) reader.byte(), limits(reader);
  else if (kind === 2) found.shared = Boolean(limits(reader) & 2);
  else if (kind === 3) reader.byte(), reader.byte();
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

const MEMORY = 1; // dylink.0's subsections
function dylink(reader) {
  const found = { size: 0, align: 0, table: 0 };
  while (reader.more) {
    const [id, part] = reader.part();
    if (id !== MEMORY) continue;
    [found.size, found.align, found.table] = [part.number(), part.number(), part.number()];
  }
  return found;
}

/** The needs of a module that is linked at run time; undefined for another module. */
export function dylinkOf(module) {
  const [section] = WebAssembly.Module.customSections(module, 'dylink.0');
  return section && dylink(new Reader(new Uint8Array(section)));
}

/**
 * @param {Uint8Array} bytes that WebAssembly.compile() has taken
 * @returns {object} shared: whether the imported memory is; data: the number of segments;
 *   signatures: of the exported functions, as text; abi: what filch_plugin_abi() returns, where the
 *   bytes say so
 */
export function readModule(bytes) {
  const reader = new Reader(bytes, 8);
  const found = { dylink: undefined, shared: undefined, data: 0, signatures: {}, functions: [] };
  let types = [];
  let abi; // the number of that function
  let imported = 0; // functions without a body; they have the first numbers
  while (reader.more) {
    const [id, part] = reader.part();
    if (id === CUSTOM && part.text() === 'dylink.0') found.dylink = dylink(part);
    else if (id === TYPE) types = part.list(() => typeOf(part));
    else if (id === IMPORT) part.list(() => importOf(part, found));
    else if (id === FUNCTION) {
      imported = found.functions.length;
      found.functions.push(...part.list(() => part.number()));
    } else if (id === CODE) {
      const body = part.list(() => part.block())[abi - imported];
      found.abi = body && constantOf(body);
    } else if (id === DATA) found.data = part.number();
    else if (id === EXPORT) {
      part.list(() => {
        const [name, kind, index] = [part.text(), part.byte(), part.number()];
        if (kind === 0) found.signatures[name] = types[found.functions[index]];
        if (name === 'filch_plugin_abi') abi = index;
      });
    }
  }
  return found;
}
