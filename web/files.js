/**
 * The files beside the package's scripts, in the words that bundlers look for; esbuild and Rollup
 * keep the addresses relative to the page's script. Imports nothing.
 */
export const makeWorker = () =>
  new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
export const moduleUrl = () => new URL('./filch.wasm', import.meta.url);
export const placedModuleUrl = () => new URL('./filch-placed.wasm', import.meta.url);
