/** What a worker needs for kernels that come while it runs. Loaded when the first one comes. */
export { toBytes } from '../memory/clone.js';
export { link, unlink } from '../wasm/link.js';
