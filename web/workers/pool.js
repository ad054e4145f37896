/**
 * The pool of workers: started together, replaced after a death, recalled where fewer are wanted.
 * Owner's thread only.
 */
import { WorkerHandle } from './handle.js';
import { LINK, LOAD, RUN } from './protocol.js';
import { AFTERLIFE, threadMaker } from './thread-maker.js';

/** Replacements of dead workers, at most: a kernel may kill each worker that runs it. */
const REPLACEMENTS = 16;
/**
 * Milliseconds that workers get to come home at the end. 1 ms, up to the next safepoint, is usual.
 */
const STOP_LIMIT = 1000;

/** Resolves when the promise has settled, after `limit` milliseconds, or at an abort. */
function inTime(promise, limit, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, limit);
    signal?.addEventListener('abort', end);
    promise.then(end, end);
  });
}

export class WorkerPool {
  #makeThread;
  #load;
  #limit;
  #threadOptions;
  #on;
  #handles = [];
  #missing = ''; // why workers did not start
  #gone = new Map(); // worker -> why it is gone
  #settings;
  #left = REPLACEMENTS;
  #wanted = 0; // threads
  #working = Infinity; // of those, how many may run
  #plugins = new Map(); // that every worker must have: id -> LINK
  #change = Promise.resolve(); // the last change of the pool
  #changed = () => {}; // another number is wanted
  #closing = false;
  #dying = 0; // workers that have died, and whose tasks are not recovered yet

  /**
   * @param {object} parts limit: milliseconds that a worker may take to start; recall(worker) calls
   *   a worker home, at its next safepoint; started(worker), crashed(worker, reason),
   *   recover(worker): a worker begins to run, dies, and has ended for good; none(reason): no
   *   worker is left that can be trusted
   */
  constructor({ module, memory, place, limit, threadOptions, ...on }) {
    this.#load = { type: LOAD, module, memory, place, origin: performance.timeOrigin };
    this.#limit = limit;
    this.#threadOptions = threadOptions;
    this.#on = { ...on, dead: (...death) => this.#workerDied(...death) };
  }

  /** Why there are fewer workers than asked for; '' where there are not. */
  get reason() {
    return [this.#missing, ...this.#gone.values()].filter(Boolean).join('; ');
  }

  get running() {
    return this.runningWorkers.length;
  }

  get runningWorkers() {
    return this.#handles
      .filter((handle) => handle?.state === 'running')
      .map(({ worker }) => worker);
  }

  /** Places of workers: as many as started. */
  get size() {
    return this.#handles.length;
  }

  /**
   * Starts `count` workers, all at once. Resolves when they are ready, at the latest at the limit.
   */
  async start(count, signal) {
    this.#makeThread = await threadMaker(this.#threadOptions);
    const all = Array.from({ length: count }, () => this.#newWorker(signal));
    const [handles, missing] = [[], []];
    for (const handle of await Promise.all(all))
      (handle.state === 'ready' ? handles : missing).push(handle);
    this.#handles = handles;
    if (missing.length)
      this.#missing = `${missing.length} of ${count} workers did not start: ${missing[0].reason}`;
  }

  /** Runs the workers, numbered from 0. settings(worker): the rest of RUN. */
  run(settings) {
    this.#settings = settings;
    this.#wanted = this.#handles.length;
    this.#handles.forEach((handle, worker) => this.#run(handle, worker));
  }

  #run(handle, worker) {
    this.#handles[worker] = handle;
    this.#on.started(worker);
    handle.link(this.#plugins);
    handle.run({ type: RUN, worker, ...this.#settings(worker) });
  }

  /** Threads wanted from now on, and how many of them may run; the others stand by. */
  resize({ wanted = this.#wanted, working = this.#working }) {
    this.#wanted = wanted;
    this.#working = working;
    this.#changed();
    return (this.#change = this.#change.then(() => this.#adjust()));
  }

  /**
   * Every worker comes home for a moment, and links or unlinks the plug-in; a later worker links
   * the plug-in before it runs. Rejects with the first reason of a worker that could not.
   */
  tell(message) {
    const told = this.#change.then(() => this.#linkAll(message));
    this.#change = told.catch(() => {}).then(() => this.#adjust());
    return told;
  }

  async #linkAll(message) {
    if (message.type === LINK) this.#plugins.set(message.id, message);
    else this.#plugins.delete(message.id);
    const handles = this.#handles.filter(Boolean);
    const refused = (await Promise.all(handles.map((handle) => this.#link(handle)))).find(Boolean);
    if (!refused || this.#closing) return;
    this.#plugins.delete(message.id);
    for (const handle of handles) handle.forget(message.id);
    throw new Error(refused);
  }

  /** Every worker comes home for a moment. Resolves to whether all did, and none was missing. */
  async roundTrip() {
    const handles = this.#handles.filter((handle) => handle?.state === 'running');
    for (const { worker } of handles) this.#on.recall(worker);
    await Promise.all(handles.map((handle) => handle.stopped));
    const all = handles.length > 0 && handles.every(({ state }) => state === 'home');
    for (const handle of handles) this.#runAgain(handle);
    return all && !this.#dying;
  }

  /** Each worker by itself: none stands by until the last worker has come home. */
  async #link(handle) {
    if (handle.state === 'running') this.#on.recall(handle.worker);
    await handle.stopped;
    if (handle.state !== 'home') return '';
    const refused = await handle.link(this.#plugins);
    this.#runAgain(handle);
    return refused;
  }

  #runAgain(handle) {
    if (
      handle?.state === 'home' &&
      handle.worker < Math.min(this.#wanted, this.#working) &&
      !this.#closing
    )
      this.#run(handle, handle.worker);
  }

  async #adjust() {
    if (this.#closing) return;
    const working = Math.min(this.#wanted, this.#working);
    const surplus = this.#handles.filter(
      (handle) => handle?.state === 'running' && handle.worker >= working,
    );
    for (const { worker } of surplus) this.#on.recall(worker);
    // A worker that does not come home keeps no other worker there, once more are wanted again.
    const changed = new Promise((resolve) => (this.#changed = resolve));
    await Promise.race([Promise.all(surplus.map((handle) => handle.stopped)), changed]);
    if (this.#closing) return;
    for (const handle of surplus)
      if (handle.state === 'running') handle.stopped.then(() => this.resize({}));
    const wanted = this.#wanted;
    await Promise.all(
      this.#handles
        .slice(wanted)
        .map((handle) => handle?.state === 'home' && this.#endWorker(handle)),
    );
    const missing = [...Array(wanted).keys()].filter(
      (worker) => !this.#handles[worker] && !this.#gone.has(worker),
    );
    await Promise.all(missing.map((worker) => this.#startWorker(worker)));
    if (this.#closing) return;
    for (const handle of this.#handles) this.#runAgain(handle);
  }

  async #endWorker(handle) {
    await handle.end();
    if (this.#closing) return;
    this.#handles[handle.worker] = undefined;
    this.#on.recover(handle.worker);
  }

  /** A new worker: ready, or dead. */
  async #newWorker(signal) {
    const handle = new WorkerHandle(this.#makeThread, this.#load, this.#on);
    await inTime(handle.ready, this.#limit, signal);
    if (handle.state !== 'ready' || this.#closing)
      handle.fail(`it did not start within ${this.#limit} ms`, this.#on);
    return handle;
  }

  async #startWorker(worker) {
    const handle = await this.#newWorker();
    if (handle.state === 'ready') {
      this.#handles[worker] = handle;
      handle.worker = worker;
      handle.state = 'home';
      return;
    }
    this.#gone.set(worker, `worker ${worker} did not start: ${handle.reason}`);
  }

  /** Ends a worker's thread, as if the worker had died. */
  kill(worker, reason) {
    this.#handles[worker]?.fail(reason, this.#on, true);
  }

  async #workerDied({ worker, reason }, ended, killed) {
    this.#handles[worker] = undefined;
    this.#dying++;
    this.#on.crashed(worker, reason);
    this.#gone.set(
      worker,
      `worker ${worker} died, and another is starting in its place: ${reason}`,
    );
    await ended;
    if (killed && AFTERLIFE === Infinity) {
      this.#giveUp(
        worker,
        `worker ${worker} was terminated, and this engine may let its kernel run on: close() and start again`,
        true,
      );
      return;
    }
    if (killed && AFTERLIFE) await new Promise((resolve) => setTimeout(resolve, AFTERLIFE));
    this.#dying--;
    if (this.#closing) return;
    this.#on.recover(worker);
    if (worker >= this.#wanted) {
      // no worker is missing
      this.#gone.delete(worker);
      return;
    }
    let why = reason;
    while (this.#left-- > 0 && !this.#closing) {
      const handle = await this.#newWorker();
      if (handle.state === 'ready') {
        this.#gone.delete(worker);
        this.#run(handle, worker);
        return;
      }
      why = handle.reason;
    }
    this.#giveUp(worker, `worker ${worker} died and was not replaced: ${why}`, false);
  }

  #giveUp(worker, text, all) {
    this.#gone.set(worker, text);
    if (!this.#closing && (all || !this.#handles.some(Boolean))) this.#on.none(text);
  }

  /** After the runtime's stop: waits a while for the workers to come home, and ends all threads. */
  async close() {
    this.#closing = true;
    await inTime(Promise.all(this.#handles.map((handle) => handle?.stopped)), STOP_LIMIT);
    await this.end();
  }

  end() {
    this.#closing = true;
    const handles = this.#handles.filter(Boolean);
    this.#handles = [];
    return Promise.all(handles.map((handle) => handle.end()));
  }
}
