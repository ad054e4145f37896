/** Promises with a limit. */

/**
 * The promise; or `instead`, after `ms` milliseconds, or at an abort. Infinity: without a limit.
 */
export function inTime(promise, ms, instead, signal) {
  return new Promise((resolve, reject) => {
    const ending = (settle) => (value) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', late);
      settle(value);
    };
    const late = ending(() => resolve(instead));
    const timer = ms < Infinity && setTimeout(late, ms);
    signal?.addEventListener('abort', late);
    if (signal?.aborted) late();
    promise.then(ending(resolve), ending(reject));
  });
}

/** Where an import takes more than `ms` milliseconds. */
export const lateImport = (ms) =>
  new Error(`it was not imported within ${ms} ms: an await at its top level may never end`);

/** Work of the owner for modules, until the runtime ends. */
export class Imports {
  #limit;
  #ended;

  /** Rejects what has not ended. */
  end;

  constructor(limit) {
    this.#limit = limit;
    this.#ended = new Promise((_, reject) => (this.end = reject));
    this.#ended.catch(() => {});
  }

  /** The promise; or, when the runtime ends, a rejection. */
  untilEnd(promise) {
    return Promise.race([promise, this.#ended]);
  }

  /** The promise of an import; or, after the limit, a rejection. */
  async limited(importing) {
    const got = await inTime(this.untilEnd(importing), this.#limit, inTime);
    if (got === inTime) throw lateImport(this.#limit);
    return got;
  }
}
