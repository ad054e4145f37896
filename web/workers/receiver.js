/** The owner's messages, received in a worker. */
import { exportsOf, importsOf } from '../wasm/imports.js';
import { link, unlink } from '../wasm/link.js';
import { afterTrap, anyStack, enterStack } from '../wasm/stack-limits.js';
import { Callee } from './callee.js';
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

/**
 * A worker's side of the protocol. Handles messages one after the other.
 *
 * @param {(message: object, transfer?: object[]) => void} post to the owner
 */
export function receiver(post) {
  let memory;
  let wasm;
  let callee;
  let number; // this worker's, while it runs
  const plugins = new Map(); // by id

  /** Synchronous throughout: a worker may have to start while the page does not answer. */
  function load(message) {
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
  function run({ worker, note, tasks }) {
    number = worker;
    enterStack(wasm, worker);
    const home = work(worker, note, tasks);
    return callee.pending
      ? outside(home, () => work(worker, note, tasks))
      : post({ type: STOPPED });
  }

  /**
   * The worker is out of the module until its functions have ended.
   *
   * @param {boolean} home the worker is not to go back
   */
  async function outside(home, again) {
    while (callee.pending) {
      await callee.pending;
      if (!home) home = again();
    }
    post({ type: STOPPED });
  }

  /** False: the worker left for a function. */
  function work(worker, note, tasks) {
    let before = -1;
    for (;;) {
      try {
        return wasm.filch_host_worker_run(worker) === 1;
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
  function linkPlugin(message) {
    const done = () => post({ type: LINKED });
    if (message.shape === 'module') {
      return callee
        .import(message.number, message.url)
        .then(done, (error) => post({ type: LINKED, reason: error.message }));
    }
    plugins.set(message.id, message);
    const linked = link(message, wasm, memory);
    return linked instanceof Promise ? linked.then(done) : done();
  }

  function unlinkPlugin({ id }) {
    if (plugins.has(id)) unlink(plugins.get(id), wasm);
    plugins.delete(id);
    post({ type: LINKED });
  }

  const handlers = { [LOAD]: load, [RUN]: run, [LINK]: linkPlugin, [UNLINK]: unlinkPlugin };
  const fail = (error) => post({ type: FAILED, reason: error.message });
  let before; // a promise of the messages that are handled now
  const handle = (message) => {
    try {
      return handlers[message.type](message);
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
