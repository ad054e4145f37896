/**
 * A ring's consumer: posts the producer's records in batches, and marks them when their batch has
 * settled. Owner's thread only.
 */
import { ArgumentError } from '../core/errors.js';
import { guarded, typed } from '../core/guard.js';
import { show } from '../core/show.js';
import { recordsFor, unfit } from '../tasks/batch.js';
import { codeFailed } from '../tasks/failures.js';
import { Resources } from '../tasks/resources.js';
import {
  ARRAY_AT,
  ARRAY_LENGTH,
  BATCH_BYTES,
  BATCH_CODE,
  BATCH_END,
  BATCH_RAN,
  CODE_MAX,
} from '../wasm/abi.js';
import { pack } from '../wasm/schema.js';
import { writeError } from './error.js';
import {
  APART,
  BELL,
  BROKEN,
  CALLS,
  CLOSED,
  CONTROL,
  DONE,
  FAILED,
  FILLER,
  FREED,
  GONE,
  GRANTED,
  HEAD,
  OVERWRITTEN,
  REFUSED,
  REGULARLY,
  START,
  TAIL,
  WANTED,
} from './layout.js';
import { ringCloseOptions, ringOptions } from './options.js';
import { channelOf, hear } from './signal.js';

/** Batches on their way at a time: records that come meanwhile make the next batch larger. */
const UNORDERED = 4;

/** Whether a record may be so large, between these positions. */
const fits = (size, read, tail, capacity) =>
  size >= HEAD && size % 16 === 0 && size <= (tail - read) >>> 0 && (tail - read) >>> 0 <= capacity;

export class Consumer {
  #memory;
  #heap;
  #post;
  #kernel;
  #options;
  #field; // the kernel's array argument that gets a record
  #template; // the other arguments, as C reads them
  #uses; // the memory that they lie in
  #block;
  #words;
  #view;
  #capacity;
  #read = START; // position
  #out = 0; // batches
  #apart = []; // blocks of large records: { end: position, block }
  #errors = []; // blocks of errors, the same
  #bell;
  #ended;
  #stop = () => {};
  /** The ring posts no records any more. */
  stopped = false;

  /** @param {object} parts post(batch): see Scheduler.batch() */
  constructor({ memory, heap, kernel, post, options, ended }) {
    const why = unfit(kernel);
    if (why) throw new ArgumentError(`a ring takes a kernel of loops, and ${why}`);
    this.#options = ringOptions(options);
    const { into, args = {}, bytes } = this.#options;
    const arrays = kernel.fields.filter(({ role, type }) => role === 'array' && type === 'u8');
    this.#field = into === undefined ? arrays[0] : arrays.find(({ name }) => name === into);
    if (!this.#field) {
      const which = into === undefined ? '' : ` called ${show(into)}`;
      throw new ArgumentError(
        `a ring gives each record to an array argument of bytes, and kernel ${show(kernel.name)} has none${which}`,
      );
    }
    this.#memory = memory;
    this.#heap = heap;
    this.#post = post;
    this.#kernel = kernel;
    this.#ended = ended;
    this.#capacity = 2 ** Math.ceil(Math.log2(bytes));
    this.#block = heap.reserve(CONTROL + this.#capacity, 'a ring');
    this.#words = new Int32Array(memory.buffer, this.#block.address, CONTROL / 4);
    this.#words[TAIL] = this.#words[FREED] = START;
    this.#view = new DataView(memory.buffer);
    this.#template = new Uint8Array(kernel.argsBytes);
    const resources = new Resources();
    try {
      const given = { ...args, [this.#field.name]: heap.view(Uint8Array, this.#block, 0, 0) };
      pack(kernel, given, { heap, into: new DataView(this.#template.buffer), resources });
      resources.check();
    } catch (error) {
      resources.release(heap);
      heap.release(this.#block);
      throw error;
    }
    this.#uses = resources;
    for (const block of resources.blocks) block.users++;
  }

  get parts() {
    return { address: this.#block.address, capacity: this.#capacity };
  }

  /** The producer is on this thread. @param {() => void} bell */
  near(bell) {
    this.#bell = bell;
  }

  /** The producer is on another thread. @returns {object} its port */
  far(name) {
    const port = {
      memory: this.#memory,
      name,
      byMessage: typeof Atomics.waitAsync !== 'function',
      ...this.parts,
    };
    const channel = channelOf(port);
    this.#stop = hear(this.#words, CALLS, channel, () => this.look());
    this.#bell = () => {
      Atomics.notify(this.#words, BELL);
      channel?.postMessage(0);
    };
    return port;
  }

  #notify() {
    Atomics.add(this.#words, BELL, 1);
    this.#bell();
  }

  /** The producer has called. */
  look() {
    if (!this.#block) return;
    this.#giveBack();
    if (Atomics.load(this.#words, CALLS) & GONE) {
      if (!this.#out) this.#end();
      return;
    }
    if (Atomics.load(this.#words, CLOSED)) return;
    this.#grant();
    if (this.stopped || this.#out >= (this.#options.ordered ? 1 : UNORDERED)) return;
    const records = this.#take();
    if (!records) return this.abandon(OVERWRITTEN);
    if (!records.length) return;
    this.#out++;
    try {
      this.#send(records);
    } catch (error) {
      const why = typed(error, 'send()'); // no memory for the table
      this.#mark(records, () => why);
    }
  }

  /** Gives back the blocks of large records that the producer has read. */
  #giveBack() {
    const freed = Atomics.load(this.#words, FREED);
    while (
      this.#apart.length &&
      this.#apart[0].end !== undefined &&
      ((freed - this.#apart[0].end) | 0) >= 0
    )
      this.#heap.release(this.#apart.shift().block);
    if (!this.#errors.length) return;
    this.#errors = this.#errors.filter(({ end, block }) => {
      const isRead = ((freed - end) | 0) >= 0;
      if (isRead) this.#heap.release(block);
      return !isRead;
    });
  }

  #grant() {
    const wanted = Atomics.load(this.#words, WANTED) >>> 0;
    if (!wanted || this.#words[GRANTED]) return;
    let block;
    try {
      block = this.#heap.reserve(wanted, 'a record of a ring');
    } catch {
      // the producer throws
    }
    if (block) this.#apart.push({ end: undefined, block });
    // In this order: a producer that finds neither asks again, for a larger record.
    Atomics.store(this.#words, GRANTED, (block?.address ?? REFUSED) | 0);
    Atomics.store(this.#words, WANTED, 0);
    this.#notify();
  }

  /** The records since the last time: { head, address, length }; undefined: they are corrupt. */
  #take() {
    const tail = Atomics.load(this.#words, TAIL) >>> 0;
    const base = this.#block.address + CONTROL;
    const records = [];
    while (this.#read !== tail) {
      const head = base + (this.#read & (this.#capacity - 1));
      const size = this.#view.getUint32(head, true);
      const length = this.#view.getUint32(head + 4, true);
      if (!fits(size, this.#read, tail, this.#capacity)) return undefined;
      this.#read = (this.#read + size) >>> 0;
      const isRest = (this.#read & (this.#capacity - 1)) === 0;
      if (length === FILLER && !isRest) return undefined;
      if (length === FILLER) continue;
      if (length === APART) {
        const [address, bytes] = [
          this.#view.getUint32(head + HEAD, true),
          this.#view.getUint32(head + HEAD + 4, true),
        ];
        const apart = this.#apart.find(({ block }) => block.address === address);
        if (!apart || bytes > apart.block.size) return undefined;
        apart.end = this.#read | 0;
        records.push({ head, address, length: bytes, end: apart.end });
      } else if (length > size - HEAD) {
        return undefined;
      } else {
        records.push({ head, address: head + HEAD, length, end: this.#read | 0 });
      }
    }
    return records;
  }

  #send(records) {
    const resources = new Resources();
    const table = recordsFor(this.#kernel, records.length, this.#heap, resources);
    const { stride, view } = table;
    records.forEach(({ address, length }, i) => {
      const at = i * stride + BATCH_BYTES;
      view.setFloat64(i * stride + BATCH_END, 1, true); // the range [0, 1)
      table.records.set(this.#template, at);
      view.setUint32(at + this.#field.offset + ARRAY_AT, address, true);
      view.setUint32(at + this.#field.offset + ARRAY_LENGTH, length, true);
    });
    this.#post({
      table,
      count: records.length,
      options: this.#options,
      resources,
      onSettled: (task) => guarded(() => this.#came(task, records, table)),
    });
  }

  /** A batch has settled. The batch's table is still there, until memory is allocated. */
  #came(task, records, { view, stride, errors }) {
    this.#mark(records, (i) => {
      const error = errors.get(i);
      if (error) return error;
      const code = view.getInt32(i * stride + BATCH_CODE, true);
      if (view.getUint32(i * stride + BATCH_RAN, true))
        return code < 0 || code > CODE_MAX ? codeFailed(task, i, code) : code;
      return task.state === 'done' ? 0 : task.outcome;
    });
  }

  /**
   * A batch is over.
   *
   * @param {(i: number) => number | Error} endOf of each record: the kernel's code, or an error
   */
  #mark(records, endOf) {
    const status = new Int32Array(this.#memory.buffer);
    const ends = records.map((_, i) => endOf(i)); // first: an error may take the table's memory
    records.forEach(({ head, end }, i) => {
      let code = ends[i];
      let how = code ? FAILED : DONE;
      if (typeof code !== 'number') {
        how = BROKEN;
        const block = writeError(code, this.#heap, this.#memory);
        if (block) this.#errors.push({ end, block });
        code = block?.address ?? 0;
      }
      this.#view.setInt32(head + 12, code, true);
      Atomics.store(status, (head + 8) / 4, how);
    });
    this.#out--;
    this.#notify();
    this.look();
  }

  #end() {
    // The producer has gone, or other code has written its last word.
    if (!Atomics.load(this.#words, CLOSED)) Atomics.store(this.#words, CLOSED, OVERWRITTEN);
    this.#notify();
    this.#stop();
    for (const block of this.#uses.blocks) block.users--;
    this.#uses.release(this.#heap);
    for (const { block } of [...this.#apart, ...this.#errors]) this.#heap.release(block);
    this.#heap.release(this.#block);
    this.#block = undefined;
    this.#ended(this);
  }

  /** The producer is to go, or has gone without a word. Batches on their way end first. */
  close(options) {
    const { gone } = ringCloseOptions(options);
    if (!this.#block) return;
    Atomics.store(this.#words, CLOSED, REGULARLY);
    if (gone) Atomics.or(this.#words, CALLS, GONE);
    this.#notify();
    this.look();
  }

  /**
   * No batch settles any more: the runtime is closed, or the ring's memory is corrupt. The memory
   * is not given to others.
   */
  abandon(why) {
    Atomics.store(this.#words, CLOSED, why);
    this.#notify();
    this.#stop();
    this.#block = undefined;
  }
}
