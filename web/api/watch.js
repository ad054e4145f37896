/**
 * Looks, where no task settles for a second, whether those that are outstanding can still end. See
 * visits.js, which few pages load. Owner's thread only.
 */
import { lazy, preloaded } from '../core/lazy.js';
import { unrefTimeout } from '../core/platform.js';

const EVERY = 1000; // milliseconds

export class Watch {
  #parts;
  #on = false;
  #settled = -1;
  #visits;

  ended = false;

  /** @param {object} parts of the runtime */
  constructor(parts) {
    this.#parts = parts;
    this.#visits = lazy('a runtime that stands still needs', async () => {
      const { Visits } = await (preloaded.visits ?? import('./visits.js'));
      return new Visits(parts, this);
    });
  }

  /** Tasks are outstanding. */
  begin() {
    if (this.#on || this.ended) return;
    this.#on = true;
    unrefTimeout(EVERY, () => this.#look());
  }

  async #look() {
    const { scheduler } = this.#parts;
    const before = this.#settled;
    this.#settled = scheduler.settledCount;
    if (before === this.#settled && !this.ended) {
      await this.#visits()
        .then((visits) => visits.one())
        .catch(() => {}); // the file is not there
    }
    this.#on = false;
    if (scheduler.outstanding) this.begin();
  }
}
