/**
 * A saved job as bytes, little-endian throughout:
 *
 *     0   8   the magic
 *     8   4   FORMAT
 *     12  4   length of the header, a multiple of 8
 *     16  8   length of all
 *     24      the header: JSON in UTF-8, and spaces
 *             blocks of memory, one after the other, each a multiple of 8 long
 *     -8  8   the checksum of all before it
 *
 * The header: `schema` of the kernel, `range`, `pieces` of the range that are left to run,
 * ascending, `done` (the number of the other iterations), `deterministic`, `values` (numbers as
 * text), `arrays` (name -> { type, length, block, offset }), `blocks` (their lengths), and `parts`:
 * the number of accumulators in a last block, 0 if no iteration has run, or the kernel is no
 * reduction.
 *
 * Bytes may come from anywhere: every field is checked before any is used.
 */
import { OutOfMemoryError, SaveError } from '../core/errors.js';
import { show } from '../core/show.js';
import { TextDecoder, encoder } from '../core/text.js';
import { signature } from '../wasm/schema.js';

/** As PNG's: no text, and a wrong conversion of line ends shows. */
const MAGIC = [0x89, 0x46, 0x49, 0x4c, 0x43, 0x48, 0x0d, 0x0a];
const FORMAT = 1;
const START = 24;
const SUM = 8;
const LINE = 64;
/** Bytes copied and summed before the page has its turn: 2 to 4 ms. */
const SLICE = 2 ** 22;

const upTo8 = (bytes) => Math.ceil(bytes / 8) * 8;

/**
 * Two sums over 32-bit words. Each step can be undone, so a change within one word always shows.
 */
class Checksum {
  #a = 0x46696c63;
  #b = 0x68736176;

  add(words, begin, end) {
    let [a, b] = [this.#a, this.#b];
    for (let i = begin; i < end; i++) {
      a = Math.imul(a ^ words[i], 0x9e3779b1);
      a ^= a >>> 15;
      b = Math.imul(b + words[i], 0x85ebca6b);
      b = (b << 13) | (b >>> 19);
    }
    [this.#a, this.#b] = [a, b];
  }

  get value() {
    return [this.#a >>> 0, this.#b >>> 0];
  }
}

/** A number as text, exactly. */
export const print = (value) => (Object.is(value, -0) ? '-0' : String(value));

/**
 * @param {Uint8Array[]} blocks each a multiple of 8 long
 * @param {() => Promise<void>} turn called now and then, for long blocks
 * @returns {Promise<Uint8Array>}
 */
export async function encode(header, blocks, turn) {
  const text = encoder.encode(JSON.stringify(header));
  const length =
    START + upTo8(text.length) + blocks.reduce((sum, block) => sum + block.length, 0) + SUM;
  let bytes;
  try {
    bytes = new Uint8Array(length);
  } catch (cause) {
    throw new OutOfMemoryError(
      `save() of ${length} bytes: the engine gives no array of that length`,
      { size: length, cause },
    );
  }
  const view = new DataView(bytes.buffer);
  const words = new Uint32Array(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, FORMAT, true);
  view.setUint32(12, upTo8(text.length), true);
  view.setBigUint64(16, BigInt(length), true);
  let at = START + upTo8(text.length);
  bytes.fill(0x20, START, at);
  bytes.set(text, START);
  const sum = new Checksum();
  sum.add(words, 0, at / 4);
  let copied = 0;
  for (const block of blocks) {
    for (let from = 0; from < block.length; from += SLICE) {
      if ((copied += SLICE) > SLICE) await turn();
      const part = block.subarray(from, from + SLICE);
      bytes.set(part, at);
      sum.add(words, at / 4, (at + part.length) / 4);
      at += part.length;
    }
  }
  sum.value.forEach((value, i) => view.setUint32(at + 4 * i, value, true));
  return bytes;
}

function need(condition, text) {
  if (!condition)
    throw new SaveError(`restore(): these bytes are no saved job that can go on here: ${text}`);
}

const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isPair = (value) =>
  Array.isArray(value) && value.length === 2 && value.every(isCount) && value[0] <= value[1];

/** The header, and the rest of the bytes in front of the checksum. */
function open(given) {
  need(given.length >= START + SUM, `there are ${given.length} of them`);
  // A copy where the bytes are not aligned, or where others may write to them meanwhile.
  const bytes =
    given.byteOffset % 4 || !(given.buffer instanceof ArrayBuffer) ? new Uint8Array(given) : given;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  need(
    MAGIC.every((byte, i) => bytes[i] === byte),
    'they do not begin as one',
  );
  const format = view.getUint32(8, true);
  need(format === FORMAT, `they are of format ${format}, this package reads ${FORMAT}`);
  const length = view.getBigUint64(16, true);
  need(length === BigInt(bytes.length), `${length} were saved, there are ${bytes.length}`);
  const at = START + view.getUint32(12, true);
  need(
    at % 8 === 0 && bytes.length % 8 === 0 && at + SUM <= bytes.length,
    'their parts do not fit',
  );
  const sum = new Checksum();
  const end = bytes.length - SUM;
  sum.add(new Uint32Array(bytes.buffer, bytes.byteOffset, end / 4), 0, end / 4);
  need(
    sum.value.every((value, i) => value === view.getUint32(end + 4 * i, true)),
    'the checksum is wrong',
  );
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(START, at));
  return { header: JSON.parse(text), rest: bytes.subarray(at, end) };
}

function kernelOf({ schema }, kernels) {
  const name = isObject(schema) ? schema.name : undefined;
  need(typeof name === 'string', 'they name no kernel');
  const kernel = kernels.get(name);
  need(kernel, `their kernel ${show(name)} is not in the module`);
  need(kernel.kind !== 'fork', `kernel ${show(name)} is of kind "fork"`);
  const same = JSON.stringify(schema) === JSON.stringify(signature(kernel));
  need(
    same,
    `kernel ${show(name)} has other fields in the module than it had when they were saved`,
  );
  return kernel;
}

/** Checks `range`, `pieces`, and `done`. @returns {boolean} whether no iteration has run */
function checkPieces({ range, pieces, done }, kernel) {
  need(isPair(range), 'the range is none');
  need(Array.isArray(pieces) && pieces.every(isPair), 'what is left is no list of ranges');
  const [begin, end] = range;
  let left = 0;
  let before = begin;
  for (const [from, to] of pieces) {
    need(
      from >= before && to > from && to <= end,
      'what is left is not in order, or not in the range',
    );
    left += to - from;
    before = to;
  }
  need(isCount(done) && done + left === end - begin, 'the count of iterations is wrong');
  need(left || begin === end, 'nothing is left of the loop');
  const inOrder =
    kernel.kind !== 'sequential' || begin === end || (pieces.length === 1 && before === end);
  need(inOrder, 'of a sequential loop one piece is left, its end');
  return !done;
}

function number({ name, type, least, greatest }, text) {
  const wrong = `"${name}" is no number of type ${type}`;
  need(typeof text === 'string' && text.length < 40, wrong);
  let value;
  if (least === undefined) {
    value = Number(text);
  } else {
    need(/^-?\d+$/.test(text), wrong);
    value = typeof least === 'bigint' ? BigInt(text) : Number(text);
    need(value >= least && value <= greatest, wrong);
  }
  need(print(value) === text, wrong);
  return value;
}

function checkArray({ name, arrays }, array, blocks) {
  const wrong = `"${name}" is no array in their memory`;
  need(isObject(array), wrong);
  const { type, length, block, offset } = array;
  need(
    arrays.includes(type) &&
      isCount(length) &&
      isCount(offset) &&
      isCount(block) &&
      block < blocks.length,
    wrong,
  );
  const { BYTES_PER_ELEMENT } = globalThis[type];
  need(
    offset % BYTES_PER_ELEMENT === 0 && offset + length * BYTES_PER_ELEMENT <= blocks[block],
    wrong,
  );
}

/** Checks `values` and `arrays`. @returns {{ values: object, arrays: object }} by name */
function fieldsOf(header, kernel) {
  need(isObject(header.values) && isObject(header.arrays), 'the arguments are missing');
  const values = {};
  const arrays = {};
  for (const field of kernel.fields) {
    const isArray = field.role === 'array' || field.role === 'option';
    const from = isArray ? header.arrays : header.values;
    if (!Object.hasOwn(from, field.name)) {
      need(field.role === 'option', `"${field.name}" is missing`);
    } else if (isArray) {
      checkArray(field, from[field.name], header.blocks);
      arrays[field.name] = from[field.name];
    } else {
      values[field.name] = number(field, from[field.name]);
    }
  }
  const given = (from, known) => Object.keys(from).length === Object.keys(known).length;
  need(
    given(header.values, values) && given(header.arrays, arrays),
    'there are arguments that the kernel does not have',
  );
  const used = new Set(Object.values(arrays).map(({ block }) => block));
  need(used.size === header.blocks.length, 'there is memory that no argument uses');
  return { values, arrays };
}

/**
 * Throws SaveError.
 *
 * @param {(total: number) => number} partsOf how many accumulators a deterministic reduction of so
 *   many iterations has
 * @returns {object} the header's fields; `fresh`: no iteration has run; `blocks`, `totals`:
 *   Uint8Arrays
 */
export function decode(bytes, kernels, partsOf) {
  try {
    return read(bytes, kernels, partsOf);
  } catch (cause) {
    if (cause instanceof SaveError) throw cause;
    throw new SaveError(`restore(): the header of the saved job cannot be read: ${cause.message}`, {
      cause,
    });
  }
}

function read(bytes, kernels, partsOf) {
  const { header, rest } = open(bytes);
  need(isObject(header), 'the header is no object');
  const kernel = kernelOf(header, kernels);
  const fresh = checkPieces(header, kernel);
  const [begin, end] = header.range;
  const { deterministic, parts } = header;
  need(
    deterministic === Boolean(kernel.total),
    'a reduction is saved where it is deterministic, and only that',
  );
  const wanted = kernel.total && !fresh ? partsOf(end - begin) : 0;
  need(parts === wanted, `there are ${show(parts)} accumulators, this runtime makes ${wanted}`);
  const { blocks: saved } = header;
  need(
    Array.isArray(saved) && saved.every((size) => isCount(size) && size && size % LINE === 0),
    'their memory is in no blocks',
  );
  const sizes = wanted ? [...saved, wanted * kernel.total.bytes] : saved;
  need(
    sizes.reduce((sum, size) => sum + size, 0) === rest.length,
    'their memory is not as long as it should be',
  );
  const { values, arrays } = fieldsOf(header, kernel);
  let at = 0;
  const blocks = sizes.map((size) => rest.subarray(at, (at += size)));
  const totals = wanted ? blocks.pop() : undefined;
  return {
    kernel,
    begin,
    end,
    deterministic,
    fresh,
    pieces: header.pieces,
    values,
    arrays,
    blocks,
    totals,
  };
}
