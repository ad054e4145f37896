/**
 * The parts of a worker's script that are loaded when the worker first needs them. If that fails,
 * the next need tries again.
 */
import { once } from '../core/lazy.js';

/**
 * Vite before 8 builds no worker of several scripts, unless its settings say so. Vite alone knows
 * glob(), and makes the parts a piece of the worker's own script. For Parcel there is a `module`
 * everywhere: it leaves this out, and with it the address of this file.
 */
const own =
  typeof module === 'undefined' &&
  typeof import.meta.glob === 'function' &&
  import.meta.glob(['./callee.js', './linking.js'], { eager: true });

const part = (load) =>
  once(load, (text) => new Error(`the worker cannot load a script of Filch: ${text}`));

/** A worker's. */
export const later = () => ({
  loadCallee: part(async () => own?.['./callee.js'] ?? import('./callee.js')),
  loadLinking: part(async () => own?.['./linking.js'] ?? import('./linking.js')),
});
