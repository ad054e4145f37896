/** When a task that is to pause has come to rest. The module has no bell for that: it is asked, rarely. Owner's thread only. */
import { after } from './platform.js';

/** Of filch_paused(): nobody works on it. */
const AT_REST = 2;
/** Milliseconds between two looks, at first and at most. A chunk takes 20 to 50 microseconds, if its kernel keeps to that. */
const SOON = 1;
const LATE = 10;

export class Pauses {
  #wasm;
  #waiting = new Map();

  constructor(wasm) {
    this.#wasm = wasm;
  }

  /** Resolves when no worker works on it; or when it has settled, or is not to pause any more. */
  atRest(task) {
    if (!this.#moving(task)) return Promise.resolve();
    let wait = this.#waiting.get(task);
    if (!wait) {
      wait = this.#watch(task);
      this.#waiting.set(task, wait);
    }
    return wait;
  }

  #moving(task) {
    return task.held && task.state === 'posted' && this.#wasm.filch_paused(task.handle) !== AT_REST;
  }

  async #watch(task) {
    for (let ms = SOON; this.#moving(task); ms = Math.min(2 * ms, LATE)) await new Promise((resolve) => after(ms, resolve));
    this.#waiting.delete(task);
  }
}
