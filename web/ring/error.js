/**
 * A record's error, on its way from the owner to a producer on another thread. The record's code is
 * the address of a block { u32 length, bytes of memory/clone.js: [class, message, details] }; 0:
 * there was no memory.
 */
import * as errors from '../core/errors.js';
import { fromBytes } from '../memory/clone-reader.js';
import { ERROR_MOST } from './layout.js';

/** Producer: the error of the record with this head. Never throws. */
export function readError(buffer, head) {
  const view = new DataView(buffer);
  const address = view.getUint32(head + 12, true);
  if (!address) {
    const text = 'the record was not run, or failed, and there is no memory for the reason';
    return new errors.FilchError(text, { code: 'OUT_OF_MEMORY' });
  }
  try {
    const length = Math.min(view.getUint32(address, true), ERROR_MOST);
    const bytes = new Uint8Array(buffer, address + 4, length).slice();
    const { RuntimeError } = WebAssembly;
    const [kind, message, details] = fromBytes(bytes, buffer, { RuntimeError });
    return new errors[kind](message, details);
  } catch (cause) {
    return new errors.CorruptError("the memory of a record's error was overwritten", { cause });
  }
}
