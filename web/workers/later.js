/**
 * The parts of a worker's script that are loaded when the worker first needs them. If that fails,
 * the next need tries again.
 */
import { textOf } from '../core/guard.js';

/**
 * Vite before 8 builds no worker of several scripts, unless its settings say so. Vite alone knows
 * glob(), and makes the parts a piece of the worker's own script. For Parcel there is a `module`
 * everywhere: it leaves this out, and with it the address of this file.
 */
const own =
  typeof module === 'undefined' &&
  typeof import.meta.glob === 'function' &&
  import.meta.glob(['./callee.js', './linking.js'], { eager: true });

/** @param {() => Promise<object>} load @returns a function that loads the part once */
function once(load) {
  let loading;
  return () => {
    loading ??= load().catch((error) => {
      loading = undefined; // the network may be back later
      throw new Error(`the worker cannot load a script of Filch: ${textOf(error)}`);
    });
    return loading;
  };
}

/** A worker's. */
export const later = () => ({
  loadCallee: once(async () => own?.['./callee.js'] ?? import('./callee.js')),
  loadLinking: once(async () => own?.['./linking.js'] ?? import('./linking.js')),
});
