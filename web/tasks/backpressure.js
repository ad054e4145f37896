import { unrefTimeout } from '../core/platform.js';

/** Whether posts find task slots, and the callers that wait for one. Owner's thread only. */
export class Backpressure {
  /** Posts are queued, and the runtime has not yet told that none is. */
  full = false;
  #waiting = [];
  #drained;

  constructor(drained) {
    this.#drained = drained;
  }

  /** A job has settled, or a post has got its slot. @param {number} queued posts that wait */
  update(queued) {
    for (const resolve of this.#waiting.splice(0)) resolve();
    if (!this.full || queued) return;
    this.full = false;
    this.#drained();
  }

  /** Resolves when the condition holds, or after so many milliseconds. */
  async until(condition, patience) {
    let isOver = false; // by the timer alone: by performance.now() the timer may be early
    const late = () => {
      isOver = true;
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    const timer = patience < Infinity && unrefTimeout(patience, late);
    while (!condition() && !isOver) await this.change();
    clearTimeout(timer);
  }

  /** A caller waits for a change. */
  get isWatched() {
    return this.full || this.#waiting.length > 0;
  }

  /** Resolves at the next update. */
  change() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
