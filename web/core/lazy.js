/** Code that comes with its first use: most pages never load it. */
import { ModuleError } from './errors.js';
import { textOf } from './guard.js';

/** Code that is here already, by the name of its part: preload.js puts it here. */
export const preloaded = {};

/**
 * A function that loads the code once, and gives a promise of it. After a failure the next call
 * tries again: the network may be back.
 *
 * @param {string} who needs the code: begins the text of the error
 * @param {() => Promise<T>} load
 * @param {typeof import('./errors.js').FilchError} [Kind] of the error
 * @param {object} [details] of the error
 * @returns {() => Promise<T>}
 * @template T
 */
export function lazy(who, load, Kind = ModuleError, details) {
  let loading;
  return () =>
    (loading ??= load().catch((cause) => {
      loading = undefined;
      const text = `${who} import(), which fails here: ${textOf(cause)}`;
      throw new Kind(text, { ...details, cause });
    }));
}
