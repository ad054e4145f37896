/** Isolation on a static host. See isolate.d.ts. */
export { isolate } from './api/isolate.js';
