/**
 * The mode without threads: the only worker runs on the owner's thread, a few milliseconds at a
 * time, with turns of the page in between.
 */
import { turn } from '../core/platform.js';
import { toBytes } from '../memory/clone.js';
import { fromBytes } from '../memory/clone-reader.js';
import { parcel, unpack } from '../memory/values.js';
import { afterTrap, enterStack } from '../wasm/stack-limits.js';
import { Callee } from './callee.js';
import { TrapNotes } from './trap-note.js';

const WORKER = 0;

/** The callee on the owner's thread. came(answer, reply): see tasks/answers.js. */
export function calleeHere(memory, came) {
  const reply = (more) => callee.take(more);
  const answer = (message, transfer) => {
    unpack(parcel([message], transfer).message) // a clone, as a worker's
      .then(([copy]) => came(copy, reply));
  };
  const callee = new Callee({ memory, answer, leave: () => {} });
  return callee;
}

export class Cooperative {
  #wasm;
  #scheduler;
  #notes;
  #budget;
  #tasks;
  #running = false;
  #more = false;
  #picked = -1; // tasks that the worker had picked at the last trap

  /**
   * @param {number} budget milliseconds of a slice
   * @param {object} notes TrapReader: this thread writes them, too
   * @param {number} tasks the counter of tasks that the worker has picked
   */
  constructor({ wasm, memory, scheduler, notes, budget, tasks }) {
    this.#wasm = wasm;
    this.#scheduler = scheduler;
    this.#notes = new TrapNotes(memory, notes.place, () => toBytes);
    notes.fromBytes = fromBytes;
    this.#budget = budget;
    this.#tasks = tasks;
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
      this.#scheduler.reapAll();
      this.#scheduler.refill();
    }
    this.#running = false;
  }

  /** No task can go on. */
  get isIdle() {
    return !this.#running;
  }

  /** Whether there may be more to run. */
  #slice() {
    try {
      return this.#wasm.filch_host_worker_slice(WORKER, this.#budget);
    } catch (error) {
      // A trap outside of any task would come again, for ever.
      const picked = this.#wasm.filch_host_counter(WORKER, this.#tasks);
      if (picked === this.#picked) this.#wasm.broken(error);
      this.#picked = picked;
      afterTrap(this.#wasm, WORKER, error, this.#notes);
      return true;
    }
  }
}
