/** AbortSignals, listened to once each however many jobs hang on them: to leave a signal's list costs as much as it is long. */
export class Signals {
  #tasks = new Map();
  #abort;

  /** @param {(task: object, reason: unknown) => void} abort */
  constructor(abort) {
    this.#abort = abort;
  }

  watch(signal, task) {
    let entry = this.#tasks.get(signal);
    if (!entry) {
      const tasks = new Set();
      const listener = () => {
        // The last first: a job comes after another only where that was posted before it.
        for (const each of [...tasks].reverse()) this.#abort(each, signal.reason);
      };
      entry = { tasks, listener };
      this.#tasks.set(signal, entry);
      signal.addEventListener('abort', listener);
    }
    entry.tasks.add(task);
  }

  leave(signal, task) {
    const entry = this.#tasks.get(signal);
    if (!entry?.tasks.delete(task) || entry.tasks.size) return;
    this.#tasks.delete(signal);
    signal.removeEventListener('abort', entry.listener);
  }
}
