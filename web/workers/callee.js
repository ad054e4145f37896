/**
 * The callee of runtime.call(), on each worker's thread.
 *
 * A call's block: { u32 how, u32 length }, and so many bytes of memory/clone.js: first [job, name,
 * args], afterwards the answer. An answer that does not fit there goes by message.
 */
import { textOf } from '../core/guard.js';
import { list, show } from '../core/show.js';
import { fromBytes, toBytes } from '../memory/clone.js';

export const HEAD = 8;
/**
 * Values of `how`: the call is to come; the block has the result, or the error; the answer comes by
 * message.
 */
export const ASKED = 0;
export const GAVE = 1;
export const THREW = 2;
export const BY_MESSAGE = 3;
/** The kernel's code where the function threw. */
const FAILED = 1;
/** The name of the error where a module has no such function: a class of the owner's. */
export const UNKNOWN = 'PluginError';
/** The list of transfer() in tasks/call.js. */
export const TRANSFER = Symbol.for('filch.transfer');

export class Callee {
  #memory;
  #words; // of the whole memory
  #bytes;
  #answer;
  #leave;
  #modules = new Map(); // number -> namespace
  #missing = new Map(); // number -> why the module is missing

  /**
   * A promise of the functions that have not ended, and wait until the thread leaves the module.
   */
  pending;

  /**
   * @param {object} parts answer(message, transfer) posts the message; leave(): this thread is to
   *   leave the module soon
   */
  constructor({ memory, answer, leave }) {
    this.#memory = memory;
    this.#words = new Uint32Array(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#answer = answer;
    this.#leave = leave;
  }

  async import(number, url) {
    const missing = (why) =>
      this.#missing.set(number, `the module ${url} cannot be imported: ${why}`);
    missing('it was not in time');
    try {
      this.#modules.set(number, await import(/* webpackIgnore: true */ /* @vite-ignore */ url));
    } catch (error) {
      missing(textOf(error));
      throw error;
    }
  }

  /** The import of the same name. @returns {number} a kernel's code */
  call(number, address, space) {
    const { buffer } = this.#memory;
    const [head, body] = [address / 4, address + HEAD];
    let job;
    const inBlock = (how, bytes) => {
      if (HEAD + bytes.length > space) return false;
      this.#bytes.set(bytes, body);
      this.#words[head] = how;
      this.#words[head + 1] = bytes.length;
      return true;
    };
    try {
      const asked = fromBytes(this.#bytes.slice(body, body + this.#words[head + 1]), buffer);
      job = asked[0];
      const value = this.#find(number, asked[1])(...asked[2]);
      if (typeof value?.then === 'function') {
        this.#words[head] = BY_MESSAGE;
        this.#await(job, value);
        return 0;
      }
      const small = isSmall(value, buffer, space - HEAD);
      if (small && inBlock(GAVE, small)) return 0;
      this.#words[head] = BY_MESSAGE;
      this.#give(job, value);
      return 0;
    } catch (error) {
      const bytes = thrown(error, buffer);
      if (!inBlock(THREW, bytes)) {
        this.#words[head] = BY_MESSAGE;
        this.#answer({ job, threw: bytes.slice() }, []);
      }
      return FAILED;
    }
  }

  #find(number, name) {
    const module = this.#modules.get(number);
    if (typeof module?.[name] === 'function') return module[name];
    const text = !module
      ? this.#missing.get(number)
      : `the module exports no function ${show(name)}; it exports ${list(Object.keys(module).sort())}`;
    throw Object.assign(new Error(text), { name: UNKNOWN });
  }

  #give(job, value) {
    const [bare, transfer] = isTransfer(value) ? [value.value, value[TRANSFER]] : [value, []];
    this.#answer({ job, value: bare }, transfer);
  }

  #await(job, value) {
    const one = Promise.resolve(value)
      .then((result) => this.#give(job, result))
      .catch((error) =>
        this.#answer({ job, threw: thrown(error, this.#memory.buffer).slice() }, []),
      );
    const all = Promise.all([this.pending, one]).then(
      () => this.pending === all && (this.pending = undefined),
    );
    this.pending = all;
    this.#leave();
  }
}

const isTransfer = (value) => typeof value === 'object' && value !== null && TRANSFER in value;

/** A value's bytes, where they are quick to make; undefined: a message is to carry the value. */
function isSmall(value, shared, space) {
  if (isTransfer(value)) return undefined;
  if (typeof value === 'string' && value.length > space) return undefined;
  if (ArrayBuffer.isView(value) && value.buffer !== shared && value.buffer.byteLength > space)
    return undefined;
  try {
    return toBytes(value, 'the result', shared);
  } catch {
    return undefined; // the engine may clone the value, or gives the reason why not
  }
}

/** The bytes of an error. Never throws. */
function thrown(error, shared) {
  try {
    return toBytes(error, 'what was thrown', shared);
  } catch {
    const text = (part, instead) => {
      try {
        return String(error[part] ?? instead);
      } catch {
        return instead;
      }
    };
    const parts = { name: text('name', 'Error'), stack: text('stack', '') };
    return toBytes(Object.assign(new Error(text('message', show(error))), parts), '', shared);
  }
}
