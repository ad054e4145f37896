/** Calls of JavaScript functions as tasks. See workers/callee.js. Owner's thread only. */
import { addressOf } from '../core/address.js';
import { ArgumentError, CorruptError, FreedMemoryError, PluginError } from '../core/errors.js';
import { show } from '../core/show.js';
import { fromBytes, toBytes } from '../memory/clone.js';
import { ARRAY_AT, ARRAY_LENGTH, CALL_BLOCK, CALL_MODULE } from '../wasm/abi.js';
import { ASKED, BY_MESSAGE, GAVE, HEAD, TRANSFER, UNKNOWN } from '../workers/callee.js';
import { callOptions } from './options.js';
import { cancelled, jobError } from './failures.js';
import { Resources } from './resources.js';

/** Classes of errors that a worker names. */
const CLASSES = { [UNKNOWN]: PluginError };
/** Bytes of a block at least. A larger result goes by message. */
const SPACE = 1024;

export class Calls {
  #kernel;
  #memory;
  #words; // of the whole memory
  #bytes;
  #heap;
  #tell;
  #modules = new Map(); // address -> { number, ready: a promise until every worker has it }
  #numbers = 0;

  constructor({ builtin, memory, heap, tell }) {
    this.#kernel = { ...builtin.filch_call, fields: [] }; // place() gives its arguments
    this.#memory = memory;
    this.#words = new Uint32Array(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#heap = heap;
    this.#tell = tell;
  }

  #module(url) {
    let module = this.#modules.get(url);
    if (module) return module;
    module = { number: ++this.#numbers };
    this.#modules.set(url, module);
    module.ready = this.#tell({ number: module.number, url }).then(
      () => (module.ready = undefined),
      (error) => {
        this.#modules.delete(url);
        throw new PluginError(`call(): the module ${url} cannot be imported: ${error.message}`, {
          source: url,
          cause: error,
        });
      },
    );
    module.ready.catch(() => {}); // the runtime may refuse the post
    return module;
  }

  /** A submission. `ready`: a promise that the task must wait for; `transfer`: buffers that go. */
  submission(id, url, name, args, options) {
    const address = addressOf(url, 'call()');
    if (typeof name !== 'string')
      throw new ArgumentError(`call() needs the name of a function, got ${show(name)}`);
    if (!Array.isArray(args))
      throw new ArgumentError(`call() needs an array of arguments, got ${show(args)}`);
    const { transfer, ...checked } = callOptions(options);
    const resources = new Resources();
    const uses = (view) => {
      const block = this.#heap.find(view);
      if (!block?.live)
        throw new FreedMemoryError(`call(): ${show(view)} among the arguments was freed before`);
      resources.add('blocks', block);
    };
    const bytes = this.#encode([id, name, args], uses).slice();
    const { number, ready } = this.#module(address);
    resources.call = { kernel: { name }, module: number, bytes, block: undefined };
    return {
      kernel: this.#kernel,
      checked: { ...checked, begin: 0, end: 1, deterministic: false },
      resources,
      ready,
      transfer,
    };
  }

  /**
   * Writes the arguments of a call into shared memory. Throws OutOfMemoryError.
   *
   * @param {number} others tasks that have slots
   * @returns {number[] | undefined} the kernel's arguments, word by word; undefined: there is no
   *   memory before another task has ended
   */
  place({ resources }, others) {
    const { call } = resources;
    try {
      if (!call.block) this.#write(call, resources);
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

  #write(call, resources) {
    const { kernel, bytes } = call;
    call.block = this.#heap.reserve(
      HEAD + Math.max(bytes.length, SPACE),
      `call() of ${show(kernel.name)}: arguments`,
    );
    resources.add('own', call.block);
    const { address } = call.block;
    this.#words[address / 4] = ASKED;
    this.#words[address / 4 + 1] = bytes.length;
    this.#bytes.set(bytes, address + HEAD);
    call.bytes = undefined;
  }

  #encode(asked, uses) {
    try {
      return toBytes(asked, 'asked', this.#memory.buffer, uses);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new ArgumentError(error.message.replace('asked[2]', 'call(): args'), { cause: error });
    }
  }

  /** Whether the answer comes by message, and has not come. */
  awaitsAnswer({ resources, answer }) {
    return !answer && this.#words[resources.call.block.address / 4] === BY_MESSAGE;
  }

  /** The outcome of a call that has ended, or was cancelled before its answer came. */
  read(task) {
    const { resources, answer } = task;
    const { buffer } = this.#memory;
    if (answer && !answer.threw) return ['done', answer.value];
    if (this.awaitsAnswer(task)) return ['cancelled', cancelled(task)];
    const { address, size } = resources.call.block;
    const [how, length] = [
      this.#words[address / 4],
      Math.min(this.#words[address / 4 + 1], size - HEAD),
    ];
    try {
      const bytes = answer?.threw ?? this.#bytes.slice(address + HEAD, address + HEAD + length);
      return [how === GAVE ? 'done' : 'failed', fromBytes(bytes, buffer, CLASSES)];
    } catch (cause) {
      const text = `: its answer cannot be read: ${cause.message}`;
      return ['failed', jobError(CorruptError, task, text, { cause })];
    }
  }
}

/** See index.d.ts. Nothing is checked here. */
export const transfer = (value, list) => ({ [TRANSFER]: list, value });
