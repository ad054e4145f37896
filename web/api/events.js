import { guarded } from '../core/guard.js';

/** The platform's events. An event without a listener costs nothing. */
export class Events extends (globalThis.EventTarget ?? Object) {
  #types = new Set();

  addEventListener(type, ...rest) {
    super.addEventListener(type, ...rest);
    this.#types.add(String(type));
  }

  /** For the runtime itself. @param {() => object} detail of a CustomEvent */
  static emit(events, type, detail) {
    if (!events?.#types.has(type)) return;
    guarded(() => events.dispatchEvent(new CustomEvent(type, { detail: detail() })));
  }
}
