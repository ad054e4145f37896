/**
 * A ring's consumer: posts the producer's records in batches, and marks them when their batch has
 * settled. The first ring of a page loads this. Owner's thread only.
 */
import { guarded, typed } from '../core/guard.js';
import { recordsFor } from '../tasks/batch.js';
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
import { writeError } from './error.js';
import {
  APART,
  ASKED,
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
  PASSED,
  REFUSED,
  START,
  sealOf,
  TAIL,
  WANTED,
} from './layout.js';

/** Batches on their way at a time: records that come meanwhile make the next batch larger. */
const UNORDERED = 4;

/** Whether a record may be so large, between these positions. */
const fits = (size, read, tail, capacity) =>
  size >= HEAD && size % 16 === 0 && size <= (tail - read) >>> 0 && (tail - read) >>> 0 <= capacity;

export class Consumer {
  #ring;
  #post;
  #words;
  #all; // of memory
  #capacity;
  #read = START; // position
  #out = 0; // batches
  #batches = []; // these, and those that ended before an older one: { records, isOver }
  #apart = []; // blocks of large records, in their order: { end: position, block, bytes }
  #errors = []; // blocks of errors, the same

  /** @param {import('./open-ring.js').OpenRing} ring @param post post(batch): see Scheduler.batch() */
  constructor(ring, post) {
    this.#ring = ring;
    this.#post = post;
    this.#words = ring.words;
    this.#all = new Int32Array(ring.memory.buffer);
    this.#capacity = ring.capacity;
  }

  /** The producer has called. */
  look() {
    this.#giveBack();
    if (Atomics.load(this.#words, CALLS) & GONE) {
      if (!this.#out) this.#end();
      return;
    }
    if (Atomics.load(this.#words, CLOSED)) return;
    this.#grant();
    if (this.#ring.stopped || this.#out >= (this.#ring.options.ordered ? 1 : UNORDERED)) return;
    const records = this.#take();
    if (!records) return this.#ring.abandon(OVERWRITTEN);
    if (!records.length) return;
    this.#out++;
    const batch = { records, isOver: false };
    this.#batches.push(batch);
    try {
      this.#send(batch);
    } catch (error) {
      const why = typed(error, 'send()'); // no memory for the table
      this.#mark(batch, () => why);
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
      this.#ring.heap.release(this.#apart.shift().block);
    if (!this.#errors.length) return;
    this.#errors = this.#errors.filter(({ end, block }) => {
      const isRead = ((freed - end) | 0) >= 0;
      if (isRead) this.#ring.heap.release(block);
      return !isRead;
    });
  }

  #grant() {
    const wanted = Atomics.load(this.#words, WANTED) >>> 0;
    if (!wanted || this.#words[GRANTED]) return;
    let block;
    try {
      block = this.#ring.heap.reserve(wanted, 'a record of a ring');
    } catch {
      // the producer throws
    }
    if (block) this.#apart.push({ end: undefined, block, bytes: wanted });
    // In this order: a producer that finds neither asks again, for a larger record.
    Atomics.store(this.#words, GRANTED, (block?.address ?? REFUSED) | 0);
    Atomics.store(this.#words, WANTED, 0);
    this.#ring.notify();
  }

  /** The records since the last time: { head, address, length }; undefined: they are corrupt. */
  #take() {
    const tail = Atomics.load(this.#words, TAIL) >>> 0;
    const base = this.#ring.block.address + CONTROL;
    const all = this.#all;
    const mask = this.#capacity - 1;
    const records = [];
    let read = this.#read;
    while (read !== tail) {
      const head = base + (read & mask);
      const word = head / 4;
      const size = all[word] >>> 0;
      const length = all[word + 1] >>> 0;
      const isWhole = all[word + 2] === ASKED && all[word + 3] === sealOf(read, size, length);
      if (!isWhole || !fits(size, read, tail, mask + 1)) return undefined;
      read = (read + size) >>> 0;
      const isRest = (read & mask) === 0;
      if (length === FILLER && !isRest) return undefined;
      if (length === FILLER) continue;
      if (length === APART) {
        const address = all[word + HEAD / 4] >>> 0;
        const bytes = all[word + HEAD / 4 + 1] >>> 0;
        const apart = this.#apart.find(({ end }) => end === undefined);
        if (apart?.block.address !== address || bytes !== apart.bytes) return undefined;
        apart.end = read | 0;
        records.push({ head, address, length: bytes, end: apart.end });
      } else if (length > size - HEAD) {
        return undefined;
      } else {
        records.push({ head, address: head + HEAD, length, end: read | 0 });
      }
    }
    this.#read = tail;
    return records;
  }

  #send(batch) {
    const { records } = batch;
    const { kernel, heap, template, field, options } = this.#ring;
    const resources = new Resources();
    const table = recordsFor(kernel, records.length, heap, resources);
    const { stride, view } = table;
    records.forEach(({ address, length }, i) => {
      const at = i * stride + BATCH_BYTES;
      view.setFloat64(i * stride + BATCH_END, 1, true); // the range [0, 1)
      table.records.set(template, at);
      view.setUint32(at + field.offset + ARRAY_AT, address, true);
      view.setUint32(at + field.offset + ARRAY_LENGTH, length, true);
    });
    this.#post({
      table,
      count: records.length,
      options,
      resources,
      onSettled: (task) => guarded(() => this.#came(task, batch, table)),
    });
  }

  /** A batch has settled. The batch's table is still there, until memory is allocated. */
  #came(task, batch, { view, stride, errors }) {
    this.#mark(batch, (i) => {
      if (errors.has(i)) return errors.get(i);
      const code = view.getInt32(i * stride + BATCH_CODE, true);
      if (view.getUint32(i * stride + BATCH_RAN, true))
        return code < 0 || code > CODE_MAX ? codeFailed(task, i, code) : code;
      return task.state === 'done' ? 0 : task.outcome;
    });
  }

  /** Keeps a record's error for the producer. @returns {number} the record's code: see error.js */
  #keep(error, { head, end }) {
    if (this.#ring.errors) {
      this.#ring.errors.set(head, error);
      return 0;
    }
    const block = writeError(error, this.#ring.heap, this.#ring.memory);
    if (block) this.#errors.push({ end, block });
    return block?.address ?? 0;
  }

  #store({ head }, code, status) {
    this.#all[head / 4 + 3] = code;
    Atomics.store(this.#all, head / 4 + 2, status);
  }

  /**
   * A batch is over.
   *
   * @param {(i: number) => number | Error} endOf of each record: the kernel's code, or an error
   */
  #mark(batch, endOf) {
    const { records } = batch;
    const broken = []; // last: an error may take the table's memory
    records.forEach((record, i) => {
      const end = endOf(i);
      if (typeof end === 'number') this.#store(record, end, end ? FAILED : DONE);
      else broken.push([record, end]);
    });
    for (const [record, error] of broken) this.#store(record, this.#keep(error, record), BROKEN);
    this.#out--;
    batch.isOver = true;
    while (this.#batches.at(0)?.isOver)
      Atomics.store(this.#words, PASSED, this.#batches.shift().records.at(-1).end);
    this.#ring.notify();
    this.#ring.look();
  }

  #end() {
    // The producer has gone, or other code has written its last word.
    if (!Atomics.load(this.#words, CLOSED)) Atomics.store(this.#words, CLOSED, OVERWRITTEN);
    this.#ring.notify();
    for (const { block } of [...this.#apart, ...this.#errors]) this.#ring.heap.release(block);
    this.#ring.end();
  }
}
