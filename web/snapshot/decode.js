/**
 * Decodes a saved job: see format.js. Bytes may come from anywhere: every field is checked before
 * any is used.
 */
import { SaveError } from '../core/errors.js';
import { isA } from '../core/realm.js';
import { show } from '../core/show.js';
import { TextDecoder } from '../core/text.js';
import { signature } from '../wasm/schema.js';
import { Checksum, FORMAT, MAGIC, print, START, SUM } from './format.js';

const LINE = 64;

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
    given.byteOffset % 4 || !isA('ArrayBuffer', given.buffer) ? new Uint8Array(given) : given;
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
