/** The notes of traps, as the owner lays them out and reads them. Owner's thread only. */
import { errorFromBytes } from '../memory/clone-error.js';
import { HEAD, markOf, SPACE, TrapNotes } from './trap-note.js';

/** Notes of tasks, at most; and bytes of memory for each. */
const MOST = 256;
const SHARE = 2 ** 17;

export class TrapReader extends TrapNotes {
  /** Of memory/clone.js. undefined: no kernel in JavaScript runs on this thread. */
  toBytes;
  /** Of memory/clone-reader.js. undefined: no kernel in JavaScript has been defined. */
  fromBytes;

  /** At this address, as many as fit these options of start(). */
  constructor(memory, address, { region, taskSlots }) {
    const fit = Math.floor((region?.bytes ?? memory.buffer.byteLength) / SHARE);
    const count = Math.max(1, Math.min(taskSlots, MOST, fit));
    super(memory, { address, count }, () => this.toBytes);
  }

  /** Where the memory behind the notes begins. */
  endFor(workers) {
    return this.places(0, workers)[1];
  }

  /** Takes the note away. @returns {{ worker: number, reason: string, cause: unknown }} */
  take(handle) {
    return this.#take(handle, this.places(handle, 0)[0]);
  }

  /** The same of another throw in the task. */
  takeOther(handle, worker) {
    return this.#take(handle, this.places(handle, worker)[1]);
  }

  #take(handle, at) {
    const head = new Uint32Array(this.buffer, at, 2);
    const length = Atomics.exchange(head, 1, 0);
    if (Atomics.exchange(head, 0, 0) !== markOf(handle) || length > SPACE) return { reason: '' };
    try {
      const bytes = new Uint8Array(this.buffer, at + HEAD, length).slice();
      const { RuntimeError } = WebAssembly;
      const [worker, reason, cause] = this.fromBytes
        ? this.fromBytes(bytes, this.buffer, { RuntimeError })
        : errorFromBytes(bytes);
      return { worker, reason: String(reason), cause };
    } catch {
      return { reason: '' }; // overwritten, or there was none
    }
  }
}
