/** The two builds of the module with the test kernels. */
export const BUILDS = 'filch-test.wasm filch-plain.wasm';

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

/** The files among them that run much of the module's code. */
export const MODULE = [
  'memory/copied',
  'memory/heap',
  'observe/trace',
  'wasm/',
  'snapshot/',
  'workers/cooperative',
  'workers/loss',
  'workers/stack',
  'tasks/batch',
  'tasks/cancel',
  'tasks/dependencies',
  'tasks/fail',
  'tasks/pause',
  'tasks/priority',
  'tasks/queue',
  'tasks/scheduler',
  'ring/ring.test',
  'plugins/mathematics',
  'plugins/overflow',
  'plugins/plugin.test',
  'api/map-reduce',
].map((name) => `js/${name}`);
