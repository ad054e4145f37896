import { guarded } from '../core/guard.js';

/** The platform's events. An event without a listener costs nothing. */
export class Events extends (globalThis.EventTarget ?? Object) {
  #types = new Set();

  addEventListener(type, ...rest) {
    super.addEventListener(type, ...rest);
    this.#types.add(String(type));
  }

  /** For the runtime itself. @param {(of: unknown) => object} [detail] of a CustomEvent */
  static emit(events, type, detail, of) {
    if (events?.#types.has(type)) events.#dispatch(type, detail, of);
  }

  #dispatch(type, detail, of) {
    guarded(() => this.dispatchEvent(new CustomEvent(type, { detail: detail?.(of) })));
  }
}
