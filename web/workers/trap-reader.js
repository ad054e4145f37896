/** The notes of traps, as the owner lays them out and reads them. Owner's thread only. */
import { isJson, noteFromJson } from './engine-error.js';
import { HEAD, markOf, placesOf, SPACE } from './trap-place.js';

/** Notes of tasks, at most; and bytes of memory for each. */
const MOST = 256;
const SHARE = 2 ** 17;

export class TrapReader {
  #buffer;
  /** See trap-place.js. */
  place;
  /** Of memory/clone-reader.js. undefined: no kernel in JavaScript has been defined. */
  fromBytes;

  /** At this address, as many as fit these options of start(). */
  constructor(memory, address, { region, taskSlots }) {
    const fit = Math.floor((region?.bytes ?? memory.buffer.byteLength) / SHARE);
    this.#buffer = memory.buffer;
    this.place = { address, count: Math.max(1, Math.min(taskSlots, MOST, fit)) };
  }

  /** Where the memory behind the notes begins. */
  endFor(workers) {
    return placesOf(this.place, 0, workers)[1];
  }

  /**
   * Takes the note away.
   *
   * @returns {{ worker: number, reason: string, cause: unknown, name: string }} name: of the task's
   *   end; without a note a reason alone
   */
  take(handle) {
    return this.#take(handle, placesOf(this.place, handle, 0)[0]);
  }

  /** The same of another throw in the task. */
  takeOther(handle, worker) {
    return this.#take(handle, placesOf(this.place, handle, worker)[1]);
  }

  #take(handle, at) {
    const head = new Uint32Array(this.#buffer, at, 2);
    const mark = markOf(handle);
    const length = head[1];
    // The note of another task stays, for that task.
    if (Atomics.compareExchange(head, 0, mark, 0) !== mark || length > SPACE) return { reason: '' };
    try {
      const bytes = new Uint8Array(this.#buffer, at + HEAD, length).slice();
      const { RuntimeError } = WebAssembly;
      const [worker, reason, cause, isUnlinked] = isJson(bytes)
        ? noteFromJson(bytes)
        : this.fromBytes(bytes, this.#buffer, { RuntimeError });
      const name = isUnlinked ? 'NOT_LINKED' : 'KERNEL_TRAPPED';
      return { worker, reason: String(reason), cause, name };
    } catch {
      return { reason: '' }; // overwritten, or there was none
    }
  }
}
