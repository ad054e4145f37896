/** The owner's messages, received in a worker. */
import { textOf } from '../core/guard.js';
import { now, printAtOnce, turn } from '../core/platform.js';
import { WORKER_HOME, WORKER_IDLE } from '../wasm/abi.js';
import { unsigned } from '../wasm/address.js';
import { exportsOf, importsOf } from '../wasm/imports.js';
import { afterTrap, anyStack, enterStack } from '../wasm/stack-limits.js';
import { ABSENT } from './call-block.js';
import { noteToJson } from './engine-error.js';
import { unparked } from './idle.js';
import { later } from './later.js';
import { TrapNotes } from './trap-note.js';
import {
  ANSWER,
  ARGUMENTS,
  ENTER,
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

/** Milliseconds that a worker may work for before its event loop has a turn. */
const BUSY = 10;

/**
 * What a worker's script does with messages and exceptions.
 *
 * @param {(message: object, transfer?: object[]) => void} send to the owner
 */
export function receiver(send) {
  let memory;
  let wasm;
  let callee; // once a module has come
  let linking; // linking.js, once a plug-in has come
  let key; // of this worker's messages
  let number; // this worker's
  let work; // works, and tells why the worker has come out: WORKER_HOME, and others
  let isInside = false; // the module
  let isForeign = false; // the application's JavaScript has run on this thread
  let turned; // when the event loop has turned last
  let ending = ''; // why this thread ends once it is out of the module
  const plugins = new Map(); // by id
  const { loadCallee, loadLinking } = later();

  const post = (message, transfer) => send({ ...message, key }, transfer);
  const fail = (error) => post({ type: FAILED, reason: textOf(error) });
  const ended = () => ending && post({ type: FAILED, reason: ending });
  const leave = () => wasm.filch_host_worker_leave(number);

  /** The application's JavaScript has run. */
  const ran = () => now() - turned > BUSY && leave();

  /** Synchronous throughout: a worker may have to start while the page does not answer. */
  function load(message) {
    memory = message.memory;
    // Workers and the owner count time from the same moment, for the trace.
    const offset = performance.timeOrigin - message.origin;
    const filch = {
      now: () => now() + offset,
      notify: () => post({ type: NOTIFY }),
      call(...call) {
        if (!callee) return refuseCall(...call);
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

  function enter({ worker, top, layout, notes, tasks }) {
    wasm.filch_host_worker_enter(top); // the instance comes with the owner's stack
    wasm.filch_host_attach(...layout); // this instance knows the region by these numbers alone
    enterStack(wasm, worker);
    number = worker;
    const trapNotes = new TrapNotes(memory, notes, () => linking?.toBytes);
    work = () => workOn(trapNotes, tasks);
  }

  /** Asynchronous where the application's JavaScript has run. */
  function run() {
    turned = now();
    wasm.filch_host_worker_return_idle(number, Number(isForeign));
    if (isForeign) return turning();
    work();
    return ending || post({ type: STOPPED });
  }

  /**
   * Works, and is out of the module until the functions have ended, and while there is nothing to
   * do. The event loop turns whenever the worker is out.
   */
  async function turning() {
    const word = unsigned(wasm.filch_host_worker_parked(number));
    const parked = new Int32Array(memory.buffer, word, 1);
    for (let outcome; outcome !== WORKER_HOME && !ending; ) {
      outcome = work();
      while (callee?.pending && !ending) await callee.pending;
      if (ending) return;
      await (outcome === WORKER_IDLE ? unparked(parked) : turn());
      turned = now();
    }
    if (!ending) post({ type: STOPPED });
  }

  function workOn(notes, tasks) {
    let before = -1;
    for (;;) {
      try {
        isInside = true;
        return wasm.filch_host_worker_run(number);
      } catch (error) {
        afterTrap(wasm, number, error, notes);
        // A trap outside of any task would come again, for ever.
        const picked = wasm.filch_host_counter(number, tasks);
        if (picked === before) throw error;
        before = picked;
      } finally {
        isInside = false;
      }
    }
  }

  /** This thread has replaced another one, and could not load callee.js in time. */
  function refuseCall(_module, block) {
    new Uint32Array(memory.buffer, unsigned(block), 1)[0] = ABSENT;
    return 1;
  }

  async function importModule({ number, url }) {
    const { Callee } = await loadCallee();
    const answer = (answer, transfer) => post({ type: ANSWER, answer }, transfer);
    callee ??= new Callee({ memory, answer, leave });
    await callee.import(number, url);
  }

  /** The owner may take the plug-in away while the code comes. */
  async function linkPlugin(plugin) {
    plugins.set(plugin.id, plugin);
    linking ??= await loadLinking().catch((error) => {
      plugins.delete(plugin.id);
      throw error;
    });
    if (!plugin.isGone) await linking.link(plugin, wasm, memory, ran);
  }

  /** Answers later, when all that is imported has come. The worker may run meanwhile. */
  async function answerLink(message) {
    const { ask, shape, url } = message;
    if (url && !isForeign) {
      isForeign = true;
      printAtOnce();
    }
    let reason;
    try {
      await (shape === 'module' ? importModule(message) : linkPlugin(message));
    } catch (error) {
      reason = textOf(error);
      if (!url) message.begun = noteToJson([0, '', error]);
    }
    post({ type: LINKED, ask, reason, begun: message.begun });
  }

  function unlinkPlugin({ ask, id }) {
    const plugin = plugins.get(id);
    if (plugin) plugin.isGone = true;
    if (plugin) linking?.unlink(plugin, wasm);
    plugins.delete(id);
    post({ type: LINKED, ask });
  }

  const handlers = {
    [LOAD]: load,
    [ENTER]: enter,
    [RUN]: run,
    [LINK]: answerLink,
    [UNLINK]: unlinkPlugin,
    [ARGUMENTS]: (message) => callee?.take(message),
  };

  return {
    receive(message) {
      try {
        if (ending || !Object.hasOwn(handlers, message?.type)) return; // foreign
        if (message.type === LOAD) key = message.key;
        Promise.resolve(handlers[message.type](message)).catch(fail).then(ended);
      } catch (error) {
        fail(error);
      }
    },

    /** An exception that nothing has caught. None is Filch's own: receive() catches those. */
    uncaught: (thrown) => post({ type: ERROR, reason: textOf(thrown) }),

    /** The thread is to end: at the next safepoint, if it is in the module. */
    end(reason) {
      ending = reason;
      if (isInside) leave();
      else ended();
    },
  };
}
