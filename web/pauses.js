/** When a task that is to pause has come to rest. The module has no bell for that: it is asked, rarely. Owner's thread only. */
import { after } from './platform.js';

/** Of filch_paused(): nobody works on it. */
const AT_REST = 2;
/** Milliseconds between two looks, at first and at most. A chunk takes 20 to 50 microseconds, if its kernel keeps to that. */
const SOON = 1;
const LATE = 10;

export class Pauses {
  #wasm;
  #waits = new Map(); // task -> { promise, look }

  constructor(wasm) {
    this.#wasm = wasm;
  }

  /** Resolves when no worker works on it; or when it has settled, or is not to pause any more. */
  atRest(task) {
    if (!this.#moving(task)) return Promise.resolve();
    let wait = this.#waits.get(task);
    if (!wait) {
      wait = {};
      this.#waits.set(task, wait);
      wait.promise = this.#watch(task, wait);
    }
    return wait.promise;
  }

  /** It has settled, or was resumed: whoever waits for its rest hears of it now. (The timers keep no process until then.) */
  look(task) {
    this.#waits.get(task)?.look();
  }

  #moving(task) {
    return task.held && task.state === 'posted' && this.#wasm.filch_paused(task.handle) !== AT_REST;
  }

  async #watch(task, wait) {
    for (let ms = SOON; this.#moving(task); ms = Math.min(2 * ms, LATE)) {
      await new Promise((resolve) => {
        const timer = after(ms, resolve);
        wait.look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#waits.delete(task);
  }
}
