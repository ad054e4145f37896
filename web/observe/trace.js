/**
 * The trace of the workers' chunks, and of their jobs, as Chrome's trace events. Each worker has a
 * ring buffer in shared memory, which the owner reads when the trace stops. Owner's thread only.
 */
import { ArgumentError } from '../core/errors.js';
import { now } from '../core/platform.js';
import { show } from '../core/show.js';
import {
  EVENTS,
  EVENT_BEGIN,
  EVENT_BYTES,
  EVENT_END,
  EVENT_ITERATIONS,
  EVENT_KIND,
  EVENT_WHAT,
  HANDLE_SLOT_BITS,
} from '../wasm/abi.js';

const MOST = 2 ** 20;
const SLOT_LIMIT = 2 ** HANDLE_SLOT_BITS;

export class Trace {
  #buffer;
  #block; // the ring buffers. Never given back: a worker may be at a record of an earlier trace
  #from = []; // how many records each worker had written before
  #events = 0;
  #parts;
  #jobs = new Map(); // by handle
  #began = 0;

  running = false;

  constructor(parts) {
    this.#parts = parts;
    this.#buffer = parts.memory.buffer;
  }

  /** `events` is rounded up to a power of two. */
  start({ events = 16384 } = {}) {
    if (!Number.isInteger(events) || events < 1 || events > MOST) {
      throw new ArgumentError(
        `option "events" of trace.start() must be a whole number from 1 to 2^20, got ${show(events)}`,
      );
    }
    const rounded = 2 ** Math.ceil(Math.log2(events));
    const bytes = rounded * EVENT_BYTES * this.#parts.workers;
    if (!(this.#block?.size >= bytes))
      this.#block = this.#parts.heap.reserve(bytes, 'trace.start()');
    this.#events = rounded;
    this.#from = Array.from({ length: this.#parts.workers }, (_, worker) =>
      this.#parts.wasm.filch_host_traced(worker),
    );
    this.#jobs.clear();
    this.#began = now();
    this.running = true;
    this.#parts.wasm.filch_host_trace(this.#block.address, this.#events);
  }

  /** The scheduler has given the task a slot. */
  posted(task) {
    if (this.running)
      this.#jobs.set(task.handle, {
        id: task.id,
        kernel: task.kernel.name,
        posted: now(),
        settled: 0,
      });
  }

  settled(task) {
    const job = this.running && this.#jobs.get(task.handle);
    if (job) job.settled = now();
  }

  /** Time is that of the owner's thread. Without a start(): no events. */
  stop() {
    this.#parts.wasm.filch_host_trace(0, 0);
    this.running = false;
    const traceEvents = [];
    const name = (tid, text) =>
      traceEvents.push({ name: 'thread_name', ph: 'M', pid: 1, tid, args: { name: text } });
    name(0, 'jobs');
    for (let worker = 0; worker < this.#parts.workers; worker++)
      name(worker + 1, `worker ${worker}`);
    for (const { id, kernel, posted, settled } of this.#jobs.values()) {
      const common = { name: kernel, cat: 'job', id, pid: 1, tid: 0 };
      traceEvents.push({ ...common, ph: 'b', ts: posted * 1000, args: { job: id } });
      traceEvents.push({ ...common, ph: 'e', ts: (settled || now()) * 1000 });
    }
    for (let worker = 0; this.#block && worker < this.#parts.workers; worker++) {
      for (const event of this.#read(worker)) traceEvents.push(event);
    }
    return { traceEvents, displayTimeUnit: 'ns' };
  }

  *#read(worker) {
    const view = new DataView(
      this.#buffer,
      this.#block.address + worker * this.#events * EVENT_BYTES,
      this.#events * EVENT_BYTES,
    );
    const written = this.#parts.wasm.filch_host_traced(worker);
    // The counter may go round; a full ring buffer has lost the oldest records.
    const count = Math.min((written - this.#from[worker]) >>> 0, this.#events);
    for (let i = 0; i < count; i++) {
      const at = ((written - count + i) & (this.#events - 1)) * EVENT_BYTES;
      const [begin, end, what] = [EVENT_BEGIN, EVENT_END, EVENT_WHAT].map((offset) =>
        view.getFloat64(at + offset, true),
      );
      const kind = view.getUint32(at + EVENT_KIND, true);
      const iterations = view.getUint32(at + EVENT_ITERATIONS, true);
      // half written, or from before
      if (!kind || kind >= EVENTS.length || !(begin <= end) || end < this.#began * 1e6) continue;
      yield this.#event(
        { pid: 1, tid: worker + 1, ts: begin / 1000, cat: EVENTS[kind] },
        (end - begin) / 1000,
        what,
        iterations,
      );
    }
  }

  #event(common, dur, what, iterations) {
    const kind = common.cat;
    if (kind === 'parked') return { ...common, name: 'parked', ph: 'X', dur };
    if (kind === 'chunk' || kind === 'fork') {
      const job = this.#jobs.get(what);
      const args = { job: job?.id, slot: what % SLOT_LIMIT, iterations };
      return { ...common, name: job?.kernel ?? kind, ph: 'X', dur, args };
    }
    return {
      ...common,
      name: kind,
      ph: 'i',
      s: 't',
      args: kind === 'steal' ? { victim: what } : {},
    };
  }
}
