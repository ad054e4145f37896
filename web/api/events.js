/** The platform's events. An event without a listener costs nothing. */
export class Events extends (globalThis.EventTarget ?? Object) {
  #types = new Set();

  addEventListener(type, ...rest) {
    this.#types.add(type);
    super.addEventListener(type, ...rest);
  }

  /** For the runtime itself. @param {() => object} detail of a CustomEvent */
  static emit(events, type, detail) {
    if (events?.#types.has(type)) events.dispatchEvent(new CustomEvent(type, { detail: detail() }));
  }
}
