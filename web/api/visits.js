/**
 * Visits to workers that may never find a task again. A word of shared memory that other code has
 * overwritten may keep a task from all workers: then all of them come home from the module, look
 * for work, and pick none, again and again, and the task is still there. Owner's thread only.
 */
import { corrupt } from '../tasks/failures.js';

/** Visits in a row at which workers have got no further: then they never will. */
const MOST = 3;
/**
 * Nanoseconds that all workers together are in tasks between two visits, at least, where a task
 * goes on. A worker that has one is in it nearly all the time.
 */
const WORKED = 50e6;
const COUNTERS = ['tasks', 'attempts', 'running_ns'];

export class Visits {
  #parts;
  #watch;
  #settled = -1;
  #visits = [];
  #unanswered = []; // at the last visit

  /** @param {object} parts of the runtime */
  constructor(parts, watch) {
    this.#parts = parts;
    this.#watch = watch;
  }

  async one() {
    const { scheduler, wasm } = this.#parts;
    const tasks = scheduler.posted;
    const waiting = tasks.filter((task) => this.#shouldMove(task));
    const unanswered = tasks.filter(({ awaitsAnswer }) => awaitsAnswer);
    scheduler.refill();
    // A tree at rest may have taken the slots.
    const isRefused = scheduler.isRefused && !tasks.some(({ isPaused }) => isPaused);
    if (!waiting.length && !unanswered.length && !isRefused) {
      this.#visits = [];
      return;
    }
    if (!(await this.#roundTrip()) || this.#watch.ended) return;
    this.#giveUp(unanswered);
    const workers = this.#parts.pool?.runningWorkers ?? [0];
    const [picked, attempts, running] = COUNTERS.map((name) => this.#count(name, workers));
    const visit = { waiting, isRefused, workers, picked, attempts, running };
    if (!this.#isAsBefore(visit)) this.#visits = [];
    this.#settled = scheduler.settledCount;
    this.#visits.push(visit);
    if (this.#visits.length === MOST)
      wasm.broken(
        new Error(waiting.length ? 'a task is posted that no worker finds' : 'no slot is free'),
      );
  }

  /**
   * No worker is in a function any more: these answers do not come. At the visit before, the last
   * of them may have been on its way.
   */
  #giveUp(unanswered) {
    const { scheduler, cooperative, pool } = this.#parts;
    const before = this.#unanswered;
    this.#unanswered = !pool && cooperative.isAnswering ? [] : unanswered;
    for (const task of this.#unanswered)
      if (before.includes(task) && !task.settled)
        scheduler.answers.giveUp(task, corrupt(task, new Error('its answer has not come')));
  }

  /** The same workers have looked for work since the last visit, and none has got further. */
  #isAsBefore({ waiting, isRefused, workers, picked, attempts, running }) {
    const before = this.#visits.at(-1);
    if (!before || this.#settled !== this.#parts.scheduler.settledCount) return false;
    if (`${before.workers}` !== `${workers}`) return false;
    const worked = running.reduce((sum, ns, i) => sum + ns - before.running[i], 0);
    return (
      (worked < WORKED || before.picked.every((count, i) => count === picked[i])) &&
      before.attempts.every((count, i) => count !== attempts[i]) &&
      ((isRefused && before.isRefused) ||
        before.waiting.some((task) => waiting.includes(task) && !task.settled))
    );
  }

  /** Some worker should be at the task, or leave it: the task depends on no other any more. */
  #shouldMove(task) {
    return (
      !task.completion &&
      task.dependencies.every(({ settled }) => settled) &&
      !this.#parts.wasm.filch_host_task_waits(task.handle) &&
      !this.#parts.scheduler.control.isAtRest(task)
    );
  }

  /**
   * Whether every worker has come home. The cooperative mode's is home between slices; its next one
   * comes before the next visit.
   */
  async #roundTrip() {
    const { pool, cooperative } = this.#parts;
    if (pool) return pool.roundTrip();
    cooperative.start();
    return true;
  }

  /** The counter of each worker. */
  #count(name, workers) {
    const { wasm, counters } = this.#parts;
    const counter = counters.indexOf(name);
    return workers.map((worker) => wasm.filch_host_counter(worker, counter));
  }
}
