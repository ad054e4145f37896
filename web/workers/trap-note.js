/**
 * Writes the notes of traps. A worker writes the note before it reports the trap, so the note is
 * there when the task settles. Where more tasks trap at a time than there are notes, an earlier
 * note is lost, and its task settles without it.
 */
import { textOf } from '../core/guard.js';
import { isNotLinked } from '../wasm/not-linked.js';
import { noteToJson } from './engine-error.js';
import { HEAD, markOf, placesOf, SPACE } from './trap-place.js';

/** An error with the thrown one's texts, of so many characters. Never throws. */
export function shortened(thrown, most) {
  const text = (part) => {
    try {
      return String(thrown[part] ?? '').slice(0, most);
    } catch {
      return '';
    }
  };
  const parts = { name: text('name') || 'Error', stack: text('stack') };
  return Object.assign(new Error(textOf(thrown).slice(0, most)), parts);
}

/** The bytes of a note: of the thrown value itself, if they fit. Never throws. */
function bytesOf(worker, thrown, toBytes) {
  const text = textOf(thrown).replace(/ \(evaluating '.*/, ''); // WebKit names our own call
  for (const most of [Infinity, 500, 50]) {
    try {
      const cause = most === Infinity ? thrown : shortened(thrown, most);
      const note = [worker, text.slice(0, Math.min(most, 300)), cause, isNotLinked(thrown)];
      const bytes = toBytes(note);
      if (bytes?.length <= SPACE) return bytes;
    } catch {
      // it cannot be cloned
    }
  }
  return new Uint8Array();
}

export class TrapNotes {
  #place;
  #buffer;
  #toBytes;

  /**
   * @param {object} place see trap-place.js
   * @param {() => Function | undefined} toBytes that of memory/clone.js. undefined: only the engine
   *   throws, for no JavaScript has been linked
   */
  constructor(memory, place, toBytes) {
    this.#place = place;
    this.#buffer = memory.buffer;
    this.#toBytes = toBytes;
  }

  /** Of a throw in a task; 0: outside of any. Never throws. */
  write(handle, worker, thrown) {
    if (!handle) return;
    const mark = markOf(handle);
    let [at, own] = placesOf(this.#place, handle, worker);
    if (Atomics.exchange(new Uint32Array(this.#buffer, at, 2), 0, mark) === mark) at = own;
    const head = new Uint32Array(this.#buffer, at, 2);
    const toBytes = this.#toBytes();
    const bytes = bytesOf(worker, thrown, (note) =>
      toBytes ? toBytes(note, this.#buffer, true) : noteToJson(note),
    );
    new Uint8Array(this.#buffer, at + HEAD, SPACE).set(bytes);
    head[0] = mark;
    Atomics.store(head, 1, bytes.length);
  }
}
