/** What the scripts of a page import when it is first used: the page does not load it before. */
export const ON_DEMAND = [
  '../plugins/registry.js',
  '../snapshot/save.js',
  '../wasm/placement.js',
  './running-calls.js',
  '../tasks/waits.js',
  './consumer.js',
  './visits.js',
  './mistake.js',
  './linker.js',
  './callee.js',
  './callee-here.js',
  './linking.js',
];
