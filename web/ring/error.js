/**
 * A record's error, on its way from the owner to a producer on another thread. The record's code is
 * the address of a block { u32 length, bytes of memory/clone.js: [class, message, details] }; 0:
 * there was no memory.
 */
import * as errors from '../core/errors.js';
import { toBytes } from '../memory/clone.js';
import { fromBytes } from '../memory/clone-reader.js';

/** Bytes of an error at most. */
const MOST = 65536;
/** Characters of a message at most. */
const LONGEST = 2000;

/** The bytes of an error: with its cause, if that can be cloned. */
function bytesOf(error, { buffer }) {
  const { cause } = error;
  for (const details of [{ ...error, cause }, { ...error }, {}]) {
    const told = [error.constructor.name, error.message.slice(0, LONGEST), details];
    const bytes = toBytes(told, buffer, true);
    if (bytes?.length <= MOST) return bytes;
  }
  return undefined;
}

/** Owner: the block of an error; undefined: there is no memory. */
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

/** Producer: the error of the record with this head. Never throws. */
export function readError(buffer, head) {
  const view = new DataView(buffer);
  const address = view.getUint32(head + 12, true);
  if (!address) {
    const text = 'the record was not run, or failed, and there is no memory for the reason';
    return new errors.FilchError(text, { code: 'OUT_OF_MEMORY' });
  }
  try {
    const length = Math.min(view.getUint32(address, true), MOST);
    const bytes = new Uint8Array(buffer, address + 4, length).slice();
    const { RuntimeError } = WebAssembly;
    const [kind, message, details] = fromBytes(bytes, buffer, { RuntimeError });
    return new errors[kind](message, details);
  } catch (cause) {
    return new errors.CorruptError("the memory of a record's error was overwritten", { cause });
  }
}
