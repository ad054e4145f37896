/**
 * The runtime, as the page sees it; index.d.ts is the reference. Owner's thread only. Nothing here
 * waits.
 */
import { ArgumentError, ClosedError } from '../core/errors.js';
import { guarded, report, throwTyped, typed } from '../core/guard.js';
import { KeepAlive } from '../core/platform.js';
import { describe } from '../wasm/schema.js';
import { Events } from './events.js';
import { Job } from './job.js';
import { map, reduce } from './map-reduce.js';
import { startOptions } from './options.js';
import { joined } from './parts.js';
import { assemble, checkGlobals } from './start.js';

const CLOSED = 'the runtime is closed';
const INTERNAL = Symbol('internal');

export class Runtime extends Events {
  #parts;
  #stopped = ''; // why the runtime takes no posts any more
  #corrupt; // a CorruptError: see wasm/border.js
  #closed;

  mode;
  modeReason;
  trace;

  static async start(options = {}) {
    const checked = startOptions(options);
    checkGlobals();
    const alive = new KeepAlive();
    alive.reasons++;
    let runtime;
    const hooks = {
      stop: (...why) => runtime.#stop(...why),
      back: () => (runtime.#stopped = runtime.#closed || runtime.#corrupt ? runtime.#stopped : ''),
      corrupt: (error) => {
        if (!runtime) throw error;
        runtime.#break(error);
      },
      emit: (type, detail, of) => Events.emit(runtime, type, detail, of),
    };
    try {
      runtime = new Runtime(INTERNAL, joined(await assemble({ options: checked, alive }, hooks)));
      alive.reasons--;
      return runtime;
    } catch (error) {
      alive.end();
      throw typed(error, 'start()');
    }
  }

  /** @param {object} parts see parts.js */
  constructor(key, parts) {
    super();
    if (key !== INTERNAL)
      throw new ArgumentError('Runtime has no public constructor; use await Runtime.start()');
    this.#parts = parts;
    this.mode = parts.pool ? 'threads' : 'cooperative';
    this.modeReason = parts.why;
    this.trace = parts.trace;
  }

  /** The scheduler, as long as the runtime takes posts. */
  #open() {
    if (this.#stopped) throw new ClosedError(this.#stopped, { cause: this.#corrupt });
    return this.#parts.scheduler;
  }

  /** No worker is left that can be trusted. `isForGood`: one may still be in a kernel. */
  #stop(text, isForGood) {
    this.#stopped = text;
    const { rings, wasm } = this.#parts;
    rings.stop();
    const handles = this.#abandon();
    if (isForGood) wasm.filch_host_stop();
    else for (const handle of handles) wasm.filch_host_cancel(handle);
  }

  /** Shared memory is corrupt: settles everything, and ends the workers. */
  #break(error) {
    this.#corrupt = error;
    this.#stopped ||= error.message;
    const { rings, doorbell, pool } = this.#quiet();
    doorbell?.close();
    pool?.end();
    // First the call that has found it returns.
    queueMicrotask(() => {
      rings.abandon(error); // before the batches: a batch does not say why it failed
      this.#abandon();
    });
  }

  /** Nothing new begins. */
  #quiet() {
    const { rings, autoscale, watch } = this.#parts;
    rings.stop();
    autoscale?.close();
    watch.ended = true;
    return this.#parts;
  }

  /** Settles all jobs and rings: no worker runs them any more. @returns the jobs' handles */
  #abandon() {
    const { scheduler, rings } = this.#parts;
    scheduler.reapAll();
    const handles = scheduler.abandon(this.#stopped, this.#corrupt);
    rings.abandon();
    return handles;
  }

  alloc(Type, length) {
    this.#open();
    const array = this.#parts.heap.alloc(Type, length);
    if (Symbol.dispose)
      Object.defineProperty(array, Symbol.dispose, {
        value: () => this.#stopped || this.free(array),
      });
    return array;
  }

  free(array) {
    this.#open().free(array);
  }

  /** A bad option or argument is thrown before shared memory is touched. */
  post(kernel, options) {
    return new Job(this.#open().post(kernel, options), this.#parts.scheduler);
  }

  postMany(kernel, loops, options) {
    return new Job(this.#open().postMany(kernel, loops, options), this.#parts.scheduler);
  }

  call(url, name, args = [], options) {
    return new Job(this.#open().call(url, name, args, options), this.#parts.scheduler);
  }

  ring(kernel, options) {
    this.#open();
    return this.#parts.rings.ring(kernel, options);
  }

  ringPort(kernel, options) {
    this.#open();
    return this.#parts.rings.port(kernel, options);
  }

  get kernels() {
    return describe(this.#parts.kernels);
  }

  async load(source, options) {
    return this.#withPlugins((plugins) => plugins.load(source, options));
  }

  async define(kernel, url, schema) {
    return this.#withPlugins((plugins) => plugins.define(kernel, url, schema));
  }

  async unload(plugin) {
    return this.#withPlugins((plugins) => plugins.unload(plugin));
  }

  #withPlugins(work) {
    this.#open();
    const checked = () => this.#corrupt && this.#open(); // the module may have answered with zeros
    return this.#keepAlive(
      this.#parts.imports.untilEnd(this.#parts.plugins().then(work)).finally(checked),
    );
  }

  /** Keeps Node's process until the promise has settled. */
  #keepAlive(promise) {
    this.#parts.alive.reasons++;
    return promise.finally(() => this.#parts.alive.reasons--);
  }

  async run(kernel, options) {
    return this.post(kernel, options);
  }

  map(kernel, array, options) {
    return map(this, kernel, array, options);
  }

  reduce(kernel, options) {
    return reduce(this, kernel, options);
  }

  get needsDrain() {
    return this.#parts.scheduler.needsDrain;
  }

  async ready() {
    while (this.#open().needsDrain) await this.#parts.scheduler.backpressure.change();
  }

  restore(bytes, options) {
    return new Job(this.#open().restore(bytes, options), this.#parts.scheduler);
  }

  resize(workers) {
    this.#open();
    if (!this.#parts.autoscale)
      throw new ArgumentError('resize(): the cooperative mode has no workers');
    return this.#keepAlive(this.#parts.autoscale.resize(workers));
  }

  get workers() {
    return {
      asked: this.#parts.asked,
      running: this.#parts.pool?.running ?? 0,
      reason: this.#parts.pool?.reason ?? this.modeReason,
    };
  }

  get memory() {
    const { capacity, used, peak } = this.#parts.heap;
    return { size: this.#parts.heap.size, capacity, used, peak, reason: this.#parts.reason };
  }

  stats({ reset = false } = {}) {
    return this.#parts.stats.read(reset);
  }

  replaceWorker(worker) {
    this.#open();
    if (!this.#parts.pool)
      throw new ArgumentError('replaceWorker(): the cooperative mode has no worker');
    this.#parts.pool.replace(worker, this.#parts.workers);
  }

  close(options = {}) {
    try {
      const { drain = false, timeout = Infinity } = options;
      return (this.#closed ??= this.#close(drain ? timeout : 0, () => this.#parts.pool?.close()));
    } catch (error) {
      return Promise.reject(typed(error, 'close()'));
    }
  }

  terminate() {
    return (this.#closed ??= this.#close(0, () => this.#parts.pool?.end()));
  }

  async #close(patience, end) {
    this.#stopped = CLOSED;
    const { scheduler } = this.#parts;
    if (patience > 0) await scheduler.backpressure.until(() => !scheduler.outstanding, patience);
    const { wasm, doorbell, alive, imports, heap, options } = this.#quiet();
    scheduler.cancelAll('runtime closed');
    wasm.filch_host_stop();
    try {
      await end();
    } catch (error) {
      report(error);
    }
    this.#abandon();
    doorbell?.close();
    alive.end();
    imports.end(new ClosedError(CLOSED)); // last: callers of close() can catch these
    if (options.debug) guarded(() => heap.report());
  }

  get [Symbol.toStringTag]() {
    return 'Runtime';
  }
}

throwTyped(
  Runtime.prototype,
  'post postMany call restore ring ringPort load define unload map reduce resize stats'.split(' '),
);

// Safari has no such symbol yet.
if (Symbol.asyncDispose) {
  Object.defineProperty(Runtime.prototype, Symbol.asyncDispose, {
    value: Runtime.prototype.close,
    writable: true,
    configurable: true,
  });
}
