/**
 * Notes in shared memory: what was thrown in a task, from the worker to the owner. A worker writes
 * the note before it reports the trap, so the note is there when the task settles. Where more tasks
 * trap at a time than there are notes, an earlier note is lost, and its task settles without it.
 */
import { textOf } from '../core/guard.js';
import { HANDLE_SLOT_BITS } from '../wasm/abi.js';
import { toBytes } from '../memory/clone.js';
import { fromBytes } from '../memory/clone-reader.js';

/**
 * { u32 the task, u32 length }, and so many bytes of memory/clone.js: [the worker, a text, what was
 * thrown].
 */
const HEAD = 8;
const NOTE_BYTES = 2048;
/** Notes of tasks, at most; and bytes of memory for each. */
const MOST = 256;
const SHARE = 2 ** 17;
const SPACE = NOTE_BYTES - HEAD;
const SLOT_LIMIT = 2 ** HANDLE_SLOT_BITS;

/** A task's mark, never 0. */
const markOf = (handle) => ((handle % 2 ** 32) | (2 ** 31)) >>> 0;

/** An error with the thrown one's texts, of so many characters. Never throws. */
function shortened(thrown, most) {
  const text = (part) => {
    try {
      return String(thrown[part]).slice(0, most);
    } catch {
      return '';
    }
  };
  const parts = { name: text('name') || 'Error', stack: text('stack') };
  return Object.assign(new Error(textOf(thrown).slice(0, most)), parts);
}

/** The bytes of a note: of the thrown value itself, if they fit. Never throws. */
function bytesOf(worker, thrown, shared) {
  const text = textOf(thrown).replace(/ \(evaluating '.*/, ''); // WebKit names our own call
  for (const most of [Infinity, 500, 50]) {
    try {
      const cause = most === Infinity ? thrown : shortened(thrown, most);
      const note = [worker, text.slice(0, Math.min(most, 300)), cause];
      const bytes = toBytes(note, shared, true);
      if (bytes?.length <= SPACE) return bytes;
    } catch {
      // it cannot be cloned
    }
  }
  return new Uint8Array();
}

export class TrapNotes {
  /** @param {object} place { address, count }: notes of tasks; behind them is one of each worker */
  constructor(memory, place) {
    this.place = place;
    this.buffer = memory.buffer;
  }

  /** Owner: at this address, as many as fit these options of start(). */
  static laidOut(memory, address, { region, taskSlots }) {
    const fit = Math.floor((region?.bytes ?? memory.buffer.byteLength) / SHARE);
    return new TrapNotes(memory, { address, count: Math.max(1, Math.min(taskSlots, MOST, fit)) });
  }

  /** Where the memory behind the notes begins. */
  endFor(workers) {
    return this.#places(0, workers)[1];
  }

  /** Addresses of a task's note, and of the note that its other traps get: the worker's. */
  #places(handle, worker) {
    const { address, count } = this.place;
    const task = (handle % SLOT_LIMIT) % count;
    return [address + task * NOTE_BYTES, address + (count + worker) * NOTE_BYTES];
  }

  /** Worker: of a throw in a task; 0: outside of any. Never throws. */
  write(handle, worker, thrown) {
    if (!handle) return;
    const mark = markOf(handle);
    let [at, own] = this.#places(handle, worker);
    if (Atomics.exchange(new Uint32Array(this.buffer, at, 2), 0, mark) === mark) at = own;
    const head = new Uint32Array(this.buffer, at, 2);
    const bytes = bytesOf(worker, thrown, this.buffer);
    new Uint8Array(this.buffer, at + HEAD, SPACE).set(bytes);
    head[0] = mark;
    Atomics.store(head, 1, bytes.length);
  }

  /** Owner: takes the note away. @returns {{ worker: number, reason: string, cause: unknown }} */
  take(handle) {
    return this.#take(handle, this.#places(handle, 0)[0]);
  }

  /** The same of another throw in the task. */
  takeOther(handle, worker) {
    return this.#take(handle, this.#places(handle, worker)[1]);
  }

  #take(handle, at) {
    const head = new Uint32Array(this.buffer, at, 2);
    const length = Atomics.exchange(head, 1, 0);
    if (Atomics.exchange(head, 0, 0) !== markOf(handle) || length > SPACE) return { reason: '' };
    try {
      const bytes = new Uint8Array(this.buffer, at + HEAD, length).slice();
      const { RuntimeError } = WebAssembly;
      const [worker, reason, cause] = fromBytes(bytes, this.buffer, { RuntimeError });
      return { worker, reason: String(reason), cause };
    } catch {
      return { reason: '' }; // overwritten, or there was none
    }
  }
}
