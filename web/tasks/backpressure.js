import { unrefTimeout } from '../core/platform.js';

/** Whether posts find task slots, and the callers that wait for one. Owner's thread only. */
export class Backpressure {
  /** Posts are queued, and the runtime has not yet told that none is. */
  full = false;
  #waiting = [];
  #due = false;
  #drained;

  constructor(drained) {
    this.#drained = drained;
  }

  /** Posts may have got slots. @param {number} queued posts that wait */
  update(queued) {
    this.#wake();
    if (!this.full || queued) return;
    this.full = false;
    this.#drained();
  }

  #wake() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when the condition holds, or after so many milliseconds. */
  async until(condition, patience) {
    let isOver = false; // by the timer alone: by performance.now() the timer may be early
    const timer = unrefTimeout(patience, () => {
      isOver = true;
      this.#wake();
    });
    while (!condition() && !isOver) await this.change();
    clearTimeout(timer);
  }

  /** A job has settled: the next update comes when queued posts have had their chance of a slot. */
  settled(queue) {
    if (this.#due || (!this.full && !this.#waiting.length)) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.update(queue.size);
    });
  }

  /** Resolves at the next update. */
  change() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
