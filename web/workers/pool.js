/**
 * The pool of workers: started together, replaced after a death, recalled where fewer are wanted.
 * Owner's thread only.
 */
import { ArgumentError, ClosedError, PluginError } from '../core/errors.js';
import { lazy, preloaded } from '../core/lazy.js';
import { inTime } from '../core/limit.js';
import { unrefTimeout } from '../core/platform.js';
import { show } from '../core/show.js';
import { WorkerHandle } from './handle.js';
import { ENTER, LOAD } from './protocol.js';
import { AFTERLIFE, threadMaker } from './thread-maker.js';

/**
 * Milliseconds that workers get to come home at the end. 1 ms, up to the next safepoint, is usual.
 */
const STOP_LIMIT = 1000;
/** Milliseconds for which a replacement counts. */
const MINUTE = 60_000;

export class WorkerPool {
  #makeThread;
  #load;
  #parts;
  #threads = new Set(); // the handles of all threads that have not ended
  #handles = []; // by number
  #missing = ''; // why workers did not start
  #gone = new Map(); // worker -> why it is gone
  #settings;
  #replacements; // that may start now: a kernel may kill each worker that runs it
  #minutes = new Set(); // timers, each of a replacement that counts
  #waiting = []; // are called when a replacement may start again, or a worker has gone
  #replacing = new Set(); // promises: of each worker that died, until another is there
  #coming = 0; // replacements that start now, or wait for the end of the dead worker
  #isEmpty = false; // the pool has told that no worker is left
  wanted = 0; // threads; 0: there is nothing to do
  #working = Infinity; // of those, how many may run
  #linker; // once there are plug-ins or modules
  #change = Promise.resolve(); // the last change of the number of workers
  #changed = () => {}; // another number is wanted
  #closing = false;

  /** Messages that came from no code of Filch's. */
  foreign = 0;

  /**
   * @param {object} parts limit: milliseconds that a worker may take to start, or to answer;
   *   importLimit: those of an import; replacementLimit: replacements of dead workers in a minute;
   *   isBusy(worker): it is in a task, or a function goes on there; recall(worker) calls a worker
   *   home, at its next safepoint; started(worker), crashed(worker,
   *   reason), recover(worker): a worker is there, dies, and has ended for good; error(worker,
   *   reason): an exception that nothing caught; limited(worker, reason): no replacement may start
   *   now; none(reason, isForGood): no worker is left that can be trusted; back(): one is there
   *   again
   */
  constructor({ module, memory, place, ...parts }) {
    this.#load = { type: LOAD, module, memory, place, origin: performance.timeOrigin };
    this.#replacements = parts.replacementLimit;
    this.#parts = {
      ...parts,
      home: (handle) => this.#runAgain(handle),
      foreign: () => this.foreign++,
      dead: (handle) => this.#workerDied(handle),
      ended: (handle) => this.#threads.delete(handle),
    };
  }

  /** Why there are fewer workers than asked for; '' where there are not. */
  get reason() {
    return [this.#missing, ...this.#gone.values()].filter(Boolean).join('; ');
  }

  /** Also those that are home for an errand. */
  get running() {
    return this.#handles.filter((handle) => handle && this.#isWorking(handle)).length;
  }

  #isWorking({ state, errands, worker }) {
    const working = Math.min(this.wanted, this.#working);
    return state === 'running' || (state === 'home' && errands && worker < working);
  }

  /** Their numbers. */
  get runningWorkers() {
    return this.#thatRun.map(({ worker }) => worker);
  }

  get #thatRun() {
    return this.#handles.filter((handle) => handle?.state === 'running');
  }

  /** Places of workers: as many as started. */
  get size() {
    return this.#handles.length;
  }

  /**
   * Starts `count` workers, all at once. Resolves when they are ready, at the latest at the limit.
   */
  async start(count, signal) {
    this.#makeThread = await threadMaker(this.#parts.threadOptions);
    const all = Array.from({ length: count }, () => this.#newWorker(signal));
    const [handles, missing] = [[], []];
    for (const handle of await Promise.all(all))
      (handle.state === 'ready' ? handles : missing).push(handle);
    this.#handles = handles;
    if (missing.length)
      this.#missing = `${missing.length} of ${count} workers did not start: ${missing[0].reason}`;
  }

  /** Runs the workers, numbered from 0. settings(worker): the rest of ENTER. */
  run(settings) {
    this.#settings = settings;
    this.wanted = this.#handles.length;
    this.#handles.forEach((handle, worker) =>
      handle.state === 'ready' ? this.#place(handle, worker) : this.#workerDied(handle, worker),
    );
  }

  /** The worker has this number from now on, and runs once it has all plug-ins. */
  #place(handle, worker) {
    this.#handles[worker] = handle;
    this.#gone.delete(worker);
    handle.worker = worker;
    handle.state = 'home';
    handle.thread.post({ type: ENTER, worker, ...this.#settings(worker) });
    if (this.#isEmpty) this.#parts.back();
    this.#isEmpty = false;
    this.#parts.started(worker);
    const equipped = this.#linker?.equip(handle);
    this.#runAgain(handle);
    return equipped;
  }

  #recall(handle) {
    if (handle.state !== 'running' || handle.isRecalled) return;
    handle.isRecalled = true; // once: the worker would else come home again, right after RUN
    this.#parts.recall(handle.worker);
    this.#linker?.recalled(handle);
  }

  #runAgain(handle) {
    const { state, worker, errands } = handle;
    if (state !== 'home' || errands || this.#closing) return;
    if (worker < Math.min(this.wanted, this.#working)) handle.run();
  }

  /** Calls the worker home, and keeps it there for the errand. undefined: the worker is dead. */
  async #atHome(handle, errand) {
    handle.errands++;
    this.#recall(handle);
    await handle.stopped;
    const got = handle.state === 'home' ? await errand() : undefined;
    handle.errands--;
    this.#runAgain(handle);
    return got;
  }

  /** Threads wanted from now on, and how many of them may run; the others stand by. */
  resize({ wanted = this.wanted, working = this.#working }) {
    this.wanted = wanted;
    this.#working = working;
    this.#changed();
    return (this.#change = this.#change.then(() => this.#adjust()));
  }

  #linking = lazy(
    'code for workers needs',
    async () => {
      const { Linker } = await (preloaded.linker ?? import('./linker.js'));
      return (this.#linker = new Linker({
        ...this.#parts,
        handles: () => this.#handles.filter((handle) => handle && handle.state !== 'dead'),
        replaced: () => (this.#replacing.size ? Promise.race(this.#replacing) : undefined),
        atHome: (...errand) => this.#atHome(...errand),
        isWorking: (handle) => this.#isWorking(handle),
      }));
    },
    PluginError,
    { source: '' },
  );

  /** See Linker. */
  async tell(message) {
    await (await this.#linking()).tell(message);
    if (this.#closing && message.url) throw new ClosedError('the runtime is closed');
  }

  async #adjust() {
    if (this.#closing) return;
    const working = Math.min(this.wanted, this.#working);
    const surplus = this.#thatRun.filter(({ worker }) => worker >= working);
    for (const handle of surplus) this.#recall(handle);
    // A worker that does not come home keeps no other worker there, once more are wanted again.
    const changed = new Promise((resolve) => (this.#changed = resolve));
    await Promise.race([Promise.all(surplus.map((handle) => handle.stopped)), changed]);
    if (this.#closing) return;
    for (const handle of surplus)
      if (handle.state === 'running') handle.stopped.then(() => this.resize({}));
    const wanted = this.wanted;
    while (this.#handles.length < wanted) this.#handles.push(undefined); // no hole is to be read
    await Promise.all(
      this.#handles
        .slice(wanted)
        .map((handle) => handle?.state === 'home' && this.#endWorker(handle)),
    );
    const missing = [...Array(wanted).keys()].filter(
      (worker) => !this.#handles[worker] && !this.#gone.has(worker),
    );
    if (missing.length) this.#missing = ''; // the next change of their number tries again
    const started = await Promise.all(missing.map(() => this.#newWorker()));
    await Promise.all(missing.map((worker, i) => this.#add(started[i], worker)));
    if (this.#closing) return;
    for (const handle of this.#handles) if (handle) this.#runAgain(handle);
  }

  async #endWorker(handle) {
    await handle.end();
    if (this.#closing) return;
    this.#handles[handle.worker] = undefined;
    this.#parts.recover(handle.worker);
    this.#wake();
  }

  /** A new worker: ready, or dead. */
  async #newWorker(signal) {
    const handle = new WorkerHandle(this.#makeThread, this.#load, this.#parts);
    this.#threads.add(handle);
    await inTime(handle.ready, this.#parts.limit, undefined, signal);
    if (handle.state !== 'ready' || this.#closing)
      handle.fail(`it did not start within ${this.#parts.limit} ms`);
    return handle;
  }

  async #add(handle, worker) {
    if (handle.state === 'ready') return this.#place(handle, worker);
    await null; // first the others that have started with it have their places
    const { reason } = handle;
    if (!this.#handles.some(Boolean)) this.#replace(worker, 'did not start', reason);
    else this.#missing = `worker ${worker} did not start: ${reason}`;
  }

  /** Every worker comes home for a moment. Resolves to whether all did, and none was missing. */
  async roundTrip() {
    const home = await Promise.all(this.#thatRun.map((each) => this.#atHome(each, () => true)));
    return home.length > 0 && home.every(Boolean) && !this.#coming;
  }

  /** replaceWorker(). `count`: of the numbers that workers may have. Throws ArgumentError. */
  replace(worker, count) {
    if (!Number.isInteger(worker) || worker < 0 || worker >= count)
      throw new ArgumentError(
        `replaceWorker() needs a worker's number, 0 to ${count - 1}, got ${show(worker)}`,
      );
    this.kill(worker, 'replaceWorker() ended it', AFTERLIFE, !AFTERLIFE);
  }

  /**
   * Ends a worker's thread, as if the worker had died.
   *
   * @param {number} afterlife see thread-maker.js
   * @param {boolean} [isNow] else the worker's tasks go on elsewhere, if they come to a safepoint
   */
  kill(worker, reason, afterlife, isNow) {
    const handle = this.#handles.at(worker);
    if (!handle) return;
    if (!isNow) this.#recall(handle); // while the thread runs on it takes no further task
    handle.fail(reason, afterlife);
  }

  #workerDied(handle, worker = handle.worker) {
    const { reason } = handle;
    this.#handles[worker] = undefined;
    this.#parts.crashed(worker, reason);
    this.#replace(worker, 'died', reason, handle);
  }

  /** @param {WorkerHandle} [dead] that had the number */
  #replace(worker, what, reason, dead) {
    this.#gone.set(
      worker,
      `worker ${worker} ${what}, and another is starting in its place: ${reason}`,
    );
    const replacing = this.#tryReplace(worker, what, reason, dead);
    this.#replacing.add(replacing);
    replacing.then(() => this.#replacing.delete(replacing));
  }

  async #tryReplace(worker, what, reason, dead) {
    let why = reason;
    if (dead && !(await this.#hasEnded(worker, dead))) return;
    while (worker < this.wanted && !this.#closing) {
      if (!this.#replacements) {
        await this.#awaitReplacement(
          worker,
          `worker ${worker} ${what} and was not replaced: ${why}`,
        );
        continue;
      }
      const handle = await this.#startReplacement();
      if (handle.state !== 'ready') why = handle.reason;
      else if (worker < this.wanted) return void this.#place(handle, worker);
      else await handle.end();
    }
    this.#gone.delete(worker); // no worker is missing
    this.#wake();
  }

  /** False: the thread may go on for ever. */
  async #hasEnded(worker, { ended, afterlife }) {
    this.#coming++;
    await ended;
    if (afterlife === Infinity) {
      this.#none(
        worker,
        `worker ${worker} was terminated, and this engine may let its kernel run on: close() and start again`,
        true,
      );
      return false;
    }
    if (afterlife) await new Promise((resolve) => setTimeout(resolve, afterlife));
    if (!this.#closing) this.#parts.recover(worker);
    this.#coming--;
    return true;
  }

  async #startReplacement() {
    this.#replacements--;
    const timer = unrefTimeout(MINUTE, () => {
      this.#minutes.delete(timer);
      this.#replacements++;
      this.#wake();
    });
    this.#minutes.add(timer);
    this.#coming++;
    const handle = await this.#newWorker();
    this.#coming--;
    return handle;
  }

  /** Too many workers have died within a minute. */
  async #awaitReplacement(worker, text) {
    this.#gone.set(worker, text);
    this.#parts.limited(worker, text);
    while (!this.#replacements && worker < this.wanted && !this.#closing) {
      if (!this.#isEmpty && !this.#coming && !this.#handles.some(Boolean))
        this.#none(worker, text, false);
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #none(worker, text, isForGood) {
    this.#gone.set(worker, text);
    if (this.#closing) return;
    this.#isEmpty = !isForGood;
    this.#parts.none(text, isForGood);
  }

  /** After the runtime's stop: waits a while for the workers to come home, and ends all threads. */
  async close() {
    this.#closing = true;
    await inTime(Promise.all(this.#handles.map((handle) => handle?.stopped)), STOP_LIMIT);
    await this.end();
  }

  end() {
    this.#closing = true;
    this.#handles = [];
    this.#wake();
    for (const timer of this.#minutes) clearTimeout(timer);
    return Promise.all([...this.#threads].map((handle) => handle.end()));
  }
}
