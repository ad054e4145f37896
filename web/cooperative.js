/**
 * The mode without threads: the runtime's one worker runs on the owner's thread, a few milliseconds at a time, and the page has
 * its turn in between.
 */
import { turn } from './platform.js';
import { writeNote } from './protocol.js';
import { afterTrap, enterStack } from './stack.js';

const WORKER = 0;

export class Cooperative {
  #wasm;
  #memory;
  #pool;
  #note;
  #budget;
  #running = false;
  #more = false;

  /** @param {number} budget milliseconds of a slice @param {number} note address of the worker's note */
  constructor({ wasm, memory, pool, note, budget }) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#pool = pool;
    this.#note = note;
    this.#budget = budget;
    enterStack(wasm, WORKER);
  }

  /**
   * Works until nothing is left that can be done: what is paused waits for the next call. The first slice comes later: post() does
   * not wait for it.
   */
  async start() {
    this.#more = true;
    if (this.#running) return;
    this.#running = true;
    while (this.#more) {
      await turn();
      this.#more = false;
      if (this.#slice()) this.#more = true;
      while (this.#pool.reap());
      this.#pool.refill();
    }
    this.#running = false;
  }

  /** Whether there may be more to do. */
  #slice() {
    try {
      return this.#wasm.filch_worker_slice(WORKER, this.#budget);
    } catch (error) {
      writeNote(this.#memory, this.#note, error.message);
      afterTrap(this.#wasm, WORKER);
      return true;
    }
  }
}
