/**
 * Looks, seldom, whether outstanding tasks can still end. A word of shared memory that other code
 * has overwritten may keep a task from all workers: then every worker comes home from the module
 * twice, has picked no task between, and the task is still there. Owner's thread only.
 */
import { unrefTimeout } from '../core/platform.js';
import { corrupt } from '../tasks/failures.js';

/** Milliseconds in which a task settles, or else the watch looks. */
const EVERY = 1000;
const NEVER = -1;

export class Watch {
  #parts;
  #on = false;
  #ended = false;
  #settled = NEVER;
  #picked = NEVER; // at the end of the last round trip, unless there was progress since

  /** @param {object} parts tasks: the counter of tasks that a worker has picked */
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
    const isQuiet = this.#isQuiet();
    this.#settled = scheduler.settledCount;
    if (!isQuiet) this.#picked = NEVER;
    else if (scheduler.outstanding && !this.#ended) await this.#visit(scheduler);
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
    const before = this.#picked;
    this.#picked = this.#count();
    const isStuck = this.#isQuiet() && waiting.some(({ settled }) => !settled);
    if (isStuck && this.#picked === before)
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
    return pool ? pool.roundTrip() : cooperative().isIdle;
  }

  /** Tasks that the workers have picked. */
  #count() {
    const { wasm, workers, tasks } = this.#parts;
    let sum = 0;
    for (let worker = 0; worker < workers; worker++) sum += wasm.filch_host_counter(worker, tasks);
    return sum;
  }
}
