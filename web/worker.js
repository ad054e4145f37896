/** Runs inside each worker, and nowhere else. */
import { Callee } from './callee.js';
import { exportsOf, importsOf } from './linked.js';
import { builtin, isNode } from './platform.js';
import { plugIn, plugOut } from './plug.js';
import { ANSWER, FAILED, LOAD, PLUG, PLUGGED, READY, RING, RUN, STOPPED, UNPLUG, writeNote } from './protocol.js';
import { afterTrap, anyStack, enterStack } from './stack.js';

let memory;
let wasm;
let callee;
let number; // this worker's, while it works
const plugs = new Map(); // by id

/** Synchronous throughout: a worker may have to start while the page does not answer. */
function load(message, post) {
  memory = message.memory;
  // Workers and the owner count time from the same moment, for the trace.
  const offset = performance.timeOrigin - message.origin;
  callee = new Callee({
    memory,
    answer: (answer, transfer) => post({ type: ANSWER, answer }, transfer),
    leave: () => wasm.filch_worker_leave(number),
  });
  const filch = {
    now: () => performance.now() + offset,
    ring: () => post({ type: RING }),
    call: (...call) => callee.call(...call),
  };
  const imports = importsOf(memory, filch, message.place);
  wasm = exportsOf(new WebAssembly.Instance(message.module, imports), imports);
  anyStack(wasm);
  post({ type: READY });
}

/** Asynchronous where functions are. */
function run({ worker, note, tasks }, post) {
  number = worker;
  enterStack(wasm, worker);
  const home = work(worker, note, tasks);
  return callee.pending ? outside(home, () => work(worker, note, tasks), post) : post({ type: STOPPED });
}

/** Out of the module while functions have not ended. @param {boolean} home it is not to go back */
async function outside(home, again, post) {
  while (callee.pending) {
    await callee.pending;
    if (!home) home = again();
  }
  post({ type: STOPPED });
}

/** False: it left by itself. */
function work(worker, note, tasks) {
  let before = -1;
  for (;;) {
    try {
      return wasm.filch_worker_run(worker) === 1;
    } catch (error) {
      // A trap outside of any task would come again, for ever.
      const picked = wasm.filch_counter(worker, tasks);
      if (picked === before) throw error;
      before = picked;
      writeNote(memory, note, error.message);
      afterTrap(wasm, worker);
    }
  }
}

/** Asynchronous for a script alone. */
function plug(message, post) {
  const done = () => post({ type: PLUGGED });
  if (message.shape === 'module') {
    return callee.import(message.number, message.url).then(done, (error) => post({ type: PLUGGED, reason: error.message }));
  }
  plugs.set(message.id, message);
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
      return handlers[message.type](message, post);
    } catch (error) {
      return fail(error);
    }
  };
  return (message) => {
    const going = before ? before.then(() => handle(message)) : handle(message);
    if (!(going instanceof Promise)) return;
    const ended = going.catch(fail).then(() => before === ended && (before = undefined));
    before = ended;
  };
}

// Without waiting at the top level: a browser may drop what is sent to a module that still waits.
if (isNode) {
  builtin('worker_threads').then(({ parentPort }) => {
    parentPort.on('message', listen((message, transfer) => parentPort.postMessage(message, transfer)));
  });
} else {
  const receive = listen((message, transfer) => self.postMessage(message, transfer));
  self.onmessage = (event) => receive(event.data);
}
