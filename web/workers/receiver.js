/** The owner's messages, received in a worker. */
import { textOf } from '../core/guard.js';
import { exportsOf, importsOf } from '../wasm/imports.js';
import { link, unlink } from '../wasm/link.js';
import { afterTrap, anyStack, enterStack } from '../wasm/stack-limits.js';
import { Callee } from './callee.js';
import { TrapNotes } from './trap-note.js';
import {
  ANSWER,
  ERROR,
  FAILED,
  LINK,
  LINKED,
  LOAD,
  NOTIFY,
  READY,
  RUN,
  STOPPED,
  UNLINK,
} from './protocol.js';

let memory;
let wasm;
let callee;
let number; // this worker's, while it runs
let isInside = false; // the module
let ending = ''; // why this thread ends once it is out of the module
const plugins = new Map(); // by id

/** Synchronous throughout: a worker may have to start while the page does not answer. */
function load(message, post) {
  memory = message.memory;
  // Workers and the owner count time from the same moment, for the trace.
  const offset = performance.timeOrigin - message.origin;
  callee = new Callee({
    memory,
    answer: (answer, transfer) => post({ type: ANSWER, answer }, transfer),
    leave: () => wasm.filch_host_worker_leave(number),
  });
  const filch = {
    now: () => performance.now() + offset,
    notify: () => post({ type: NOTIFY }),
    call: (...call) => callee.call(...call),
  };
  const imports = importsOf(memory, filch, message.place);
  wasm = exportsOf(new WebAssembly.Instance(message.module, imports), imports);
  anyStack(wasm);
  post({ type: READY });
}

/** Asynchronous where functions are. */
function run({ worker, notes, tasks }, post) {
  number = worker;
  enterStack(wasm, worker);
  const again = () => work(worker, new TrapNotes(memory, notes), tasks);
  const home = again();
  if (ending) return undefined;
  return callee.pending ? outside(home, again, post) : post({ type: STOPPED });
}

/**
 * The worker is out of the module until its functions have ended.
 *
 * @param {boolean} home the worker is not to go back
 */
async function outside(home, again, post) {
  while (callee.pending) {
    await callee.pending;
    if (ending) return;
    if (!home) home = again();
  }
  if (!ending) post({ type: STOPPED });
}

/** False: the worker left for a function. */
function work(worker, notes, tasks) {
  let before = -1;
  for (;;) {
    try {
      isInside = true;
      return wasm.filch_host_worker_run(worker) === 1;
    } catch (error) {
      // A trap outside of any task would come again, for ever.
      const picked = wasm.filch_host_counter(worker, tasks);
      if (picked === before) throw error;
      before = picked;
      afterTrap(wasm, worker, error, notes);
    } finally {
      isInside = false;
    }
  }
}

/** Answers later for JavaScript, which is imported. */
function linkPlugin(message, post) {
  const { ask, id, shape, url } = message;
  const done = (error) => post({ type: LINKED, ask, reason: error && textOf(error) });
  try {
    if (shape !== 'module') plugins.set(id, message);
    const linked =
      shape === 'module' ? callee.import(message.number, url) : link(message, wasm, memory);
    if (!url) return done();
    linked.then(() => done(), done);
  } catch (error) {
    done(error);
  }
}

function unlinkPlugin({ ask, id }, post) {
  if (plugins.has(id)) unlink(plugins.get(id), wasm);
  plugins.delete(id);
  post({ type: LINKED, ask });
}

const HANDLERS = { [LOAD]: load, [RUN]: run, [LINK]: linkPlugin, [UNLINK]: unlinkPlugin };

/**
 * What a worker's script does with messages and exceptions.
 *
 * @param {(message: object, transfer?: object[]) => void} send to the owner
 */
export function receiver(send) {
  let key;
  const post = (message, transfer) => send({ ...message, key }, transfer);
  const fail = (error) => post({ type: FAILED, reason: textOf(error) });
  const ended = () => ending && post({ type: FAILED, reason: ending });
  return {
    receive(message) {
      if (ending || !Object.hasOwn(HANDLERS, message?.type)) return; // foreign
      if (message.type === LOAD) key = message.key;
      try {
        Promise.resolve(HANDLERS[message.type](message, post)).catch(fail).then(ended);
      } catch (error) {
        fail(error);
      }
    },

    /** An exception that nothing has caught. None is Filch's own: receive() catches those. */
    uncaught: (thrown) => post({ type: ERROR, reason: textOf(thrown) }),

    /** The thread is to end: at the next safepoint, if it is in the module. */
    end(reason) {
      ending = reason;
      if (isInside) wasm.filch_host_worker_leave(number);
      else ended();
    },
  };
}
