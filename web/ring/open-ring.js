/**
 * A ring that the owner has opened: its memory, and its end. The consumer serves the ring, once its
 * code is loaded; until then records wait in the ring. Owner's thread only.
 */
import { any, check, flag, object, text, whole } from '../core/check.js';
import { ArgumentError } from '../core/errors.js';
import { show } from '../core/show.js';
import { unfit } from '../tasks/batch.js';
import { commonOptions, priority } from '../tasks/options.js';
import { Resources } from '../tasks/resources.js';
import { pack } from '../wasm/schema.js';
import {
  BELL,
  CALLS,
  CLOSED,
  CONTROL,
  FREED,
  GONE,
  PASSED,
  REGULARLY,
  START,
  TAIL,
  UNSERVED,
} from './layout.js';
import { channelOf, hear } from './signal.js';

/** The options of ring(), ringPort(), and their close(); the producer has its own. */
const RING = {
  bytes: { ...whole(256, 2 ** 30), what: 'bytes, a whole number from 256 to 2^30' },
  into: { what: 'the name of an array argument', fits: text.fits },
  args: object,
  ordered: flag,
  name: text,
  priority,
  encode: any, // producer.js
  decode: any,
  flush: any,
};
const CLOSE = { gone: flag };

function ringOptions(options) {
  const checked = check(options, RING, ArgumentError, 'ring()');
  return { bytes: 65536, ordered: false, ...checked, ...commonOptions(checked) };
}

const ringCloseOptions = (options = {}) => check(options, CLOSE, ArgumentError, 'close()');

export class OpenRing {
  #uses; // the memory that the other arguments lie in
  #bell;
  #ended;
  #stop = () => {};
  #isUnserved = false; // there is no code for a consumer

  memory;
  heap;
  kernel;
  options;
  field; // the kernel's array argument that gets a record
  template; // the other arguments, as C reads them
  block; // undefined: the ring's memory is not its own any more
  words; // of control
  capacity;
  /** undefined: its code is being loaded. */
  consumer;
  /** Of a producer on this thread: head of a record -> its error. */
  errors;
  /** The ring posts no records any more. */
  stopped = false;

  /** Throws FilchError. @param {object} parts ended(ring): the memory is given back */
  constructor({ memory, heap, kernel, options, ended }) {
    const why = unfit(kernel);
    if (why) throw new ArgumentError(`a ring takes a kernel of loops, and ${why}`);
    this.options = ringOptions(options);
    const { into, args = {}, bytes } = this.options;
    const arrays = kernel.fields.filter(({ role, type }) => role === 'array' && type === 'u8');
    this.field = into === undefined ? arrays[0] : arrays.find(({ name }) => name === into);
    if (!this.field) {
      const which = into === undefined ? '' : ` called ${show(into)}`;
      throw new ArgumentError(
        `a ring gives each record to an array argument of bytes, and kernel ${show(kernel.name)} has none${which}`,
      );
    }
    this.memory = memory;
    this.heap = heap;
    this.kernel = kernel;
    this.#ended = ended;
    this.capacity = 2 ** Math.ceil(Math.log2(bytes));
    this.block = heap.reserve(CONTROL + this.capacity, 'a ring');
    this.words = new Int32Array(memory.buffer, this.block.address, CONTROL / 4);
    this.words[TAIL] = this.words[FREED] = this.words[PASSED] = START;
    this.template = new Uint8Array(kernel.argsBytes);
    const resources = new Resources();
    try {
      const given = { ...args, [this.field.name]: heap.view(Uint8Array, this.block, 0, 0) };
      pack(kernel, given, { heap, into: new DataView(this.template.buffer), resources });
      resources.check();
    } catch (error) {
      resources.release(heap);
      heap.release(this.block);
      throw error;
    }
    this.#uses = resources;
    for (const block of resources.blocks) block.users++;
  }

  get parts() {
    return { address: this.block.address, capacity: this.capacity };
  }

  /** The producer is on this thread. @param {() => void} bell */
  near(bell) {
    this.#bell = bell;
    this.errors = new Map();
  }

  takeError(head) {
    const error = this.errors.get(head);
    this.errors.delete(head);
    return error;
  }

  /** The producer is on another thread. @returns {object} its port */
  far(name) {
    const port = {
      memory: this.memory,
      name,
      byMessage: typeof Atomics.waitAsync !== 'function',
      ...this.parts,
    };
    const channel = channelOf(port);
    this.#stop = hear(this.words, CALLS, channel, () => this.look());
    this.#bell = () => {
      Atomics.notify(this.words, BELL);
      channel?.postMessage(0);
    };
    return port;
  }

  notify() {
    Atomics.add(this.words, BELL, 1);
    this.#bell();
  }

  /** The producer has called, or there is a consumer now. */
  look() {
    if (!this.block) return;
    if (this.consumer) this.consumer.look();
    else if (this.#isUnserved && Atomics.load(this.words, CALLS) & GONE) this.end();
  }

  /** The consumer's code cannot be loaded: the producer is to go. */
  giveUp() {
    if (!this.block) return;
    this.#isUnserved = true;
    Atomics.store(this.words, CLOSED, UNSERVED);
    this.notify();
    this.look();
  }

  /** Producer and consumer are through with the ring: its memory is given back. */
  end() {
    this.#stop();
    for (const block of this.#uses.blocks) block.users--;
    this.#uses.release(this.heap);
    this.heap.release(this.block);
    this.block = undefined;
    this.#ended(this);
  }

  /** The producer is to go, or has gone without a word. Batches on their way end first. */
  close(options) {
    const { gone } = ringCloseOptions(options);
    if (!this.block) return;
    Atomics.store(this.words, CLOSED, REGULARLY);
    if (gone) Atomics.or(this.words, CALLS, GONE);
    this.notify();
    this.look();
  }

  /**
   * No batch settles any more: the runtime is closed, or the ring's memory is corrupt. The memory
   * is not given to others.
   */
  abandon(why) {
    Atomics.store(this.words, CLOSED, why);
    this.notify();
    this.#stop();
    this.block = undefined;
  }
}
