/** Writes a record's error, as error.js reads it. Owner's thread only. */
import { encoder } from '../core/text.js';

/** Characters of a message at most. */
const LONGEST = 2000;

/** The block of an error; undefined: there is no memory. */
export function writeError(error, heap, memory) {
  try {
    const told = [error.constructor.name, error.message.slice(0, LONGEST), error];
    const bytes = encoder.encode(JSON.stringify(told));
    const block = heap.reserve(4 + bytes.length, "a record's error");
    new DataView(memory.buffer).setUint32(block.address, bytes.length, true);
    new Uint8Array(memory.buffer).set(bytes, block.address + 4);
    return block;
  } catch {
    return undefined;
  }
}
