/** What may be changed of a task that is outstanding: whether it is worked on, how urgent it is; and its saved form. Owner's thread only. */
import { hurry } from './after.js';
import { levelOf } from './options.js';
import { Pauses } from './pauses.js';
import { turn } from './platform.js';
import { encode } from './save.js';
import { capture, checkSavable, refuse } from './snapshot.js';

export class Steering {
  #wasm;
  #heap;
  #memory;
  #queue;
  #pauses;
  #begun;
  #refill;
  #work;

  /** @param {object} parts the pool's @param {() => void} parts.refill slots may have a taker now */
  constructor({ wasm, heap, memory, queue, begun, refill, work }) {
    this.#wasm = wasm;
    this.#heap = heap;
    this.#memory = memory;
    this.#queue = queue;
    this.#pauses = new Pauses(wasm);
    this.#begun = begun;
    this.#refill = refill;
    this.#work = work;
  }

  /** It has settled. */
  look(task) {
    this.#pauses.look(task);
  }

  pause(task) {
    this.hold(task, () => (task.paused = true));
    return this.#pauses.atRest(task);
  }

  resume(task) {
    this.hold(task, () => (task.paused = false));
  }

  /** Tells whoever has the task, if `change` makes it one to be held, or one that may go on. */
  hold(task, change) {
    const before = task.held;
    change();
    if (task.settled || task.held === before) return;
    if (task.state === 'posted') {
      if (before) this.#wasm.filch_resume(task.handle);
      else this.#wasm.filch_pause(task.handle);
      if (before) this.#pauses.look(task);
      this.#work();
      return;
    }
    this.#queue.update(task);
    this.#refill();
  }

  /** Holds the task until it is written down. @returns {Promise<Uint8Array>} */
  async save(task) {
    checkSavable(task);
    this.hold(task, () => task.halts++);
    try {
      await this.#pauses.atRest(task);
      checkSavable(task);
      if (task.needs.some((need) => !need.settled) && !this.#begun(task)) refuse(task, 'it waits for other jobs');
      const { header, blocks } = capture(task, { wasm: this.#wasm, heap: this.#heap, memory: this.#memory });
      // Once it has settled its memory may be somebody else's.
      return await encode(header, blocks, () => turn().then(() => checkSavable(task)));
    } finally {
      this.hold(task, () => task.halts--);
    }
  }

  /** As the job's priority is told. */
  level(task) {
    if (task.settled) return task.priority;
    return task.state === 'posted' ? this.#wasm.filch_task_priority(task.handle) : task.level;
  }

  setPriority(task, value) {
    const level = levelOf(value);
    if (task.settled) return;
    task.priority = level;
    const inherited = Math.min(level, ...[...(task.dependents ?? [])].map((dependent) => dependent.level));
    if (task.state === 'posted') {
      this.#wasm.filch_set_priority(task.handle, inherited);
      return;
    }
    this.#queue.update(task, inherited);
    hurry(task, this.#queue, this.#wasm);
    this.#refill();
  }
}
