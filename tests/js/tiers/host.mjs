/** All of tests/js that runs in Node, but for simulations and the explorer of rings. */
export const HOST = [
  'core/',
  'memory/',
  'observe/',
  'wasm/',
  'snapshot/',
  'workers/',
  'tasks/',
  'ring/ring',
  'plugins/',
  'api/',
].map((name) => `js/${name}`);
