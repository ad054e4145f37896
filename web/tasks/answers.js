/** Answers of calls whose functions went on when their kernel had returned. Owner's thread only. */
import { workerLost } from './failures.js';

export class Answers {
  #slots;
  #send;
  #completions;
  #stopped;
  #settle;

  /**
   * @param {object} parts send(task, reply) sends arguments; settle(task, state, outcome): see
   *   scheduler.js; finds more to post
   */
  constructor({ slots, send, completions, stopped, settle }) {
    this.#slots = slots;
    this.#send = send;
    this.#completions = completions;
    this.#stopped = stopped;
    this.#settle = settle;
  }

  /**
   * A callee's message: its answer, or it asks for arguments.
   *
   * @param {(message: object, transfer: object[]) => void} reply to the callee
   */
  came(answer, reply) {
    const task = this.#slots.tasks.find(({ id }) => id === answer.job);
    if (answer.asks) return this.#send(task, reply);
    if (!task) return this.#stopped.ended(answer.job);
    if (task.answer) return undefined;
    task.answer = answer;
    if (task.awaitsAnswer) this.#settle(task);
  }

  /** The answer does not come. */
  giveUp(task, error) {
    if (!task.answer) this.#settle(task, 'failed', error);
  }

  /** The worker has ended, and with it its functions. */
  lost(worker) {
    for (const task of this.#slots.tasks) {
      if (task.awaitsAnswer && this.#completions.wasRunBy(task, worker))
        this.#settle(task, 'failed', workerLost(task, 'the worker that ran it has ended'));
    }
    this.#stopped.lost(worker);
  }
}
