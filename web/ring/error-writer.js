/** Writes a record's error, as error.js reads it. Owner's thread only. */
import { toBytes } from '../memory/clone.js';
import { ERROR_MOST } from './layout.js';

/** Characters of a message at most. */
const LONGEST = 2000;

/** The bytes of an error: with its cause, if that can be cloned. */
function bytesOf(error, { buffer }) {
  const { cause } = error;
  for (const details of [{ ...error, cause }, { ...error }, {}]) {
    const told = [error.constructor.name, error.message.slice(0, LONGEST), details];
    const bytes = toBytes(told, buffer, true);
    if (bytes?.length <= ERROR_MOST) return bytes;
  }
  return undefined;
}

/** The block of an error; undefined: there is no memory. */
export function writeError(error, heap, memory) {
  try {
    const bytes = bytesOf(error, memory);
    const block = heap.reserve(4 + bytes.length, "a record's error");
    new DataView(memory.buffer).setUint32(block.address, bytes.length, true);
    new Uint8Array(memory.buffer).set(bytes, block.address + 4);
    return block;
  } catch {
    return undefined;
  }
}
