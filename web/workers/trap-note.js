/** A worker's note in shared memory: the reason of a trap, from the worker to the owner. */
import { decoder, encoder } from '../core/text.js';

/** Bytes of a note: a length, then so many bytes of UTF-8. */
export const NOTE_BYTES = 128;

/**
 * Worker: writes the reason, before the worker reports the trap. The owner reads the note when the
 * task has settled.
 */
export function writeNote(memory, address, reason) {
  const short = reason.replace(/ \(evaluating '.*/, ''); // WebKit names our own call
  const text = encoder.encode(short).subarray(0, NOTE_BYTES - 1);
  const note = new Uint8Array(memory.buffer, address, NOTE_BYTES);
  note.set(text, 1);
  note[0] = text.length;
}

/** Owner: takes the note away. '': there is none. */
export function takeNote(memory, address) {
  const note = new Uint8Array(memory.buffer, address, NOTE_BYTES);
  const text = note.slice(1, 1 + note[0]); // a copy: TextDecoder takes no shared memory
  note[0] = 0;
  return decoder.decode(text);
}
