/** The callee of runtime.call(), on each worker's thread. A worker loads it when a module comes. */
import { textOf } from '../core/guard.js';
import { list, show } from '../core/show.js';
import { toBytes } from '../memory/clone.js';
import { fromBytes } from '../memory/clone-reader.js';
import { cloned, pack, UNREADABLE, unpack } from '../memory/values.js';
import { unsigned } from '../wasm/address.js';
import {
  ARGUMENTS_LOST,
  ASKED_BY_MESSAGE,
  BY_MESSAGE,
  GAVE,
  HEAD,
  OWN,
  THREW,
  TRANSFER,
  UNFIT,
} from './call-block.js';
import { shortened } from './trap-note.js';

/** The kernel's code where the function threw. */
const FAILED = 1;

export class Callee {
  #memory;
  #words; // of the whole memory
  #bytes;
  #answer;
  #leave;
  #asked = []; // resolvers of questions, the oldest first
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
    const at = unsigned(address);
    const [head, body] = [at / 4, at + HEAD];
    const job = new Float64Array(buffer, at + 8, 1)[0];
    const inBlock = (how, bytes) => {
      if (!bytes || HEAD + bytes.length > space) return false;
      this.#bytes.set(bytes, body);
      this.#words[head] = how;
      this.#words[head + 1] = bytes.length;
      return true;
    };
    try {
      const bytes = this.#bytes.slice(body, body + this.#words[head + 1]);
      const [name, ...args] = fromBytes(bytes, buffer);
      const f = this.#find(number, name);
      const value = this.#words[head] === ASKED_BY_MESSAGE ? this.#ask(job, f, args) : f(...args);
      if (typeof value?.then === 'function') {
        this.#words[head] = BY_MESSAGE;
        this.#await(job, value);
        return 0;
      }
      const result = packed(value, buffer);
      if (inBlock(GAVE, result)) return 0;
      this.#words[head] = BY_MESSAGE;
      this.#send(job, value, result);
      return 0;
    } catch (error) {
      const { how, bytes } = thrown(error, buffer);
      if (!inBlock(how, bytes)) {
        this.#words[head] = BY_MESSAGE;
        this.#answer({ job, how, bytes: bytes.slice() }, []);
      }
      return FAILED;
    }
  }

  /** Calls a function when its arguments have come; does not call it if the job has settled. */
  async #ask(job, f, args) {
    const given = await new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#answer({ job, asks: true }, []);
    });
    return given && f(...args.map((arg, i) => arg ?? given[i]));
  }

  /** The owner's reply to the oldest question: see ARGUMENTS in protocol.js. */
  take(message) {
    const { resolve, reject } = this.#asked.shift() ?? {};
    if (!resolve) return;
    const reason = message.isUnreadable ? UNREADABLE : message.reason;
    const lost = (error) => reject(own(ARGUMENTS_LOST, textOf(error)));
    if (reason) lost(new Error(reason));
    else unpack(message).then(resolve, lost);
  }

  #find(number, name) {
    const module = this.#modules.get(number);
    if (typeof module?.[name] === 'function') return module[name];
    const text = !module
      ? (this.#missing.get(number) ?? 'the module was not imported on this thread')
      : `the module exports no function ${show(name)}; it exports ${list(Object.keys(module).sort())}`;
    throw own(UNFIT, text);
  }

  #send(job, value, bytes) {
    if (bytes) return this.#answer({ job, how: GAVE, bytes: bytes.slice() }, []);
    const [bare, transfer] = isTransfer(value) ? [value.value, value[TRANSFER]] : [value, []];
    given(bare, () => this.#answer({ job, value: bare }, transfer), transfer);
    this.#answer({ job, isSent: true }, []);
  }

  #await(job, value) {
    const one = Promise.resolve(value)
      .then((result) => this.#send(job, result, packed(result, this.#memory.buffer)))
      .catch((error) => {
        const { how, bytes } = thrown(error, this.#memory.buffer);
        this.#answer({ job, how, bytes: bytes.slice() }, []);
      });
    const all = Promise.all([this.pending, one]).then(
      () => this.pending === all && (this.pending = undefined),
    );
    this.pending = all;
    this.#leave();
  }
}

const isTransfer = (value) => typeof value === 'object' && value !== null && TRANSFER in value;

/** An error of the callee's own: see call-block.js. */
function own(name, text, cause) {
  const error = Object.assign(new Error(text, cause && { cause }), { name });
  owns.add(error);
  return error;
}
const owns = new WeakSet();

const given = (value, clone, transfer) =>
  cloned(value, 'result', clone, (text, cause) => own(UNFIT, `call(): ${text}`, cause), transfer);

/** The bytes of a result; undefined: a message is to carry it. */
const packed = (value, shared) =>
  isTransfer(value) ? undefined : given(value, () => pack([value], shared).bytes);

/** { how, bytes } of an error. Never throws. */
const thrown = (error, shared) => ({
  how: owns.has(error) ? OWN : THREW,
  bytes: toBytes(error, shared, true) ?? toBytes(shortened(error, Infinity), shared, true),
});
