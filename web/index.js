/** Filch: long loops on every core, from JavaScript. See index.d.ts for the types, runtime.js for what each call does. */
export { transfer } from './calls.js';
export { copied } from './copied.js';
export { Runtime } from './runtime.js';
export * from './errors.js';
