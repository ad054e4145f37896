/** Filch: long loops on every core, from JavaScript. See index.d.ts. */
export { transfer } from './tasks/call.js';
export { copied } from './memory/copied.js';
export { Runtime } from './api/runtime.js';
export * from './core/errors.js';
