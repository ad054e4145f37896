/**
 * The number of workers: as many as asked for; fewer while no task is outstanding, or while the
 * page is hidden.
 */
import { ArgumentError } from '../core/errors.js';
import { unrefTimeout } from '../core/platform.js';
import { show } from '../core/show.js';

/** Workers that may run while the page is hidden. */
const HIDDEN = { slow: 1, pause: 0 };

export class Autoscale {
  #pool;
  #asked;
  #options;
  #timer;
  #away = false; // all workers were ended, for no task was outstanding
  #unwatch = () => {};

  constructor(pool, options) {
    const { asked, background } = options;
    this.#pool = pool;
    this.#asked = asked;
    this.#options = options;
    const page = globalThis.document;
    if (!page || background === 'run') return;
    const look = () =>
      this.#pool.resize({
        working: page.visibilityState === 'hidden' ? HIDDEN[background] : Infinity,
      });
    page.addEventListener('visibilitychange', look);
    this.#unwatch = () => page.removeEventListener('visibilitychange', look);
    look();
  }

  /** Resolves when there are so many workers. */
  resize(count) {
    if (!Number.isInteger(count) || count < 1 || count > this.#options.most) {
      const why = 'start with a larger "maxWorkers" for more';
      throw new ArgumentError(
        `resize() needs a number of workers, 1 to ${this.#options.most}, got ${show(count)}; ${why}`,
      );
    }
    this.#asked = count;
    return this.#pool.resize({ wanted: this.#away ? 0 : count });
  }

  /** Tasks are outstanding, or none is. */
  busy(on) {
    clearTimeout(this.#timer);
    if (this.#options.idleTimeout === Infinity) return;
    if (!on) {
      this.#timer = unrefTimeout(this.#options.idleTimeout, () => {
        this.#away = true;
        this.#pool.resize({ wanted: 0 });
      });
    } else if (this.#away) {
      this.#away = false;
      this.#pool.resize({ wanted: this.#asked });
    }
  }

  close() {
    clearTimeout(this.#timer);
    this.#unwatch();
  }
}
