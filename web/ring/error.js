/** A record's error, on its way from the owner to the producer: a block { u32 length, JSON }. */
import * as errors from '../core/errors.js';
import { textOf } from '../core/guard.js';

/** Characters of a text, and bytes of a block, at most. */
const LONGEST = 2000;
const MOST = 65536;

const short = (text) => (typeof text === 'string' ? text.slice(0, LONGEST) : text);

/** Owner: the block of an error; undefined: there is no memory. */
export function writeError(error, heap, memory) {
  try {
    const { message, reason, cause } = error;
    const told = {
      kind: error.constructor.name,
      message: short(message),
      details: { ...error, reason: short(reason) },
      cause: cause && { message: short(textOf(cause)), stack: short(cause.stack) },
    };
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
  const { kind, message, details, cause } = JSON.parse(text);
  const own = cause && Object.assign(new Error(cause.message), { stack: cause.stack });
  return new errors[kind](message, { ...details, cause: own });
}
