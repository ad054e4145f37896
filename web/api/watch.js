/**
 * Looks, seldom, whether outstanding tasks can still end. A word of shared memory that other code
 * has overwritten may keep a task from all workers: then all of them come home from the module,
 * look for work, and pick none, again and again, and the task is still there. Owner's thread only.
 */
import { unrefTimeout } from '../core/platform.js';
import { corrupt } from '../tasks/failures.js';

/** Milliseconds in which a task settles, or else the watch looks. */
const EVERY = 1000;
/** Visits in a row at which workers have picked nothing: then they never will. */
const VISITS = 3;

export class Watch {
  #parts;
  #on = false;
  #ended = false;
  #settled = -1;
  #visits = [];

  /** @param {object} parts counters: their names; cooperative(): where there is no pool */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Tasks are outstanding. */
  begin() {
    if (this.#on || this.#ended) return;
    this.#on = true;
    unrefTimeout(EVERY, () => this.#look());
  }

  end() {
    this.#ended = true;
  }

  async #look() {
    const { scheduler } = this.#parts;
    if (this.#isQuiet() && !this.#ended) await this.#visit(scheduler);
    if (!this.#isQuiet()) this.#visits = [];
    this.#settled = scheduler.settledCount;
    this.#on = false;
    if (scheduler.outstanding) this.begin();
  }

  #isQuiet() {
    return this.#settled === this.#parts.scheduler.settledCount;
  }

  async #visit(scheduler) {
    const tasks = scheduler.posted;
    const waiting = tasks.filter((task) => this.#shouldMove(task));
    const unanswered = tasks.filter(({ awaitsAnswer }) => awaitsAnswer);
    if (!waiting.length && !unanswered.length) return;
    if (!(await this.#roundTrip()) || this.#ended) return;
    // No worker is in a function any more: these answers do not come.
    for (const task of unanswered)
      scheduler.giveUp(task, corrupt(task, new Error('its answer has not come')));
    const visit = { waiting, tasks: this.#count('tasks'), attempts: this.#count('attempts') };
    const before = this.#visits.at(-1);
    const isSame =
      before?.tasks.every((count, w) => count === visit.tasks[w]) &&
      before.attempts.every((count, w) => count !== visit.attempts[w]) &&
      before.waiting.some((task) => waiting.includes(task) && !task.settled);
    if (!isSame) this.#visits = [];
    this.#visits.push(visit);
    if (this.#visits.length === VISITS)
      this.#parts.wasm.broken(new Error('a task is posted that no worker finds'));
  }

  /** Some worker should be at the task, or leave it: the task depends on no other any more. */
  #shouldMove(task) {
    return (
      !task.completion &&
      task.dependencies.every(({ settled }) => settled) &&
      !this.#parts.scheduler.control.isAtRest(task)
    );
  }

  /** Whether every worker has come home. */
  async #roundTrip() {
    const { pool, cooperative } = this.#parts;
    if (pool) return pool.roundTrip();
    if (!cooperative().isIdle) return false;
    await cooperative().start();
    return true;
  }

  /** The counter of each worker that runs. */
  #count(name) {
    const { wasm, pool, counters } = this.#parts;
    const counter = counters.indexOf(name);
    return (pool?.runningWorkers ?? [0]).map((worker) => wasm.filch_host_counter(worker, counter));
  }
}
