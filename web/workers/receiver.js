/** The owner's messages, received in a worker. */
import { printAtOnce, turn } from '../core/platform.js';
import { WORKER_HOME, WORKER_IDLE } from '../wasm/abi.js';
import { exportsOf, importsOf } from '../wasm/imports.js';
import { link, unlink } from '../wasm/link.js';
import { afterTrap, anyStack, enterStack } from '../wasm/stack-limits.js';
import { Callee } from './callee.js';
import { unparked } from './idle.js';
import { writeNote } from './trap-note.js';
import {
  ANSWER,
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
let isForeign = false; // the application's JavaScript has run on this thread
let turned; // when the event loop has turned last
const plugins = new Map(); // by id

/** Milliseconds that a worker may work for before its event loop has a turn. */
const BUSY = 10;

/** The application's JavaScript has run. */
function ran() {
  if (performance.now() - turned > BUSY) wasm.filch_host_worker_leave(number);
}

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
    call(...call) {
      const code = callee.call(...call);
      ran();
      return code;
    },
  };
  const imports = importsOf(memory, filch, message.place);
  wasm = exportsOf(new WebAssembly.Instance(message.module, imports), imports);
  anyStack(wasm);
  post({ type: READY });
}

/** Asynchronous where the application's JavaScript has run. */
function run({ worker, note, tasks }, post) {
  number = worker;
  turned = performance.now();
  enterStack(wasm, worker);
  wasm.filch_host_worker_return_idle(worker, Number(isForeign));
  const again = () => work(worker, note, tasks);
  return isForeign ? turning(again, post) : void (again(), post({ type: STOPPED }));
}

/**
 * Works, and is out of the module until the functions have ended, and while there is nothing to do.
 * The event loop turns whenever the worker is out.
 */
async function turning(again, post) {
  const parked = new Int32Array(memory.buffer, wasm.filch_host_worker_parked(number), 1);
  for (let outcome; outcome !== WORKER_HOME; ) {
    outcome = again();
    while (callee.pending) await callee.pending;
    await (outcome === WORKER_IDLE ? unparked(parked) : turn());
    turned = performance.now();
  }
  post({ type: STOPPED });
}

/** @returns {number} why the worker has come out: WORKER_HOME, and others */
function work(worker, note, tasks) {
  let before = -1;
  for (;;) {
    try {
      return wasm.filch_host_worker_run(worker);
    } catch (error) {
      // A trap outside of any task would come again, for ever.
      const picked = wasm.filch_host_counter(worker, tasks);
      if (picked === before) throw error;
      before = picked;
      writeNote(memory, note, error.message);
      afterTrap(wasm, worker);
    }
  }
}

/** Asynchronous for JavaScript alone. */
function linkPlugin(message, post) {
  const done = () => post({ type: LINKED });
  if (!isForeign && (message.shape === 'module' || message.shape === 'script')) {
    isForeign = true;
    printAtOnce();
  }
  if (message.shape === 'module') {
    return callee
      .import(message.number, message.url)
      .then(done, (error) => post({ type: LINKED, reason: error.message }));
  }
  plugins.set(message.id, message);
  const linked = link(message, wasm, memory, ran);
  return linked instanceof Promise ? linked.then(done) : done();
}

function unlinkPlugin({ id }, post) {
  if (plugins.has(id)) unlink(plugins.get(id), wasm);
  plugins.delete(id);
  post({ type: LINKED });
}

const HANDLERS = { [LOAD]: load, [RUN]: run, [LINK]: linkPlugin, [UNLINK]: unlinkPlugin };

/**
 * Handles messages one after the other.
 *
 * @param {(message: object, transfer?: object[]) => void} post to the owner
 */
export function receiver(post) {
  const fail = (error) => post({ type: FAILED, reason: error.message });
  let before; // a promise of the messages that are handled now
  const handle = (message) => {
    try {
      return HANDLERS[message.type](message, post);
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
