/** Runs inside each worker, and nowhere else. */
import { exportsOf, importsOf } from './linked.js';
import { builtin, isNode } from './platform.js';
import { plugIn, plugOut } from './plug.js';
import { FAILED, LOAD, PLUG, PLUGGED, READY, RING, RUN, STOPPED, UNPLUG, writeNote } from './protocol.js';
import { afterTrap, anyStack, enterStack } from './stack.js';

let memory;
let wasm;
const plugs = new Map(); // by id

/** Synchronous throughout: a worker may have to start while the page does not answer. */
function load(message, post) {
  memory = message.memory;
  // Workers and the owner count time from the same moment, for the trace.
  const offset = performance.timeOrigin - message.origin;
  const filch = { now: () => performance.now() + offset, ring: () => post({ type: RING }) };
  const imports = importsOf(memory, filch, message.place);
  wasm = exportsOf(new WebAssembly.Instance(message.module, imports), imports);
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

/** Asynchronous for a script alone. */
function plug(message, post) {
  plugs.set(message.id, message);
  const done = () => post({ type: PLUGGED });
  const plugged = plugIn(message, wasm, memory);
  return plugged instanceof Promise ? plugged.then(done) : done();
}

function unplug({ id }, post) {
  if (plugs.has(id)) plugOut(plugs.get(id), wasm);
  plugs.delete(id);
  post({ type: PLUGGED });
}

function listen(post) {
  const handlers = { [LOAD]: load, [RUN]: run, [PLUG]: plug, [UNPLUG]: unplug };
  const fail = (error) => post({ type: FAILED, reason: error.message });
  let before; // what has not ended yet: messages are handled one after the other
  const handle = (message) => {
    try {
      const going = handlers[message.type](message, post);
      if (!(going instanceof Promise)) return;
      const ended = going.catch(fail).then(() => before === ended && (before = undefined));
      before = ended;
    } catch (error) {
      fail(error);
    }
  };
  return (message) => {
    if (before) before = before.then(() => handle(message));
    else handle(message);
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
