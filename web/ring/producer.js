/** A ring's producer, on any thread of the page. Records go to a kernel and come back in place. */
import {
  ArgumentError,
  ClosedError,
  CorruptError,
  FilchError,
  KernelError,
  QueueFullError,
} from '../core/errors.js';
import { KeepAlive } from '../core/platform.js';
import { show } from '../core/show.js';
import {
  APART,
  ASKED,
  BROKEN,
  CALL,
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
  UNSERVED,
  WANTED,
} from './layout.js';

const upTo16 = (bytes) => Math.ceil(bytes / 16) * 16;

/** A view, and the words that it lies in: none are left once foreign code has transferred them. */
function bytesOf(length) {
  const words = new Int32Array(upTo16(length) / 4);
  return { view: new DataView(words.buffer, 0, length), words };
}

/** Bytes up to which a record is copied word by word. */
const SHORT = 128;
/** Records that may wait for space. */
const WAITING_MOST = 65536;

/** Why the owner has closed the ring. */
const ENDS = {
  [OVERWRITTEN]: 'the memory of the ring was overwritten',
  [UNSERVED]: "the code of the ring's consumer cannot be loaded",
};

export class Ring {
  #words; // of control
  #all;
  #bytes;
  #base;
  #capacity;
  #encode;
  #decode;
  #byHand;
  #wake;
  #errorOf;
  #alive = new KeepAlive();
  #scratch; // encode() writes into it; undefined while encode() runs
  #read = bytesOf(0); // decode() reads it; of the last record's length
  #tail = START;
  #freed = START;
  #out = []; // records in the ring, oldest first
  #oldest = 0; // index in #out of the first record that is not free
  #waiting = []; // for space
  #ready = []; // resolvers of ready()
  #scheduled = false;
  #ended; // why the ring takes no record any more
  #closing;
  #quiet; // called when all records have come back
  #closed;
  #isBusy = false; // in the midst of collect(), or of a record on its way into the ring
  #again = false; // something has changed meanwhile
  #gone = false;

  /**
   * @param {object} parts wake(): calls the owner; errorOf(head): of the record at that address,
   *   undefined where there is none; closed(): no record comes any more
   */
  constructor({ buffer, address, capacity, ...parts }, { encode, decode, flush }) {
    this.#words = new Int32Array(buffer, address, CONTROL / 4);
    this.#all = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#base = address + CONTROL;
    this.#capacity = capacity;
    this.#encode = encode;
    this.#decode = decode;
    this.#byHand = flush === 'manual';
    this.#wake = parts.wake;
    this.#errorOf = parts.errorOf;
    this.#closed = parts.closed;
  }

  #keepAlive() {
    this.#alive.reasons = this.#out.length + this.#waiting.length;
  }

  send(value) {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw new ClosedError(this.#ended);
      if (this.#waiting.length >= WAITING_MOST)
        throw new QueueFullError(
          `${WAITING_MOST} records wait for space: await ready() before send()`,
        );
      const length = this.#encoded(value);
      if (this.#ended) throw new ClosedError(this.#ended); // encode() has closed the ring
      const record = {
        length,
        resolve,
        reject,
        head: 0,
        end: 0,
        address: 0,
        open: true,
        kept: undefined,
      };
      if (this.#isBusy || this.#waiting.length) this.#wait(record);
      else this.#putFirst(record);
      this.#keepAlive();
      // A ring without space gets none before its records have gone.
      if (!this.#byHand || this.#waiting.length) this.#schedule();
    });
  }

  #wait(record) {
    record.kept = this.#scratch.words.slice(0, upTo16(record.length) / 4);
    this.#waiting.push(record);
    this.#again = true;
  }

  /** No record waits. The owner may notify meanwhile, and foreign code may send. */
  #putFirst(record) {
    this.#isBusy = true;
    const { words } = this.#scratch;
    try {
      if (!this.#put(record, words)) {
        record.kept = words.slice(0, upTo16(record.length) / 4);
        this.#waiting.unshift(record); // a block that is granted is for the first record
      }
    } finally {
      this.#isBusy = false;
    }
    if (this.#again) this.collect();
  }

  get needsDrain() {
    return this.#waiting.length > 0;
  }

  ready() {
    return this.needsDrain
      ? new Promise((resolve) => this.#ready.push(resolve))
      : Promise.resolve();
  }

  flush() {
    if (this.#ended) return;
    Atomics.store(this.#words, TAIL, this.#tail | 0);
    this.#call();
  }

  close() {
    return (this.#closing ??= this.#close());
  }

  async #close() {
    if (this.#gone) return;
    this.#ended = 'the ring is closed';
    this.#end(this.#waiting.splice(0));
    Atomics.store(this.#words, TAIL, this.#tail | 0);
    this.#call();
    if (this.#oldest < this.#out.length) await new Promise((resolve) => (this.#quiet = resolve));
    this.#go();
  }

  #go() {
    if (this.#gone) return;
    this.#gone = true;
    Atomics.or(this.#words, CALLS, GONE);
    this.#wake();
    this.#alive.end();
    this.#closed?.();
  }

  #call() {
    Atomics.add(this.#words, CALLS, CALL);
    this.#wake();
  }

  #end(records, Kind = ClosedError) {
    for (const { reject } of records) reject(new Kind(this.#ended));
    for (const resolve of this.#ready.splice(0)) resolve();
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Encodes into `#scratch`; encode() may send, too. @returns {number} bytes */
  #encoded(value) {
    let scratch = this.#scratch;
    this.#scratch = undefined;
    if (!scratch?.words.length) scratch = bytesOf(1024);
    const byteLength = 4 * scratch.words.length;
    let length;
    try {
      length = this.#encode(scratch.view, value);
    } catch (error) {
      // encode() ran over the end, or had another reason: a larger view shows which.
      if (error?.name !== 'RangeError' || 2 * byteLength > this.#bytes.length) throw error;
      this.#scratch = bytesOf(2 * byteLength);
      return this.#encoded(value);
    }
    if (scratch.words.length && Number.isInteger(length) && length >= 0 && length <= byteLength) {
      this.#scratch = scratch;
      return length;
    }
    throw new ArgumentError(
      `encode() of a ring must return how many bytes it has written, 0 to ${byteLength}, got ${show(length)}`,
    );
  }

  /** Writes the head of the next record. @returns its address */
  #head(size, length) {
    const head = this.#base + (this.#tail & (this.#capacity - 1));
    const all = this.#all;
    all[head / 4] = size;
    all[head / 4 + 1] = length;
    all[head / 4 + 2] = ASKED;
    all[head / 4 + 3] = sealOf(this.#tail, size, length);
    this.#tail = (this.#tail + size) >>> 0;
    return head;
  }

  /** False: there is no space yet. @param {Int32Array} from as long as the record, or longer */
  #put(record, from) {
    const { length } = record;
    const apart = HEAD + length > this.#capacity / 2;
    let address;
    if (apart && !(address = this.#block(length))) return false;
    if (address === REFUSED) {
      Atomics.store(this.#words, GRANTED, 0);
      const text = `a record of ${length} bytes finds no memory: free() arrays, or start with a larger "memory"`;
      record.reject(new FilchError(text, { code: 'OUT_OF_MEMORY' }));
      return true;
    }
    const size = HEAD + upTo16(apart ? 8 : length);
    const left = this.#capacity - (this.#tail & (this.#capacity - 1)); // up to the ring's end
    const filler = left < size ? left : 0;
    if (((this.#tail - this.#freed) >>> 0) + filler + size > this.#capacity) return false;
    if (filler) this.#head(filler, FILLER);
    record.head = this.#head(size, apart ? APART : length);
    record.address = address || record.head + HEAD;
    if (apart) {
      this.#all[record.head / 4 + 4] = address;
      this.#all[record.head / 4 + 5] = length;
      Atomics.store(this.#words, GRANTED, 0);
    }
    // A grant that was overwritten may lead out of the memory: the owner finds that.
    if (record.address + upTo16(length) <= this.#bytes.length) this.#copyIn(from, record);
    record.end = this.#tail;
    record.kept = undefined;
    this.#out.push(record);
    return true;
  }

  /** Word by word where the record is short: a view to copy by costs more. */
  #copyIn(from, { address, length }) {
    if (length > SHORT) this.#bytes.set(new Uint8Array(from.buffer, 0, length), address);
    else for (let i = 0, to = address / 4; 4 * i < length; i++) this.#all[to + i] = from[i];
  }

  /** The view for decode(): not shared, as TextDecoder wants it. */
  #copyOut({ address, length }) {
    if (!this.#read.words.length || this.#read.view.byteLength !== length)
      this.#read = bytesOf(length);
    const { view, words } = this.#read;
    if (length > SHORT)
      new Uint8Array(words.buffer).set(this.#bytes.subarray(address, address + length));
    else for (let i = 0, from = address / 4; 4 * i < length; i++) words[i] = this.#all[from + i];
    return view;
  }

  /** The address of a block that the owner has granted; 0: not yet. */
  #block(length) {
    const granted = Atomics.load(this.#words, GRANTED) >>> 0;
    if (granted || this.#words[WANTED]) return granted;
    Atomics.store(this.#words, WANTED, length | 0);
    this.#call();
    return Atomics.load(this.#words, GRANTED) >>> 0;
  }

  /**
   * The owner has notified: hands out the records that came back, and puts waiting records where
   * there is space now.
   */
  collect() {
    this.#again = true;
    if (this.#isBusy) return; // a grant, or a record that the owner refuses at once
    this.#isBusy = true;
    try {
      for (; this.#again && !this.#gone; ) {
        this.#again = false;
        this.#collect();
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #collect() {
    const out = this.#out;
    const passed = Atomics.load(this.#words, PASSED); // before the statuses
    const closed = Atomics.load(this.#words, CLOSED);
    const isCorrupt = closed === OVERWRITTEN;
    if (!isCorrupt)
      for (let i = this.#oldest; i < out.length; i++) if (out[i].open) this.#look(out[i], passed);
    while (this.#oldest < out.length && !out[this.#oldest].open)
      this.#freed = out[this.#oldest++].end;
    Atomics.store(this.#words, FREED, this.#freed | 0);
    if (this.#oldest === out.length) {
      this.#out = [];
      this.#oldest = 0;
      this.#quiet?.();
    } else if (this.#oldest > 1024) {
      out.splice(0, this.#oldest);
      this.#oldest = 0;
    }
    let put = 0;
    while (put < this.#waiting.length && this.#put(this.#waiting[put], this.#waiting[put].kept))
      put++;
    if (put) {
      this.#waiting.splice(0, put);
      this.#schedule();
    }
    if (!this.#waiting.length) for (const resolve of this.#ready.splice(0)) resolve();
    this.#keepAlive();
    if (closed) {
      this.#ended = ENDS[closed] ?? 'the ring is closed';
      const records = [...this.#waiting.splice(0), ...this.#out.splice(this.#oldest)];
      this.#end(records, isCorrupt ? CorruptError : ClosedError);
      this.#quiet?.();
      this.#go();
    }
  }

  #look(record, passed) {
    const { head, end, resolve, reject } = record;
    const status = Atomics.load(this.#all, head / 4 + 2);
    if (status === ASKED && ((passed - end) | 0) < 0) return;
    record.open = false;
    if (status === FAILED) {
      const failure = this.#all[head / 4 + 3];
      const text = `the kernel returned its code ${failure} for a record`;
      return void reject(new KernelError(text, { failure }));
    }
    if (status !== DONE)
      return void reject(
        (status === BROKEN && this.#errorOf(head)) ||
          new CorruptError('the memory of the record was overwritten'),
      );
    try {
      resolve(this.#decode(this.#copyOut(record)));
    } catch (error) {
      reject(error);
    }
  }
}
