/**
 * How the owner hears of settled tasks without blocking: one long-lived Atomics.waitAsync on the doorbell's word, or a worker's
 * message where the engine has none. Owner's thread only.
 */
import { turn } from './platform.js';

/** Tasks settled in one go, 1 to 3 ms, before the page has its turn. */
const BATCH = 1024;

export class Doorbell {
  #wasm;
  #pool;
  #word;
  #open = true;
  #byMessage = typeof Atomics.waitAsync !== 'function';

  constructor(wasm, memory, pool) {
    this.#wasm = wasm;
    this.#pool = pool;
    this.#word = new Int32Array(memory.buffer, wasm.filch_doorbell(), 1);
    wasm.filch_ring_by_message(Number(this.#byMessage));
  }

  /** Settles what has ended, and listens for more. Called once at the start, and by a worker's RING. */
  ring() {
    if (!this.#open) return;
    for (let left = BATCH; left > 0; left--) {
      if (this.#pool.reap()) continue;
      this.#pool.refill();
      if (this.#wasm.filch_arm() && this.#listen()) return;
    }
    turn().then(() => this.ring());
  }

  /** False: it has rung already. */
  #listen() {
    if (this.#byMessage) return true;
    const wait = Atomics.waitAsync(this.#word, 0, 1);
    if (wait.async) wait.value.then(() => this.ring());
    return wait.async;
  }

  /** Lets go of the memory, which a pending wait keeps alive. */
  close() {
    this.#open = false;
    Atomics.notify(this.#word, 0);
  }
}
