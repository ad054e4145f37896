/**
 * The runtime, as the page sees it: index.d.ts is the reference of its parts. Owner's thread only;
 * nothing here waits.
 */
import { ArgumentError, ClosedError } from '../core/errors.js';
import { KeepAlive } from '../core/platform.js';
import { show } from '../core/show.js';
import { Heap } from '../memory/heap.js';
import { workerStats } from '../observe/observer.js';
import { Trace } from '../observe/trace.js';
import { Rings } from '../ring/rings.js';
import { Scheduler } from '../tasks/scheduler.js';
import { names, textReader } from '../wasm/module.js';
import { describe, readKernels } from '../wasm/schema.js';
import { Autoscale } from '../workers/autoscale.js';
import { Callee } from '../workers/callee.js';
import { Cooperative } from '../workers/cooperative.js';
import { Doorbell } from '../workers/doorbell.js';
import { NOTE_BYTES } from '../workers/note.js';
import { LINK } from '../workers/protocol.js';
import { Events } from './events.js';
import { Job } from './job.js';
import { map, reduce } from './map-reduce.js';
import { startOptions } from './options.js';
import { assemble } from './start.js';

const INTERNAL = Symbol('internal');

export class Runtime extends Events {
  #wasm;
  #memoryReason;
  #heap;
  #scheduler;
  #doorbell;
  #pool;
  #kernels;
  #pluginParts;
  #plugins; // a promise: most pages have none
  #rings;
  #autoscale;
  #debug;
  #callee; // in the cooperative mode
  #cooperative;
  #alive;
  #asked;
  #workers;
  #counters;
  #observer;
  #stopped = ''; // why the runtime takes no posts any more
  #closed;

  /** 'threads' or 'cooperative'. */
  mode;
  /** The reason of the cooperative mode; '' with threads. */
  modeReason;
  /** Records the workers' events: start({ events }), then stop() for Chrome's trace events. */
  trace;

  /** Starts a runtime. The thread that calls this owns the runtime. */
  static async start(options = {}) {
    const checked = startOptions(options);
    const alive = new KeepAlive();
    alive.reasons++;
    let runtime;
    const hooks = {
      notify: () => runtime?.#doorbell?.notify(),
      call: (...call) => runtime.#callee.call(...call),
      answer: (answer) => runtime?.#scheduler.answer(answer),
      recover: (worker) => runtime?.#scheduler.recover(worker),
      stop: (text) => runtime.#stop(text),
      emit: (type, detail) => Events.emit(runtime, type, detail),
    };
    try {
      runtime = new Runtime(INTERNAL, {
        ...(await assemble(checked, hooks)),
        options: checked,
        alive,
      });
      return runtime;
    } catch (error) {
      alive.end();
      throw error;
    }
  }

  /** Not for callers: Runtime.start() makes runtimes. */
  constructor(
    key,
    { wasm, memory, reason, options, pool, workers, asked, why, alive, observer } = {},
  ) {
    super();
    if (key !== INTERNAL)
      throw new ArgumentError('Runtime has no public constructor; use await Runtime.start()');
    const text = textReader(memory);
    const { kernels, builtin, read } = readKernels(wasm, text);
    const notes =
      wasm.filch_host_region_base() +
      wasm.filch_host_region_bytes(workers, options.taskSlots, options.stackBytes);
    const note = (worker) => notes + worker * NOTE_BYTES;
    const heap = new Heap(memory, note(workers), options);
    const parts = { wasm, memory, heap };
    this.#wasm = wasm;
    this.#memoryReason = reason;
    this.#alive = alive;
    this.#observer = observer;
    this.#asked = asked;
    this.#workers = workers;
    this.#debug = options.debug;
    this.#counters = names((i) => text(wasm.filch_host_counter_name(i)));
    this.#heap = heap;
    this.trace = new Trace({ ...parts, workers });
    const scheduler = new Scheduler({
      ...parts,
      kernels,
      builtin,
      note,
      trace: this.trace,
      observer,
      taskOf: (job) => Job.taskOf(job, scheduler),
      statuses: names((i) => text(wasm.filch_host_status_name(i))).map((name, i) => ({
        name,
        text: text(wasm.filch_host_status_text(i)),
      })),
      slots: options.taskSlots,
      maxQueue: options.maxQueue,
      queueOrder: options.queueOrder,
      tell: ({ number, url }) =>
        pool
          ? pool.tell({ type: LINK, id: url, shape: 'module', number, url })
          : this.#callee.import(number, url),
      busy: (on) => {
        alive.reasons += on ? 1 : -1;
        this.#autoscale?.busy(on);
      },
      work: (soon) =>
        this.#cooperative ? this.#cooperative.start() : this.#doorbell?.expect(soon),
    });
    this.#scheduler = scheduler;
    this.#rings = new Rings({
      memory,
      heap,
      kernelOf: (name) => scheduler.find(name),
      post: (batch) => scheduler.batch(batch),
    });
    this.#pool = pool;
    this.mode = pool ? 'threads' : 'cooperative';
    this.modeReason = why;
    this.#kernels = kernels;
    this.#pluginParts = {
      ...parts,
      kernels,
      read,
      tell: async (message) => pool?.tell(message),
      used: (some) => scheduler.uses(some),
    };
    if (pool) {
      this.#doorbell = new Doorbell(wasm, memory, scheduler);
      this.#doorbell.notify();
      const tasks = this.#counters.indexOf('tasks');
      pool.run((worker) => ({ note: note(worker), tasks }));
      const { idleTimeout, background } = options;
      this.#autoscale = new Autoscale(pool, {
        asked: pool.size,
        most: workers,
        idleTimeout,
        background,
      });
      this.#autoscale.busy(false);
    } else {
      const answer = (message, transfer) => {
        const copy = structuredClone(message, { transfer }); // as a worker's
        queueMicrotask(() => scheduler.answer(copy));
      };
      this.#callee = new Callee({ memory, answer, leave: () => {} });
      this.#cooperative = new Cooperative({
        wasm,
        memory,
        scheduler,
        note: note(0),
        budget: options.frameBudget,
      });
    }
    alive.reasons--;
  }

  /** The scheduler, as long as it takes posts. */
  #open() {
    if (this.#stopped) throw new ClosedError(this.#stopped);
    return this.#scheduler;
  }

  /**
   * Takes no posts any more, and fails all outstanding jobs: no worker is left that can be trusted.
   */
  #stop(text) {
    this.#stopped = text;
    this.#rings.stop();
    this.#abandon();
    this.#wasm.filch_host_stop();
  }

  /** Settles all jobs and rings: no worker runs them any more. */
  #abandon() {
    while (this.#scheduler.reap());
    this.#scheduler.abandon(this.#stopped);
    this.#rings.abandon();
  }

  /** An array in shared memory, of zeros, 64-byte aligned. */
  alloc(Type, length) {
    this.#open();
    const array = this.#heap.alloc(Type, length);
    if (Symbol.dispose)
      Object.defineProperty(array, Symbol.dispose, {
        value: () => this.#stopped || this.free(array),
      });
    return array;
  }

  /** Gives the memory of an array back. */
  free(array) {
    this.#open().free(array);
  }

  /**
   * Posts a loop. Returns at once; a bad option or argument is thrown, before shared memory is
   * touched.
   *
   * @returns {Job}
   */
  post(kernel, options) {
    return new Job(this.#open().post(kernel, options), this.#scheduler);
  }

  /** Posts many loops of one kernel as one job. @returns {Job} */
  postMany(kernel, loops, options) {
    return new Job(this.#open().postMany(kernel, loops, options), this.#scheduler);
  }

  /**
   * Calls a function that a module exports, on a worker.
   *
   * @returns {Job} of the function's result
   */
  call(url, name, args = [], options) {
    return new Job(this.#open().call(url, name, args, options), this.#scheduler);
  }

  /** Opens a ring of small records for a kernel. @returns {import('../ring/producer.js').Ring} */
  ring(kernel, options) {
    this.#open();
    return this.#rings.ring(kernel, options);
  }

  /** The same for a producer on another thread: { port, close() }; there, connectRing(port). */
  ringPort(kernel, options) {
    this.#open();
    return this.#rings.port(kernel, options);
  }

  /**
   * The kernels: name -> { kind, fields: { name -> { role, type } }, total: { name -> { type,
   * length } } }.
   */
  get kernels() {
    return describe(this.#kernels);
  }

  /**
   * Makes the kernels of another module known, while jobs run.
   *
   * @returns {Promise<import('../plugins/registry.js').Plugin>}
   */
  async load(source, options) {
    this.#open();
    return this.#withPlugins((plugins) => plugins.load(source, options));
  }

  /** The same for a kernel in JavaScript: the default export of the module at an absolute `url`. */
  async define(kernel, url, schema) {
    this.#open();
    return this.#withPlugins((plugins) => plugins.define(kernel, url, schema));
  }

  /** Unloads a plug-in. Rejects with PluginInUseError, ArgumentError. */
  async unload(plugin) {
    this.#open();
    return this.#withPlugins((plugins) => plugins.unload(plugin));
  }

  #withPlugins(work) {
    this.#plugins ??= import('../plugins/registry.js').then(
      ({ Plugins }) => new Plugins(this.#pluginParts),
    );
    return this.#keepAlive(this.#plugins.then(work));
  }

  /** Keeps Node's process until the promise has settled. */
  #keepAlive(promise) {
    this.#alive.reasons++;
    return promise.finally(() => this.#alive.reasons--);
  }

  /** post(), awaited. @returns {Promise<object>} */
  async run(kernel, options) {
    return this.post(kernel, options);
  }

  /** Runs the kernel over an array's elements: a new array. */
  map(kernel, array, options) {
    return map(this, kernel, array, options);
  }

  /** Posts a reduction; its total. Rejects as post() throws, and as the job. */
  reduce(kernel, options) {
    return reduce(this, kernel, options);
  }

  /**
   * Posts find no free task slot: they wait in the queue. The event 'drain' tells when no post
   * waits any more.
   */
  get needsDrain() {
    return this.#scheduler.needsDrain;
  }

  /**
   * Resolves when a post finds a free slot, at once or at the next 'drain'. Rejects with
   * ClosedError.
   */
  async ready() {
    while (this.#open().needsDrain) await this.#scheduler.backpressure.change();
  }

  /** Goes on with a job that save() wrote, in this runtime or another. @returns {Job} */
  restore(bytes, options) {
    return new Job(this.#open().restore(bytes, options), this.#scheduler);
  }

  /** From now on so many workers. Resolves when that is so. */
  resize(workers) {
    this.#open();
    if (!this.#autoscale) throw new ArgumentError('resize(): the cooperative mode has no workers');
    return this.#keepAlive(this.#autoscale.resize(workers));
  }

  /** { asked, running, reason } */
  get workers() {
    return {
      asked: this.#asked,
      running: this.#pool?.running ?? 0,
      reason: this.#pool?.reason ?? this.modeReason,
    };
  }

  /** Bytes: { size, capacity, used, peak, reason } */
  get memory() {
    const { capacity, used, peak } = this.#heap;
    return { size: this.#heap.size, capacity, used, peak, reason: this.#memoryReason };
  }

  /** Statistics of workers and jobs. */
  stats({ reset = false } = {}) {
    const workers = Array.from({ length: this.#workers }, (_, worker) =>
      workerStats(this.#wasm, this.#counters, worker),
    );
    const utilization = workers.reduce((sum, each) => sum + each.utilization, 0) / workers.length;
    const { outstanding, queued } = this.#scheduler;
    return { workers, utilization, outstanding, queued, ...this.#observer.read(reset) };
  }

  /** Terminates a worker and starts another in its place. */
  replaceWorker(worker) {
    this.#open();
    if (!this.#pool || !Number.isInteger(worker) || worker < 0 || worker >= this.#workers) {
      throw new ArgumentError(
        this.#pool
          ? `replaceWorker() needs a worker's number, 0 to ${this.#workers - 1}, got ${show(worker)}`
          : 'replaceWorker(): the cooperative mode has no worker to replace',
      );
    }
    this.#pool.kill(worker, 'replaceWorker() ended it');
  }

  /**
   * Cancels all outstanding jobs, ends the workers, and lets go of the memory. With `drain` the
   * runtime first waits for the jobs.
   */
  close({ drain = false, timeout = Infinity } = {}) {
    return (this.#closed ??= this.#close(drain ? timeout : 0, () => this.#pool?.close()));
  }

  /** close(), without a recall of the workers: their threads are ended at once. */
  terminate() {
    return (this.#closed ??= this.#close(0, () => this.#pool?.end()));
  }

  async #close(patience, end) {
    this.#stopped = 'the runtime is closed';
    if (patience > 0) await this.#scheduler.drain(patience);
    this.#autoscale?.close();
    this.#rings.stop();
    this.#scheduler.cancelAll('runtime closed');
    this.#wasm.filch_host_stop();
    await end();
    this.#abandon();
    this.#doorbell?.close();
    this.#alive.end();
    if (this.#debug) this.#heap.report();
  }

  get [Symbol.toStringTag]() {
    return 'Runtime';
  }
}

// Safari has no such symbol yet.
if (Symbol.asyncDispose) {
  Object.defineProperty(Runtime.prototype, Symbol.asyncDispose, {
    value: Runtime.prototype.close,
    writable: true,
    configurable: true,
  });
}
