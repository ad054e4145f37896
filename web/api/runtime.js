/**
 * The runtime, as the page sees it; index.d.ts is the reference. Owner's thread only. Nothing here
 * waits.
 */
import { ArgumentError, ClosedError, PluginError } from '../core/errors.js';
import { guarded, report, throwTyped, typed } from '../core/guard.js';
import { lazy, preloaded } from '../core/lazy.js';
import { Imports } from '../core/limit.js';
import { KeepAlive } from '../core/platform.js';
import { Heap } from '../memory/heap.js';
import { RuntimeStats } from '../observe/runtime-stats.js';
import { Trace } from '../observe/trace.js';
import { Rings } from '../ring/rings.js';
import { Scheduler } from '../tasks/scheduler.js';
import { unsigned } from '../wasm/address.js';
import { names, textReader } from '../wasm/module.js';
import { describe, readKernels, readStatuses } from '../wasm/schema.js';
import { Autoscale } from '../workers/autoscale.js';
import { Cooperative } from '../workers/cooperative.js';
import { Doorbell } from '../workers/doorbell.js';
import { SCRIPT_AFTERLIFE } from '../workers/thread-maker.js';
import { TrapReader } from '../workers/trap-reader.js';
import { LINK } from '../workers/protocol.js';
import { Events } from './events.js';
import { Job } from './job.js';
import { map, reduce } from './map-reduce.js';
import { startOptions } from './options.js';
import { assemble, checkGlobals } from './start.js';
import { Watch } from './watch.js';

const CLOSED = 'the runtime is closed';
const INTERNAL = Symbol('internal');

export class Runtime extends Events {
  #wasm;
  #memoryReason;
  #heap;
  #scheduler;
  #doorbell;
  #pool;
  #kernels;
  #plugins;
  #rings;
  #autoscale;
  #debug;
  #cooperative;
  #alive;
  #asked;
  #workers;
  #stats;
  #stopped = ''; // why the runtime takes no posts any more
  #corrupt; // a CorruptError: see wasm/border.js
  #watch;
  #closed;
  #imports;

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
      notify: () => runtime?.#doorbell?.notify(),
      call: (...call) => runtime.#cooperative.call(...call),
      answer: (...answer) => runtime?.#scheduler.answers?.came(...answer),
      has: (worker) => runtime.#scheduler.answers?.has(worker),
      recover: (worker) => runtime?.#scheduler.recover(worker),
      stop: (...why) => runtime.#stop(...why),
      back: () => (runtime.#stopped = runtime.#closed || runtime.#corrupt ? runtime.#stopped : ''),
      corrupt: (error) => {
        if (!runtime) throw error;
        runtime.#break(error);
      },
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
      throw typed(error, 'start()');
    }
  }

  constructor(
    key,
    { wasm, memory, reason, options, pool, layout, asked, why, alive, observer } = {},
  ) {
    super();
    if (key !== INTERNAL)
      throw new ArgumentError('Runtime has no public constructor; use await Runtime.start()');
    const [workers] = layout;
    const text = textReader(memory);
    const { kernels, builtin, read } = readKernels(wasm, text);
    const address =
      unsigned(wasm.filch_host_region_base()) + unsigned(wasm.filch_host_region_bytes(...layout));
    const notes = new TrapReader(memory, address, options);
    const heap = new Heap(memory, notes.endFor(workers), options);
    const limited = (importing) => this.#imports.limited(importing);
    const work = (soon) =>
      this.#cooperative ? this.#cooperative.start() : this.#doorbell?.expect(soon);
    const open = () => this.#open();
    const parts = { wasm, memory, heap, notes, kernels, read, pool, limited, work, open };
    this.#wasm = wasm;
    this.#memoryReason = reason;
    this.#alive = alive;
    this.#asked = asked;
    this.#workers = workers;
    this.#debug = options.debug;
    const counters = names((i) => text(wasm.filch_host_counter_name(i)));
    this.#heap = heap;
    this.trace = new Trace({ ...parts, workers });
    this.#imports = new Imports(options.importLimit);
    const scheduler = new Scheduler({
      ...parts,
      builtin,
      trace: this.trace,
      observer,
      taskOf: (job) => Job.taskOf(job, scheduler),
      statuses: readStatuses(wasm, text),
      slots: options.taskSlots,
      maxQueue: options.maxQueue,
      queueOrder: options.queueOrder,
      callGrace: options.callGrace,
      replace(worker, reason) {
        pool?.kill(worker, reason, SCRIPT_AFTERLIFE);
        return Boolean(pool);
      },
      tell: ({ number, url }) =>
        pool
          ? pool.tell({ type: LINK, id: -number, shape: 'module', number, url })
          : limited(this.#cooperative.import(number, url)),
      busy: (on) => {
        alive.reasons += on ? 1 : -1;
        this.#autoscale?.busy(on);
        if (on) this.#watch.begin();
      },
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
    const load = async () => {
      const { Plugins } = await (preloaded.registry ?? import('../plugins/registry.js'));
      return new Plugins(parts);
    };
    this.#plugins = lazy('plug-ins need', load, PluginError, { source: '' });
    this.#stats = new RuntimeStats({ wasm, counters, workers, scheduler, observer, pool });
    const tasks = counters.indexOf('tasks');
    Object.assign(parts, { scheduler, counters, cooperative: () => this.#cooperative });
    this.#watch = new Watch(parts);
    if (pool) {
      this.#doorbell = new Doorbell(wasm, memory, scheduler);
      this.#doorbell.notify();
      const same = { layout, notes: notes.place, tasks };
      pool.run((worker) => ({ top: wasm.filch_host_stack_top(worker), ...same }));
      this.#autoscale = new Autoscale(pool, { ...options, asked: pool.size, most: workers });
      this.#autoscale.busy(false);
    } else {
      this.#cooperative = new Cooperative({ ...parts, tasks, budget: options.frameBudget });
    }
    alive.reasons--;
  }

  /** The scheduler, as long as the runtime takes posts. */
  #open() {
    if (this.#stopped) throw new ClosedError(this.#stopped, { cause: this.#corrupt });
    return this.#scheduler;
  }

  /** No worker is left that can be trusted. `isForGood`: one may still be in a kernel. */
  #stop(text, isForGood) {
    this.#stopped = text;
    this.#rings.stop();
    const handles = this.#abandon();
    if (isForGood) this.#wasm.filch_host_stop();
    else for (const handle of handles) this.#wasm.filch_host_cancel(handle);
  }

  /** Shared memory is corrupt: settles everything, and ends the workers. */
  #break(error) {
    this.#corrupt = error;
    this.#stopped ||= error.message;
    this.#rings.stop();
    this.#autoscale?.close();
    this.#watch.ended = true;
    this.#doorbell?.close();
    this.#pool?.end();
    // First the call that has found it returns.
    queueMicrotask(() => {
      this.#rings.abandon(error); // before the batches: a batch does not say why it failed
      this.#abandon();
    });
  }

  /** Settles all jobs and rings: no worker runs them any more. @returns the jobs' handles */
  #abandon() {
    this.#scheduler.reapAll();
    const handles = this.#scheduler.abandon(this.#stopped, this.#corrupt);
    this.#rings.abandon();
    return handles;
  }

  alloc(Type, length) {
    this.#open();
    const array = this.#heap.alloc(Type, length);
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
    return new Job(this.#open().post(kernel, options), this.#scheduler);
  }

  postMany(kernel, loops, options) {
    return new Job(this.#open().postMany(kernel, loops, options), this.#scheduler);
  }

  call(url, name, args = [], options) {
    return new Job(this.#open().call(url, name, args, options), this.#scheduler);
  }

  ring(kernel, options) {
    this.#open();
    return this.#rings.ring(kernel, options);
  }

  ringPort(kernel, options) {
    this.#open();
    return this.#rings.port(kernel, options);
  }

  get kernels() {
    return describe(this.#kernels);
  }

  load(...given) {
    return this.#later('load', given);
  }

  define(...given) {
    return this.#later('define', given);
  }

  unload(...given) {
    return this.#later('unload', given);
  }

  event(...given) {
    return this.#later('event', given);
  }

  /** Calls a method of code that comes on demand. */
  async #later(method, given) {
    this.#open();
    const checked = () => this.#corrupt && this.#open(); // the module may have answered with zeros
    const called = this.#plugins().then((code) => code[method](...given));
    return this.#keepAlive(this.#imports.untilEnd(called).finally(checked));
  }

  /** Keeps Node's process until the promise has settled. */
  #keepAlive(promise) {
    this.#alive.reasons++;
    return promise.finally(() => this.#alive.reasons--);
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
    return this.#scheduler.needsDrain;
  }

  async ready() {
    while (this.#open().needsDrain) await this.#scheduler.backpressure.change();
  }

  restore(bytes, options) {
    return new Job(this.#open().restore(bytes, options), this.#scheduler);
  }

  resize(workers) {
    this.#open();
    if (!this.#autoscale) throw new ArgumentError('resize(): the cooperative mode has no workers');
    return this.#keepAlive(this.#autoscale.resize(workers));
  }

  get workers() {
    return {
      asked: this.#asked,
      running: this.#pool?.running ?? 0,
      reason: this.#pool?.reason ?? this.modeReason,
    };
  }

  get memory() {
    const { capacity, used, peak } = this.#heap;
    return { size: this.#heap.size, capacity, used, peak, reason: this.#memoryReason };
  }

  stats({ reset = false } = {}) {
    return this.#stats.read(reset);
  }

  replaceWorker(worker) {
    this.#open();
    if (!this.#pool) throw new ArgumentError('replaceWorker(): the cooperative mode has no worker');
    this.#pool.replace(worker, this.#workers);
  }

  close(options = {}) {
    try {
      const { drain = false, timeout = Infinity } = options;
      return (this.#closed ??= this.#close(drain ? timeout : 0, () => this.#pool?.close()));
    } catch (error) {
      return Promise.reject(typed(error, 'close()'));
    }
  }

  terminate() {
    return (this.#closed ??= this.#close(0, () => this.#pool?.end()));
  }

  async #close(patience, end) {
    this.#stopped = CLOSED;
    const { backpressure } = this.#scheduler;
    if (patience > 0) await backpressure.until(() => !this.#scheduler.outstanding, patience);
    this.#autoscale?.close();
    this.#watch.ended = true;
    this.#rings.stop();
    this.#scheduler.cancelAll('runtime closed');
    this.#wasm.filch_host_stop();
    try {
      await end();
    } catch (error) {
      report(error);
    }
    this.#abandon();
    this.#doorbell?.close();
    this.#alive.end();
    this.#imports.end(new ClosedError(CLOSED)); // last: callers of close() can catch these
    if (this.#debug) guarded(() => this.#heap.report());
  }

  get [Symbol.toStringTag]() {
    return 'Runtime';
  }
}

throwTyped(
  Runtime.prototype,
  'post postMany call restore ring ringPort load define unload event map reduce resize stats'.split(
    ' ',
  ),
);

// Safari has no such symbol yet.
if (Symbol.asyncDispose) {
  Object.defineProperty(Runtime.prototype, Symbol.asyncDispose, {
    value: Runtime.prototype.close,
    writable: true,
    configurable: true,
  });
}
