/**
 * The mode without threads: the only worker runs on the owner's thread, a few milliseconds at a
 * time, with turns of the page in between.
 */
import { turn } from '../core/platform.js';
import { afterTrap, enterStack } from '../wasm/stack-limits.js';

const WORKER = 0;

export class Cooperative {
  #wasm;
  #scheduler;
  #notes;
  #budget;
  #running = false;
  #more = false;

  /**
   * @param {number} budget milliseconds of a slice
   * @param {object} notes TrapNotes
   */
  constructor({ wasm, scheduler, notes, budget }) {
    this.#wasm = wasm;
    this.#scheduler = scheduler;
    this.#notes = notes;
    this.#budget = budget;
    enterStack(wasm, WORKER);
  }

  /** Runs tasks until none can go on. The first slice comes later: post() does not wait for it. */
  async start() {
    this.#more = true;
    if (this.#running) return;
    this.#running = true;
    while (this.#more) {
      await turn();
      this.#more = false;
      if (this.#slice()) this.#more = true;
      while (this.#scheduler.reap());
      this.#scheduler.refill();
    }
    this.#running = false;
  }

  /** Whether there may be more to run. */
  #slice() {
    try {
      return this.#wasm.filch_host_worker_slice(WORKER, this.#budget);
    } catch (error) {
      afterTrap(this.#wasm, WORKER, error, this.#notes);
      return true;
    }
  }
}
