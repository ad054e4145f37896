/**
 * The runtime, as the page sees it: index.d.ts tells what each part does, takes, and throws. Everything here is the owner's thread's, and
 * nothing waits.
 */
import { Callee } from './callee.js';
import { Cooperative } from './cooperative.js';
import { Doorbell } from './doorbell.js';
import { ArgumentError, ClosedError } from './errors.js';
import { Events } from './events.js';
import { Heap } from './heap.js';
import { Job } from './job.js';
import { names, textReader } from './module.js';
import { startOptions } from './options.js';
import { workerStats } from './observe.js';
import { KeepAlive } from './platform.js';
import { Pool } from './pool.js';
import { NOTE_BYTES, PLUG } from './protocol.js';
import { Rings } from './rings.js';
import { describe, readKernels } from './schema.js';
import { map, reduce } from './shorthand.js';
import { show } from './show.js';
import { Staff } from './staff.js';
import { assemble } from './start.js';
import { Trace } from './trace.js';

const INTERNAL = Symbol('internal');

export class Runtime extends Events {
  #wasm;
  #memory;
  #memoryReason;
  #heap;
  #pool;
  #doorbell;
  #crew;
  #kernels;
  #pluginsOf; // what they need
  #plugins; // a promise of them: most pages have none
  #rings;
  #staff;
  #debug;
  #callee; // in the cooperative mode
  #cooperative;
  #alive;
  #asked;
  #workers;
  #counters;
  #observer;
  #stopped = ''; // why it takes no posts any more
  #closed;

  /** 'threads' or 'cooperative'. */
  mode;
  /** Why it is cooperative; '' with threads. */
  modeReason;
  /** Notes what the workers do: start({ events }), then stop() for Chrome's trace events. */
  trace;

  /**
   * Starts a runtime: its module, its memory, and its workers, all at once. The thread that calls this owns the runtime.
   * index.d.ts says what each option does.
   *
   * Rejects with OptionsError, ModuleError, OutOfMemoryError, IsolationError or WorkerStartError (in the mode 'threads'
   * alone), CancelledError.
   *
   * @param {object} [options]
   * @returns {Promise<Runtime>}
   */
  static async start(options = {}) {
    const checked = startOptions(options);
    const alive = new KeepAlive();
    alive.reasons++;
    let runtime;
    const hooks = {
      ring: () => runtime?.#doorbell?.ring(),
      call: (...call) => runtime.#callee.call(...call),
      answer: (answer) => runtime?.#pool.answer(answer),
      lose: (worker) => runtime?.#pool.lose(worker),
      stop: (text) => runtime.#stop(text),
      emit: (type, detail) => Events.emit(runtime, type, detail),
    };
    try {
      runtime = new Runtime(INTERNAL, { ...(await assemble(checked, hooks)), options: checked, alive });
      return runtime;
    } catch (error) {
      alive.end();
      throw error;
    }
  }

  /** Not for callers: Runtime.start() makes runtimes. */
  constructor(key, { wasm, memory, reason, options, crew, workers, asked, why, alive, observer } = {}) {
    super();
    if (key !== INTERNAL) throw new ArgumentError('Runtime has no public constructor; use await Runtime.start()');
    const text = textReader(memory);
    const { kernels, builtin, read } = readKernels(wasm, text);
    const notes = wasm.filch_region_base() + wasm.filch_region_bytes(workers, options.taskSlots, options.stackBytes);
    const note = (worker) => notes + worker * NOTE_BYTES;
    this.#wasm = wasm;
    this.#memory = memory;
    this.#memoryReason = reason;
    this.#alive = alive;
    this.#observer = observer;
    this.#asked = asked;
    this.#workers = workers;
    this.#debug = options.debug;
    this.#counters = names((i) => text(wasm.filch_counter_name(i)));
    this.#heap = new Heap(memory, note(workers), options);
    this.trace = new Trace({ wasm, memory, heap: this.#heap, workers });
    const tell = async (message) => crew?.tell(message);
    const module = ({ number, url }) =>
      crew ? crew.tell({ type: PLUG, id: url, shape: 'module', number, url }) : this.#callee.import(number, url);
    this.#pool = new Pool({
      wasm,
      trace: this.trace,
      memory,
      kernels,
      builtin,
      note,
      heap: this.#heap,
      statuses: names((i) => text(wasm.filch_status_name(i))).map((name, i) => ({ name, text: text(wasm.filch_status_text(i)) })),
      slots: options.taskSlots,
      maxQueue: options.maxQueue,
      queueOrder: options.queueOrder,
      observer,
      tell: module,
      busy: (on) => {
        alive.reasons += on ? 1 : -1;
        this.#staff?.busy(on);
      },
      work: (soon) => (this.#cooperative ? this.#cooperative.start() : this.#doorbell?.expect(soon)),
    });
    const pool = this.#pool;
    this.#rings = new Rings({ memory, heap: this.#heap, kernelOf: (name) => pool.find(name), post: (...batch) => pool.batch(...batch) });
    this.#crew = crew;
    this.mode = crew ? 'threads' : 'cooperative';
    this.modeReason = why;
    this.#kernels = kernels;
    this.#pluginsOf = { wasm, memory, heap: this.#heap, kernels, read, tell, used: (some) => this.#pool.uses(some) };
    if (crew) {
      this.#doorbell = new Doorbell(wasm, memory, this.#pool);
      this.#doorbell.ring();
      const tasks = this.#counters.indexOf('tasks');
      crew.run((worker) => ({ note: note(worker), tasks }));
      const { idleTimeout, background } = options;
      this.#staff = new Staff(crew, { asked: crew.size, most: workers, idleTimeout, background });
      this.#staff.busy(false);
    } else {
      const answer = (message, transfer) => {
        const copy = structuredClone(message, { transfer }); // as a worker's
        queueMicrotask(() => this.#pool.answer(copy));
      };
      this.#callee = new Callee({ memory, answer, leave: () => {} });
      this.#cooperative = new Cooperative({ wasm, memory, pool: this.#pool, note: note(0), budget: options.frameBudget });
    }
    alive.reasons--;
  }

  #open() {
    if (this.#stopped) throw new ClosedError(this.#stopped);
  }

  /** Takes no posts any more; what is outstanding fails. For when no worker is left that can be trusted. */
  #stop(text) {
    this.#stopped = text;
    this.#rings.stop();
    while (this.#pool.reap());
    this.#pool.abandon(text);
    this.#rings.abandon();
    this.#wasm.filch_stop();
  }

  /**
   * An array in shared memory, of zeros, 64-byte aligned. It stays where it is, and valid, until free() or close(); `using` frees it.
   *
   * Throws ArgumentError, OutOfMemoryError, ClosedError.
   *
   * @param {Function} Type Uint8Array, Uint8ClampedArray, ... Float64Array, BigInt64Array, BigUint64Array
   * @param {number} length elements
   */
  alloc(Type, length) {
    this.#open();
    const array = this.#heap.alloc(Type, length);
    if (Symbol.dispose) Object.defineProperty(array, Symbol.dispose, { value: () => this.#stopped || this.free(array) });
    return array;
  }

  /**
   * Gives the memory of an array back. The array itself, not a subarray; no job may be using it. Throws ForeignMemoryError,
   * FreedMemoryError, MemoryInUseError, ClosedError.
   */
  free(array) {
    this.#open();
    this.#pool.free(array);
  }

  /** Posts a loop. Returns at once; a bad option or argument is thrown, before shared memory is touched. @returns {Job} */
  post(kernel, options) {
    this.#open();
    return new Job(this.#pool.post(kernel, options), this.#pool);
  }

  /** Posts many loops of one kernel as one job. @returns {Job} */
  postMany(kernel, loops, options) {
    this.#open();
    return new Job(this.#pool.postMany(kernel, loops, options), this.#pool);
  }

  /** Calls a function that a module exports, on a worker. @returns {Job} of what it gives */
  call(url, name, args = [], options) {
    this.#open();
    return new Job(this.#pool.call(url, name, args, options), this.#pool);
  }

  /** Opens a ring of small records for a kernel. @returns {import('./ring.js').Ring} */
  ring(kernel, options) {
    this.#open();
    return this.#rings.ring(kernel, options);
  }

  /** The same for a producer on another thread: { port, close() }; there, connectRing(port). */
  ringPort(kernel, options) {
    this.#open();
    return this.#rings.port(kernel, options);
  }

  /** What can be posted: name -> { kind, fields: { name -> { role, type } }, total: { name -> { type, length } } }. */
  get kernels() {
    return describe(this.#kernels);
  }

  /** Makes the kernels of another module known, while jobs run. @returns {Promise<import('./plugins.js').Plugin>} */
  async load(source, options) {
    this.#open();
    return this.#withPlugins((plugins) => plugins.load(source, options));
  }

  /** The same for a kernel in JavaScript: the default export of the module at an absolute `url`. */
  async define(kernel, url, schema) {
    this.#open();
    return this.#withPlugins((plugins) => plugins.define(kernel, url, schema));
  }

  /** Lets go of what load() or define() gave. Rejects with PluginInUseError, ArgumentError. */
  async unload(plugin) {
    this.#open();
    return this.#withPlugins((plugins) => plugins.unload(plugin));
  }

  #withPlugins(work) {
    this.#plugins ??= import('./plugins.js').then(({ Plugins }) => new Plugins(this.#pluginsOf));
    return this.#held(this.#plugins.then(work));
  }

  /** Keeps Node's process until then. */
  #held(promise) {
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

  /** Posts find no free task slot: they wait in the queue. The event 'drain' tells when none waits any more. */
  get needsDrain() {
    return this.#pool.needsDrain;
  }

  /** Resolves when a post finds a free slot, at once or at the next 'drain'. Rejects with ClosedError. */
  async ready() {
    for (this.#open(); this.#pool.needsDrain; this.#open()) await this.#pool.room.change();
  }

  /** Goes on with a job that save() wrote, here or elsewhere. @returns {Job} */
  restore(bytes, options) {
    this.#open();
    return new Job(this.#pool.restore(bytes, options), this.#pool);
  }

  /**
   * From now on so many workers, 1 to the `maxWorkers` of start(). Resolves when that is so: a worker that is too many leaves at its
   * next boundary, and what it ran goes on elsewhere. A kernel that never comes to a boundary keeps its worker.
   *
   * Throws ArgumentError, ClosedError.
   *
   * @param {number} workers
   * @returns {Promise<void>}
   */
  resize(workers) {
    this.#open();
    if (!this.#staff) throw new ArgumentError('resize(): the cooperative mode has no workers');
    return this.#held(this.#staff.resize(workers));
  }

  /** { asked, running, reason }: workers asked for, at work now (0 in the cooperative mode), and why there are fewer. */
  get workers() {
    return { asked: this.#asked, running: this.#crew?.running ?? 0, reason: this.#crew?.reason ?? this.modeReason };
  }

  /** Bytes: { size, capacity, used, peak, reason }: of the whole memory, what alloc() can give, gives now, gave at most. */
  get memory() {
    const { capacity, used, peak } = this.#heap;
    return { size: this.#heap.size, capacity, used, peak, reason: this.#memoryReason };
  }

  /**
   * What the runtime has done and does: `workers`, each one's counters and its `utilization`, 0 to 1; `jobs` that were done, failed,
   * or cancelled; `runTime` and `waitTime` of settled jobs, histograms in milliseconds; `outstanding` jobs, and how many of those are
   * `queued` for a slot; `utilization` of all workers.
   *
   * @param {{ reset?: boolean }} [options] whether the histograms begin anew
   */
  stats({ reset = false } = {}) {
    const workers = Array.from({ length: this.#workers }, (_, worker) => workerStats(this.#wasm, this.#counters, worker));
    const utilization = workers.reduce((sum, each) => sum + each.utilization, 0) / workers.length;
    const { outstanding, queued } = this.#pool;
    return { workers, utilization, outstanding, queued, ...this.#observer.read(reset) };
  }

  /**
   * Terminates a worker and starts another in its place: for a kernel that does not come back. The jobs that it was working on
   * fail with a WorkerLostError; in a browser after 3 s, for none tells when a thread has ended. WebKit does not end one that
   * is in a loop: there all that is outstanding fails, and the runtime takes no posts any more.
   *
   * Throws ArgumentError, ClosedError.
   *
   * @param {number} worker its number, as in a result's `workers`
   */
  replaceWorker(worker) {
    this.#open();
    if (!this.#crew || !Number.isInteger(worker) || worker < 0 || worker >= this.#workers) {
      throw new ArgumentError(
        this.#crew
          ? `replaceWorker() needs a worker's number, 0 to ${this.#workers - 1}, got ${show(worker)}`
          : 'replaceWorker(): the cooperative mode has no worker to replace',
      );
    }
    this.#crew.kill(worker, 'replaceWorker() ended it');
  }

  /**
   * Cancels all that is outstanding, with the reason 'runtime closed', ends the workers, and lets go of the memory. With `drain` it
   * takes no posts any more, and first waits for what is outstanding, for `timeout` milliseconds at most. Resolves when the workers
   * have ended, at the latest after about a second from then. Again: the same promise.
   *
   * @param {{ drain?: boolean, timeout?: number }} [options]
   * @returns {Promise<void>}
   */
  close({ drain = false, timeout = Infinity } = {}) {
    return (this.#closed ??= this.#close(drain ? timeout : 0, () => this.#crew?.close()));
  }

  /** close(), without asking the workers to come home: their threads are ended, whatever they do. */
  terminate() {
    return (this.#closed ??= this.#close(0, () => this.#crew?.end()));
  }

  async #close(patience, end) {
    this.#stopped = 'the runtime is closed';
    if (patience > 0) await this.#pool.quiet(patience);
    this.#staff?.close();
    this.#rings.stop();
    this.#pool.cancelAll('runtime closed');
    this.#wasm.filch_stop();
    await end();
    while (this.#pool.reap());
    this.#pool.abandon('the runtime is closed');
    this.#rings.abandon();
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
  Object.defineProperty(Runtime.prototype, Symbol.asyncDispose, { value: Runtime.prototype.close, writable: true, configurable: true });
}
