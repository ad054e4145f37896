/**
 * The mode without threads: the only worker runs on the owner's thread, a few milliseconds at a
 * time, with turns of the page in between.
 */
import { PluginError } from '../core/errors.js';
import { lazy, preloaded } from '../core/lazy.js';
import { turn } from '../core/platform.js';
import { toBytes } from '../memory/clone.js';
import { afterTrap, enterStack } from '../wasm/stack-limits.js';
import { TrapNotes } from './trap-note.js';

const WORKER = 0;

const loadCallee = lazy(
  'call() needs',
  async () => preloaded.callee ?? import('./callee-here.js'),
  PluginError,
  {
    source: '',
  },
);

export class Cooperative {
  #parts;
  #callee; // once a module has come
  #notes;
  #running = false;
  #more = false;
  #picked = -1; // tasks that the worker had picked at the last trap

  /**
   * @param {number} budget milliseconds of a slice
   * @param {object} notes TrapReader: this thread writes them, too
   * @param {number} tasks the counter of tasks that the worker has picked
   */
  constructor(parts) {
    const { wasm, memory, notes } = parts;
    this.#parts = parts;
    this.#notes = new TrapNotes(memory, notes.place, () => notes.fromBytes && toBytes);
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
      this.#parts.scheduler.reapAll();
      this.#parts.scheduler.refill();
    }
    this.#running = false;
  }

  /** A module for call(). Rejects with PluginError, and with what the module throws. */
  async import(number, url) {
    const { calleeHere } = await loadCallee();
    const came = (...answer) => this.#parts.scheduler.answers?.came(...answer);
    this.#callee ??= calleeHere(this.#parts.memory, came);
    await this.#callee.import(number, url);
  }

  /** The module's import of the same name. */
  call(...call) {
    return this.#callee.call(...call);
  }

  /** A function of a call has not ended. */
  get isAnswering() {
    return Boolean(this.#callee?.pending);
  }

  /** Whether there may be more to run. */
  #slice() {
    try {
      return this.#parts.wasm.filch_host_worker_slice(WORKER, this.#parts.budget);
    } catch (error) {
      afterTrap(this.#parts.wasm, WORKER, error, this.#notes);
      // A trap outside of any task would come again, for ever.
      const picked = this.#parts.wasm.filch_host_counter(WORKER, this.#parts.tasks);
      if (picked === this.#picked) return this.#parts.wasm.broken(error);
      this.#picked = picked;
      return true;
    }
  }
}
