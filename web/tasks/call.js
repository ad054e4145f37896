/** Calls of JavaScript functions as tasks. See workers/callee.js. Owner's thread only. */
import { addressOf } from '../core/address.js';
import { ArgumentError, FreedMemoryError, PluginError } from '../core/errors.js';
import { textOf } from '../core/guard.js';
import { lazy, preloaded } from '../core/lazy.js';
import { show } from '../core/show.js';
import { toBytes } from '../memory/clone.js';
import { cloned, pack, parcel } from '../memory/values.js';
import { ARRAY_AT, ARRAY_LENGTH, CALL_BLOCK, CALL_MODULE } from '../wasm/abi.js';
import { ASKED, ASKED_BY_MESSAGE, BY_MESSAGE, HEAD, TRANSFER } from '../workers/call-block.js';
import { callOptions } from './options.js';
import { Resources } from './resources.js';

/** Bytes of a block at least. A larger result goes by message. */
const SPACE = 1024;

export class Calls {
  #kernel;
  #memory;
  #words; // of the whole memory
  #bytes;
  #view;
  #heap;
  #tell;
  #load;
  #modules = new Map(); // address -> { number, ready: a promise until every worker has it }
  #numbers = 0;

  /** What calls need once they run. undefined: none has run. */
  running;

  /** @param {object} parts run(RunningCalls) makes them; tell: see scheduler.js */
  constructor({ builtin, memory, heap, tell, run }) {
    this.#kernel = { ...builtin.filch_call, fields: [] }; // place() gives its arguments
    this.#memory = memory;
    this.#words = new Uint32Array(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#heap = heap;
    this.#tell = tell;
    const load = async () => {
      const { RunningCalls } = await (preloaded.calls ?? import('./running-calls.js'));
      this.running = run(RunningCalls);
    };
    this.#load = lazy('call() needs', load, PluginError, { source: '' });
  }

  #module(url) {
    let module = this.#modules.get(url);
    if (module) return module;
    module = { number: ++this.#numbers };
    this.#modules.set(url, module);
    const told = this.#tell({ number: module.number, url }).catch((cause) => {
      const text = `call(): the module ${url} cannot be imported: ${textOf(cause)}`;
      throw new PluginError(text, { source: url, cause });
    });
    module.ready = Promise.all([told, this.#load()]).then(
      () => (module.ready = undefined),
      (error) => {
        this.#modules.delete(url);
        throw error;
      },
    );
    module.ready.catch(() => {}); // the runtime may refuse the post
    return module;
  }

  /** A submission. `ready`: a promise that the task must wait for; `transfers`: objects move. */
  submission(url, name, args, options) {
    const address = addressOf(url, 'call()');
    if (typeof name !== 'string')
      throw new ArgumentError(`call() needs the name of a function, got ${show(name)}`);
    if (!Array.isArray(args))
      throw new ArgumentError(`call() needs an array of arguments, got ${show(args)}`);
    const { transfer, ...checked } = callOptions(options);
    const resources = new Resources();
    const given = Array.from(args);
    const { buffer } = this.#memory;
    const moves = transfer.length > 0;
    const { own, copy, bytes } = cloned(
      given,
      'args',
      () => pack([name, ...given], buffer, moves),
      refused,
    );
    for (const view of own) {
      const block = this.#heap.find(view);
      if (!block?.live)
        throw new FreedMemoryError(`call(): ${show(view)} among the arguments was freed before`);
      resources.add('blocks', block);
    }
    const call = { kernel: { name }, source: address, bytes: bytes?.slice(), block: undefined };
    if (!bytes) {
      // Arrays of the shared memory stay in the block.
      const isOwn = (arg) => own.includes(arg);
      const stay = given.map((arg) => (isOwn(arg) ? arg : undefined));
      const go = given.map((arg) => (isOwn(arg) ? undefined : arg));
      call.bytes = toBytes([name, ...stay], buffer, true).slice();
      call.how = ASKED_BY_MESSAGE;
      if (moves) call.moves = { go, transfer };
      else if (copy) call.parcel = { message: { values: copy.slice(1) }, transfer };
      else call.parcel = cloned(go, 'args', () => parcel(go, transfer), refused);
    }
    const { number, ready } = this.#module(address);
    call.module = number;
    resources.call = call;
    return {
      kernel: this.#kernel,
      checked,
      resources,
      ready,
    };
  }

  /**
   * Moves the objects of the option `transfer` out of the caller's hands: nothing else refuses the
   * post afterwards. Throws ArgumentError, OutOfMemoryError.
   *
   * @param {number} others as of place()
   */
  move(task, others) {
    const { call } = task.resources;
    const { go, transfer } = call.moves;
    this.place(task, others);
    call.parcel = cloned(go, 'args', () => parcel(go, transfer), refused, transfer);
    call.moves = undefined;
  }

  /**
   * Writes the arguments of a call into shared memory. Throws OutOfMemoryError.
   *
   * @param {number} others tasks that have slots
   * @returns {number[] | undefined} the kernel's arguments, word by word; undefined: there is no
   *   memory before another task has ended
   */
  place({ id, resources }, others) {
    const { call } = resources;
    try {
      if (!call.block) this.#write(call, resources, id);
    } catch (error) {
      if (error.code === 'OUT_OF_MEMORY' && others) return undefined;
      throw error;
    }
    const args = [];
    args[(CALL_BLOCK + ARRAY_AT) / 4] = call.block.address;
    args[(CALL_BLOCK + ARRAY_LENGTH) / 4] = call.block.size;
    args[CALL_MODULE / 4] = call.module;
    return args;
  }

  #write(call, resources, id) {
    const { kernel, bytes, how = ASKED } = call;
    call.block = this.#heap.reserve(
      HEAD + Math.max(bytes.length, SPACE),
      `call() of ${show(kernel.name)}: arguments`,
    );
    resources.add('own', call.block);
    const { address } = call.block;
    this.#words[address / 4] = how;
    this.#words[address / 4 + 1] = bytes.length;
    this.#view.setFloat64(address + 8, id, true);
    this.#bytes.set(bytes, address + HEAD);
    call.bytes = undefined;
  }

  /** Whether the answer comes by message, and has not come. */
  awaitsAnswer({ resources, answer }) {
    return !answer && this.#words[resources.call.block.address / 4] === BY_MESSAGE;
  }
}

const refused = (text, cause) => new ArgumentError(`call(): ${text}`, { cause });

/** See index.d.ts. Nothing is checked here. */
export const transfer = (value, list) => ({ [TRANSFER]: list, value });
