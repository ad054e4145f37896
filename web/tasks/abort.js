/**
 * AbortSignals and their tasks. One listener per signal, however many tasks: removing a listener
 * costs as much as the signal has listeners.
 */
export class AbortSignals {
  #tasks = new Map();
  #abort;

  constructor(abort) {
    this.#abort = abort;
  }

  watch(signal, task) {
    let entry = this.#tasks.get(signal);
    if (!entry) {
      const tasks = new Set();
      const listener = () => {
        // The last first: a dependency was posted before its dependents.
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
