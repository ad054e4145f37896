/** A record's error, on its way from the owner to the producer: a block { u32 length, JSON }. */
import * as errors from '../core/errors.js';
import { decoder } from '../core/text.js';

/** Bytes of a block at most. */
const MOST = 65536;

/** Producer: the error in a block. Throws where the block has been overwritten. */
export function readError(buffer, address) {
  const length = Math.min(new DataView(buffer).getUint32(address, true), MOST);
  // A copy: TextDecoder takes no shared memory.
  const text = decoder.decode(new Uint8Array(buffer, address + 4, length).slice());
  const [kind, message, details] = JSON.parse(text);
  return new errors[kind](message, details);
}
