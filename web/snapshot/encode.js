/** Encodes a saved job: see format.js. */
import { OutOfMemoryError } from '../core/errors.js';
import { encoder } from '../core/text.js';
import { Checksum, FORMAT, MAGIC, START, SUM } from './format.js';

/** Bytes copied and summed before the page has its turn: 2 to 4 ms. */
const SLICE = 2 ** 22;

const upTo8 = (bytes) => Math.ceil(bytes / 8) * 8;

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
