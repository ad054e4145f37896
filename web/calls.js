/** Functions of the caller's own modules as tasks: what goes into a call's block, and what came out of it. Owner's thread only. */
import { ASKED, BY_MESSAGE, GAVE, HEAD, UNKNOWN } from './callee.js';
import { fromBytes, toBytes } from './clone.js';
import { ArgumentError, CorruptError, FreedMemoryError, PluginError } from './errors.js';
import { Holdings } from './holdings.js';
import { callOptions } from './options.js';
import { cancelled } from './outcome.js';
import { show } from './show.js';

/** Of errors that a worker names. */
const CLASSES = { [UNKNOWN]: PluginError };
/** Bytes that a result finds at least: more goes by message. */
const ROOM = 1024;

/** An absolute address. */
function addressOf(url) {
  const text = url instanceof URL ? url.href : url;
  if (typeof text === 'string' && URL.canParse?.(text) !== false) return text;
  throw new ArgumentError(`call() needs the URL of a module, as new URL('./tasks.js', import.meta.url), got ${show(url)}`);
}

export class Calls {
  #kernel;
  #memory;
  #words; // of all of it
  #bytes;
  #heap;
  #tell;
  #modules = new Map(); // address -> { number, ready: a promise until every worker has it }
  #numbers = 0;

  /** @param {(module: { number: number, url: string }) => Promise<void>} tell every worker, now and later */
  constructor({ kernel, memory, heap, tell }) {
    this.#kernel = { ...kernel, fields: [] }; // place() writes its arguments
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
        throw new PluginError(`call(): the module ${url} cannot be imported: ${error.message}`, { source: url, cause: error });
      },
    );
    module.ready.catch(() => {}); // the post may be refused
    return module;
  }

  /** As the Postings' methods do. `ready`: what the task must wait for; `transfer`: buffers that go. */
  posting(id, url, name, args, options) {
    const address = addressOf(url);
    if (typeof name !== 'string') throw new ArgumentError(`call() needs the name of a function, got ${show(name)}`);
    if (!Array.isArray(args)) throw new ArgumentError(`call() needs an array of arguments, got ${show(args)}`);
    const { transfer, ...checked } = callOptions(options);
    const holds = new Holdings();
    const uses = (view) => {
      const block = this.#heap.find(view);
      if (!block?.live) throw new FreedMemoryError(`call(): ${show(view)} among the arguments was freed before`);
      holds.add('blocks', block);
    };
    const bytes = this.#encode([id, name, args], uses).slice();
    const { number, ready } = this.#module(address);
    holds.called = { kernel: { name }, module: number, bytes, block: undefined };
    return { kernel: this.#kernel, checked: { ...checked, begin: 0, end: 1, deterministic: false }, holds, ready, transfer };
  }

  /**
   * The task is to have a slot: its arguments go into shared memory. False: there is none before another task has ended. Throws
   * OutOfMemoryError.
   *
   * @param {Uint32Array} words the kernel's arguments, { u32 address, u32 length, u32 module }
   * @param {number} others tasks that have slots
   */
  place({ holds }, words, others) {
    const { called } = holds;
    try {
      if (!called.block) this.#write(called, holds);
    } catch (error) {
      if (error.code === 'OUT_OF_MEMORY' && others) return false;
      throw error;
    }
    words.set([called.block.address, called.block.size, called.module]);
    return true;
  }

  #write(called, holds) {
    const { kernel, bytes } = called;
    called.block = this.#heap.reserve(HEAD + Math.max(bytes.length, ROOM), `call() of ${show(kernel.name)}: arguments`);
    holds.add('own', called.block);
    const { address } = called.block;
    this.#words[address / 4] = ASKED;
    this.#words[address / 4 + 1] = bytes.length;
    this.#bytes.set(bytes, address + HEAD);
    called.bytes = undefined;
  }

  #encode(asked, uses) {
    try {
      return toBytes(asked, 'asked', this.#memory.buffer, uses);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new ArgumentError(error.message.replace('asked[2]', 'call(): args'), { cause: error });
    }
  }

  /** Whether what came of it comes by message, and has not. */
  isOut({ holds, answer }) {
    return !answer && this.#words[holds.called.block.address / 4] === BY_MESSAGE;
  }

  /** What came of a task that has ended by itself, or was cancelled while it was out. @returns {[state: string, outcome: unknown]} */
  read(task) {
    const { holds, answer } = task;
    const { buffer } = this.#memory;
    if (answer && !answer.threw) return ['done', answer.value];
    if (this.isOut(task)) return ['cancelled', cancelled(task)];
    const { address, size } = holds.called.block;
    const [how, length] = [this.#words[address / 4], Math.min(this.#words[address / 4 + 1], size - HEAD)];
    try {
      const bytes = answer?.threw ?? this.#bytes.slice(address + HEAD, address + HEAD + length);
      return [how === GAVE ? 'done' : 'failed', fromBytes(bytes, buffer, CLASSES)];
    } catch (cause) {
      return ['failed', new CorruptError(`job ${task.id} (function ${show(task.face.name)}): what came of it cannot be read: ${cause.message}`, { cause })];
    }
  }
}

const MARK = Symbol.for('filch.transfer');

/**
 * For what a called function returns: these buffers (ports, pictures, ...) are moved to the page, not copied. Nothing is checked here.
 *
 * @param {unknown} value @param {object[]} list
 */
export const transfer = (value, list) => ({ [MARK]: list, value });
