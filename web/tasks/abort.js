/**
 * AbortSignals and their tasks. One listener per signal, however many tasks: removing a listener
 * costs as much as the signal has listeners. A signal may be any object, so its methods are foreign
 * code.
 */
import { guarded } from '../core/guard.js';

export class AbortSignals {
  #watches = new Map(); // signal -> { signal, places, listener }
  #abort;

  /** @param {(place: object, reason: unknown) => void} abort the place's signal has aborted */
  constructor(abort) {
    this.#abort = abort;
  }

  /**
   * A place among the signal's tasks, { watch, task, aborted }, for a task that is yet to come.
   * Throws what the signal throws.
   */
  watch(signal) {
    const place = { watch: this.#watches.get(signal), task: undefined, aborted: undefined };
    if (place.watch) {
      place.watch.places.add(place);
      return place;
    }
    const places = new Set([place]);
    const listener = () => {
      const reason = guarded(() => signal.reason);
      // The last first: a dependency was posted before its dependents.
      for (const each of [...places].reverse()) this.#abort(each, reason);
    };
    place.watch = { signal, places, listener };
    signal.addEventListener('abort', listener);
    this.#watches.set(signal, place.watch);
    return place;
  }

  leave(place) {
    const { watch } = place;
    const { signal, places, listener } = watch;
    if (!places.delete(place) || places.size) return;
    if (this.#watches.get(signal) === watch) this.#watches.delete(signal);
    guarded(() => signal.removeEventListener?.('abort', listener));
  }
}
