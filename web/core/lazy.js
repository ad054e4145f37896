/** Code that comes with its first use: most pages never load it. */
import { ModuleError } from './errors.js';
import { textOf } from './guard.js';

/** Code that is here already, by the name of its part: preload.js puts it here. */
export const preloaded = {};

/**
 * A function that loads the code once, and gives a promise of it. After a failure, which rejects
 * with errorOf(text, cause), the next call tries again: the network may be back.
 *
 * @param {() => Promise<T>} load
 * @returns {() => Promise<T>}
 * @template T
 */
export function once(load, errorOf) {
  let loading;
  return () =>
    (loading ??= load().catch((cause) => {
      loading = undefined;
      throw errorOf(textOf(cause), cause);
    }));
}

/**
 * The same with a typed error.
 *
 * @param {string} who needs the code: begins the text of the error
 * @param {typeof import('./errors.js').FilchError} [Kind] of the error
 * @param {object} [details] of the error
 */
export const lazy = (who, load, Kind = ModuleError, details) =>
  once(
    load,
    (text, cause) => new Kind(`${who} import(), which fails here: ${text}`, { ...details, cause }),
  );
