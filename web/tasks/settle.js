/**
 * How tasks settle: one after the other, each in a guarded step, and those that depend on them.
 * Owner's thread only.
 */
import { report } from '../core/guard.js';
import { NONE } from '../core/none.js';
import { isBroken, isEarly, urgencyOf } from './dependencies.js';
import { dependencyFailed } from './failures.js';

export class Settlements {
  #parts;

  /**
   * @param {object} parts unblock(task): its dependents may have slots; end(task, state, outcome):
   *   brings the books in order, calls no foreign code, and does not throw
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Settles a task, with a state and an outcome; without them by its completion. If the task is
   * not done, its queued dependents fail with it. The module fails the other dependents: their
   * completions may come before the task's.
   *
   * Foreign code is called last: it finds all these tasks settled.
   */
  settle(first, state, outcome) {
    if (first.settled) return;
    const others = this.#settle(first, state, outcome);
    const settled = [first];
    for (const task of others) {
      if (task.settled) continue;
      others.push(...this.#settle(task));
      settled.push(task);
    }
    for (const task of settled) if (task.settled) this.#tell(task);
  }

  /** @returns {object[]} tasks that may settle now, too */
  #settle(task, state, outcome) {
    try {
      const end = state ? [state, outcome] : this.#endOf(task);
      if (!end) return NONE;
      if (state && task.awaitsAnswer) this.#parts.completions.release(task);
      const { dependents, early } = task;
      if (end[0] === 'done' && task.resources.endsHere) this.#parts.unblock(task);
      this.#parts.end(task, end[0], end[1]);
      if (dependents ?? early)
        return [...((isBroken(task) && dependents) || NONE), ...(early ?? NONE)];
    } catch (error) {
      report(error);
    }
    return NONE;
  }

  /** How a task has ended, [state, outcome]; undefined: it has not. Writes copies back. */
  #endOf(task) {
    const dependency = !task.completion && task.dependencies.find(isBroken);
    if (dependency) return ['failed', dependencyFailed(task, dependency)];
    if (isEarly(task) || this.#parts.completions.awaitsAnswer(task)) return undefined;
    if (this.#parts.completions.leavesRecords(task)) return this.#runAgain(task);
    const end = this.#parts.completions.read(task);
    this.#parts.completions.release(task);
    return end;
  }

  /** A batch waits for a slot again: a part of its records has not run. */
  #runAgain(task) {
    this.#parts.completions.release(task);
    this.#parts.slots.takeBack(task);
    this.#parts.trace?.settled(task);
    task.handle = 0;
    task.state = 'queued';
    task.completion = undefined;
    task.priority = urgencyOf(task);
    task.packed = this.#parts.submissions.packAgain(task);
    this.#parts.queue.putBack(task);
  }

  /** Tells all concerned of a settled task. Foreign code is called. */
  #tell(task) {
    try {
      task.tell();
      if (task.signal) this.#parts.signals.leave(task.signal);
      this.#parts.observer?.settled(task);
    } catch (error) {
      report(error);
    }
  }
}
