/**
 * Visits to workers that may never find a task again. A word of shared memory that other code has
 * overwritten may keep a task from all workers: then all of them come home from the module, look
 * for work, and pick none, again and again, and the task is still there. Owner's thread only.
 */
import { corrupt } from '../tasks/failures.js';

/** Visits in a row at which workers have picked nothing: then they never will. */
const MOST = 3;

export class Visits {
  #parts;
  #watch;
  #settled = -1;
  #visits = [];

  /** @param {object} parts counters: their names; cooperative(): where there is no pool */
  constructor(parts, watch) {
    this.#parts = parts;
    this.#watch = watch;
  }

  async one() {
    const { scheduler, wasm } = this.#parts;
    const tasks = scheduler.posted;
    const waiting = tasks.filter((task) => this.#shouldMove(task));
    const unanswered = tasks.filter(({ awaitsAnswer }) => awaitsAnswer);
    if (!waiting.length && !unanswered.length) return;
    if (!(await this.#roundTrip()) || this.#watch.ended) return;
    // No worker is in a function any more: these answers do not come.
    for (const task of unanswered)
      scheduler.answers.giveUp(task, corrupt(task, new Error('its answer has not come')));
    const visit = { waiting, tasks: this.#count('tasks'), attempts: this.#count('attempts') };
    if (!this.#isAsBefore(visit)) this.#visits = [];
    this.#settled = scheduler.settledCount;
    this.#visits.push(visit);
    if (this.#visits.length === MOST)
      wasm.broken(new Error('a task is posted that no worker finds'));
  }

  /** Every worker has looked for work since the last visit, and picked none. */
  #isAsBefore({ waiting, tasks, attempts }) {
    const before = this.#visits.at(-1);
    return (
      this.#settled === this.#parts.scheduler.settledCount &&
      before?.tasks.every((count, i) => count === tasks[i]) &&
      before.attempts.every((count, i) => count !== attempts[i]) &&
      before.waiting.some((task) => waiting.includes(task) && !task.settled)
    );
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
