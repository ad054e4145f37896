/** A record's error, on its way from the owner to the producer: a block { u32 length, JSON }. */
import * as errors from '../core/errors.js';

/** Characters of a message, and bytes of a block, at most. */
const LONGEST = 2000;
const MOST = 65536;

/** Owner: the block of an error; undefined: there is no memory. */
export function writeError(error, heap, memory) {
  try {
    const told = [error.constructor.name, error.message.slice(0, LONGEST), error];
    const bytes = new TextEncoder().encode(JSON.stringify(told));
    const block = heap.reserve(4 + bytes.length, "a record's error");
    new DataView(memory.buffer).setUint32(block.address, bytes.length, true);
    new Uint8Array(memory.buffer).set(bytes, block.address + 4);
    return block;
  } catch {
    return undefined;
  }
}

/** Producer: the error in a block. Throws where the block has been overwritten. */
export function readError(buffer, address) {
  const length = Math.min(new DataView(buffer).getUint32(address, true), MOST);
  // A copy: TextDecoder takes no shared memory.
  const text = new TextDecoder().decode(new Uint8Array(buffer, address + 4, length).slice());
  const [kind, message, details] = JSON.parse(text);
  return new errors[kind](message, details);
}
