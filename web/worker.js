/** Runs inside each worker, and nowhere else. */
import { builtin, isNode } from './platform.js';
import { FAILED, LOAD, READY, RING, RUN, STOPPED, writeNote } from './protocol.js';
import { afterTrap, anyStack, enterStack } from './stack.js';

let memory;
let wasm;

/** Synchronous throughout: a worker may have to start while the page does not answer. */
function load(message, post) {
  memory = message.memory;
  // Workers and the owner count time from the same moment, for the trace.
  const offset = performance.timeOrigin - message.origin;
  const filch = { now: () => performance.now() + offset, ring: () => post({ type: RING }) };
  wasm = new WebAssembly.Instance(message.module, { env: { memory }, filch }).exports;
  anyStack(wasm);
  post({ type: READY });
}

function run({ worker, note, tasks }, post) {
  enterStack(wasm, worker);
  let before = -1;
  for (;;) {
    try {
      wasm.filch_worker_run(worker);
      break;
    } catch (error) {
      // A trap outside of any task would come again, for ever.
      const picked = wasm.filch_counter(worker, tasks);
      if (picked === before) throw error;
      before = picked;
      writeNote(memory, note, error.message);
      afterTrap(wasm, worker);
    }
  }
  post({ type: STOPPED });
}

function listen(post) {
  const handlers = { [LOAD]: load, [RUN]: run };
  return (message) => {
    try {
      handlers[message.type](message, post);
    } catch (error) {
      post({ type: FAILED, reason: error.message });
    }
  };
}

// Without waiting at the top level: a browser may drop what is sent to a module that still waits.
if (isNode) {
  builtin('worker_threads').then(({ parentPort }) => {
    parentPort.on('message', listen((message) => parentPort.postMessage(message)));
  });
} else {
  const receive = listen((message) => self.postMessage(message));
  self.onmessage = (event) => receive(event.data);
}
