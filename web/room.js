/** Whether posts find task slots, and who waits for that. Owner's thread only. */
export class Room {
  /** Posts wait, and nobody has been told that none does any more. */
  full = false;
  #waiting = [];
  #drained;

  /** @param {() => void} drained */
  constructor(drained) {
    this.#drained = drained;
  }

  /** A job has settled, or a post has got its slot. @param {number} queued posts that wait */
  look(queued) {
    for (const resolve of this.#waiting.splice(0)) resolve();
    if (!this.full || queued) return;
    this.full = false;
    this.#drained();
  }

  /** Somebody wants to know. */
  get watched() {
    return this.full || this.#waiting.length > 0;
  }

  /** Resolves at the next look. */
  change() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
