/** A worker, seen from the owner. Owner's thread only. */
import { textOf } from '../core/guard.js';
import { ANSWER, FAILED, LINKED, NOTIFY, READY, STOPPED, UNLINK } from './protocol.js';

export class WorkerHandle {
  /** Then 'ready', 'running', when stopped or recalled 'home', 'running' again; at last 'dead'. */
  state = 'starting';
  reason = ''; // of its death
  worker = -1; // its number, when running
  #plugins = new Set(); // ids of the plug-ins that the worker has
  #asked = []; // resolvers of the worker's LINKED answers, in order
  #readied;
  #stopped;

  constructor(makeThread, load, on) {
    /** These resolve when the worker is ready, or has come home; or is dead. */
    this.ready = new Promise((resolve) => (this.#readied = resolve));
    this.stopped = Promise.resolve();
    const message = (data) => {
      if (data.type === READY && this.state === 'starting') {
        this.state = 'ready';
        this.#readied();
      } else if (data.type === STOPPED) {
        if (this.state === 'running') this.state = 'home';
        this.#stopped?.();
      } else if (data.type === LINKED) {
        this.#asked.shift()?.(data.reason ?? '');
      } else if (data.type === ANSWER) {
        on.answer(data.answer);
      } else if (data.type === NOTIFY) {
        on.notify();
      } else if (data.type === FAILED) {
        this.fail(data.reason, on);
      }
    };
    try {
      // A worker that fails by itself is not in the module any more, or has ended.
      this.thread = makeThread({ message, fail: (reason) => this.fail(reason, on) });
      this.thread.post(load);
    } catch (error) {
      this.fail(textOf(error), on); // the engine makes no worker, or gives it no memory
    }
  }

  /**
   * Gives the worker these plug-ins, and takes others away. Resolves to '', or to the reason why
   * not.
   */
  async link(plugins) {
    const gone = [...this.#plugins]
      .filter((id) => !plugins.has(id))
      .map((id) => ({ type: UNLINK, id }));
    const come = [...plugins.values()].filter(({ id }) => !this.#plugins.has(id));
    this.#plugins = new Set(plugins.keys());
    const answers = [...gone, ...come].map((message) => {
      this.thread.post(message);
      return new Promise((resolve) => this.#asked.push(resolve));
    });
    return (await Promise.all(answers)).find(Boolean) ?? '';
  }

  /** The worker may not have this plug-in after all. */
  forget(id) {
    this.#plugins.delete(id);
  }

  run(message) {
    this.worker = message.worker;
    this.state = 'running';
    this.stopped = new Promise((resolve) => (this.#stopped = resolve));
    this.thread.post(message);
  }

  /** Ends the worker's thread at once. Resolves when the thread has ended. */
  end(reason = 'it was ended') {
    this.state = 'dead';
    this.#readied();
    this.#stopped?.();
    for (const answer of this.#asked) answer(reason);
    return this.thread?.end();
  }

  /** @param {boolean} [killed] the worker may be in a kernel, and stay there for a while */
  fail(reason, on, killed = false) {
    if (this.state === 'dead') return;
    const was = this.state;
    this.reason = reason;
    const ended = this.end(reason);
    if (was === 'running' || was === 'home') on.dead(this, ended, killed);
  }
}
