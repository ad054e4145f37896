/** How many workers there are to be: as many as were asked for, fewer while nothing is to do, or while nobody sees the page. */
import { ArgumentError } from './errors.js';
import { after } from './platform.js';
import { show } from './show.js';

/** Workers that may work while the page is hidden. */
const HIDDEN = { run: Infinity, slow: 1, pause: 0 };

export class Staff {
  #crew;
  #asked;
  #most;
  #idleTimeout;
  #timer;
  #away = false; // all were sent home, for there was nothing to do
  #hidden = Infinity;
  #unwatch = () => {};

  /**
   * @param {import('./crew.js').Crew} crew
   * @param {{ asked: number, most: number, idleTimeout: number, background: string }} options
   */
  constructor(crew, { asked, most, idleTimeout, background }) {
    this.#crew = crew;
    this.#asked = asked;
    this.#most = most;
    this.#idleTimeout = idleTimeout;
    const page = globalThis.document;
    if (!page || background === 'run') return;
    const look = () => {
      this.#hidden = page.visibilityState === 'hidden' ? HIDDEN[background] : Infinity;
      this.#crew.resize({ working: this.#hidden });
    };
    page.addEventListener('visibilitychange', look);
    this.#unwatch = () => page.removeEventListener('visibilitychange', look);
    look();
  }

  /** Resolves when there are so many. */
  resize(count) {
    if (!Number.isInteger(count) || count < 1 || count > this.#most) {
      const why = 'start with a larger "maxWorkers" for more';
      throw new ArgumentError(`resize() needs a number of workers, 1 to ${this.#most}, got ${show(count)}; ${why}`);
    }
    this.#asked = count;
    return this.#crew.resize({ wanted: this.#away ? 0 : count });
  }

  /** Jobs are outstanding, or none is. */
  busy(on) {
    clearTimeout(this.#timer);
    if (this.#idleTimeout === Infinity) return;
    if (!on) {
      this.#timer = after(this.#idleTimeout, () => {
        this.#away = true;
        this.#crew.resize({ wanted: 0 });
      });
    } else if (this.#away) {
      this.#away = false;
      this.#crew.resize({ wanted: this.#asked });
    }
  }

  close() {
    clearTimeout(this.#timer);
    this.#unwatch();
  }
}
