/**
 * When a paused task has come to rest. The module does not notify: the owner polls, rarely. Owner's
 * thread only.
 */
import { unrefTimeout } from '../core/platform.js';
import { PAUSE_DONE } from '../wasm/abi.js';

/** Milliseconds between two polls, at first and at most. A chunk takes 20 to 50 microseconds. */
const SOON = 1;
const LATE = 10;

export class Quiescence {
  #wasm;
  #waits = new Map(); // task -> { promise, poll }

  constructor(wasm) {
    this.#wasm = wasm;
  }

  /**
   * Resolves when no worker runs the task, when the task has settled, or is not to pause any more.
   */
  atRest(task) {
    if (!this.isMoving(task)) return Promise.resolve();
    let wait = this.#waits.get(task);
    if (!wait) {
      wait = {};
      this.#waits.set(task, wait);
      wait.promise = this.#watch(task, wait);
    }
    return wait.promise;
  }

  /**
   * The task has settled, or was resumed: its promise resolves now. (Timers keep no process alive.)
   */
  poll(task) {
    this.#waits.get(task)?.poll();
  }

  isMoving(task) {
    return (
      task.isPaused &&
      task.state === 'posted' &&
      this.#wasm.filch_host_pause_state(task.handle) !== PAUSE_DONE
    );
  }

  async #watch(task, wait) {
    for (let ms = SOON; this.isMoving(task); ms = Math.min(2 * ms, LATE)) {
      await new Promise((resolve) => {
        const timer = unrefTimeout(ms, resolve);
        wait.poll = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#waits.delete(task);
  }
}
