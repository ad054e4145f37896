/** A worker, seen from the owner. Owner's thread only. */
import { textOf } from '../core/guard.js';
import { ANSWER, ERROR, FAILED, LINKED, NOTIFY, READY, RUN, STOPPED, UNLINK } from './protocol.js';

export class WorkerHandle {
  /** Then 'ready', 'running', when stopped or recalled 'home', 'running' again; at last 'dead'. */
  state = 'starting';
  reason = ''; // of its death
  worker = -1; // its number, when it has one
  /** Errands that keep the worker home. */
  errands = 0;
  isRecalled = false;
  /** Once the worker has run: resolves when the worker has come home, or is dead. */
  stopped;
  /** The owner has ended the worker. */
  isKilled = false;
  afterlife = 0;
  #asked = new Map(); // number of a LINK or UNLINK -> resolver of its answer
  #asks = 0;
  #given = new Map(); // id of a plug-in -> a promise of the answer
  #readied;
  #stopped;
  #on;

  /** @param {object} load LOAD, without a key */
  constructor(makeThread, load, on) {
    this.#on = on;
    /** Resolves when the worker is ready, or dead. */
    this.ready = new Promise((resolve) => (this.#readied = resolve));
    /** Resolves when the thread of a dead worker has ended. */
    this.ended = Promise.resolve();
    const key = `${Math.random()}${Math.random()}`;
    const does = {
      [READY]: () => {
        if (this.state !== 'starting') return;
        this.state = 'ready';
        this.#readied();
      },
      [STOPPED]: () => {
        if (this.state !== 'running') return;
        this.state = 'home';
        this.#stopped();
        on.home(this);
      },
      [LINKED]: (answer) => this.#asked.get(answer.ask)?.(answer),
      [ANSWER]: ({ answer }) =>
        on.answer(answer, (reply, transfer) => this.thread.post(reply, transfer)),
      [NOTIFY]: () => on.notify(),
      [ERROR]: ({ reason }) => on.error(this.worker, reason),
      [FAILED]: ({ reason }) => this.fail(reason),
    };
    const message = (data) => (data?.key === key ? does[data.type](data) : on.foreign());
    try {
      // A worker that fails by itself is not in the module any more, or has ended.
      this.thread = makeThread({ message, fail: (reason) => this.fail(reason) });
      this.thread.post({ ...load, key });
    } catch (error) {
      this.fail(textOf(error)); // the engine makes no worker, or gives it no memory
    }
  }

  /** Resolves to '', or to the reason why not; also when the worker is dead. */
  #ask(message) {
    if (this.state === 'dead') return Promise.resolve(this.reason);
    const ask = ++this.#asks;
    this.thread.post({ ...message, ask });
    return new Promise((resolve) => this.#asked.set(ask, resolve)).then(
      ({ reason = '', begun }) => {
        this.#asked.delete(ask);
        message.begun ??= begun;
        return reason;
      },
    );
  }

  /** Gives the worker a plug-in or a module, once. The first answer sets the plug-in's `begun`. */
  give(plugin) {
    if (!this.#given.has(plugin.id)) this.#given.set(plugin.id, this.#ask(plugin));
    return this.#given.get(plugin.id);
  }

  /** Takes it away, also where the worker has it not yet. */
  async take(id) {
    return this.#given.delete(id) ? this.#ask({ type: UNLINK, id }) : '';
  }

  /** Resolves when the worker answers, or is dead. */
  ping() {
    return this.#ask({ type: UNLINK });
  }

  run() {
    this.state = 'running';
    this.isRecalled = false;
    this.stopped = new Promise((resolve) => (this.#stopped = resolve));
    this.thread.post({ type: RUN });
  }

  /**
   * Ends the worker's thread at once. Resolves when the thread has ended. Without a reason the
   * owner needs the worker no more.
   */
  end(reason) {
    if (this.state === 'dead') return this.ended;
    this.state = 'dead';
    this.reason = reason ?? 'it was ended';
    this.isKilled ||= !reason;
    this.#readied();
    this.#stopped?.();
    for (const answer of this.#asked.values()) answer(this);
    this.ended = Promise.resolve(this.thread?.end()).then(() => this.#on.ended(this));
    return this.ended;
  }

  /** @param {number} [afterlife] milliseconds that the code of a killed worker may still run for */
  fail(reason, afterlife) {
    if (this.state === 'dead') return;
    const was = this.state;
    this.isKilled = afterlife !== undefined;
    this.afterlife = afterlife ?? 0;
    this.end(reason);
    if (was === 'running' || was === 'home') this.#on.dead(this);
  }
}
