/** All code that otherwise comes on demand, by import(). See preload.d.ts. */
import { preloaded } from './core/lazy.js';
import * as registry from './plugins/registry.js';
import * as consumer from './ring/consumer.js';
import * as save from './snapshot/save.js';
import * as calls from './tasks/running-calls.js';
import * as waits from './tasks/waits.js';
import * as visits from './api/visits.js';
import * as mistake from './wasm/mistake.js';
import * as placement from './wasm/placement.js';
import * as callee from './workers/callee-here.js';
import * as linker from './workers/linker.js';

Object.assign(preloaded, {
  callee,
  calls,
  consumer,
  linker,
  mistake,
  placement,
  registry,
  save,
  visits,
  waits,
});
