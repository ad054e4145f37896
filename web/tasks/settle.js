/**
 * How tasks settle: one after the other, each in a guarded step, and those that depend on them.
 * Owner's thread only.
 */
import { report } from '../core/guard.js';
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
    const all = [first];
    const settled = [first]; // most often alone: an array that grows has space for 17
    for (const task of all) {
      if (task.settled) continue;
      try {
        const isGiven = task === first && state;
        const end = isGiven ? [state, outcome] : this.#endOf(task);
        if (!end) continue;
        if (isGiven && task.awaitsAnswer) this.#parts.completions.release(task);
        const { dependents, early } = task;
        if (end[0] === 'done' && task.resources.endsHere) this.#parts.unblock(task);
        this.#parts.end(task, end[0], end[1]);
        if (task !== first) settled.push(task);
        if (dependents && isBroken(task)) all.push(...dependents);
        if (early) all.push(...early);
      } catch (error) {
        report(error);
      }
    }
    for (const task of settled) if (task.settled) this.#tell(task);
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
