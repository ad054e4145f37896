/** Isolation on a static host that sends no headers of one's own. See isolate.d.ts. */
export { isolate } from './api/isolate.js';
