/** Control of outstanding tasks: pause and resume, priority, and save. Owner's thread only. */
import { lazy, preloaded } from '../core/lazy.js';
import { givePriorityBack, inheritPriority, urgencyOf } from './dependencies.js';
import { priorityOf } from './options.js';
import { Quiescence } from './wait-paused.js';

const saving = /* @__PURE__ */ lazy(
  'save() needs',
  async () => preloaded.save ?? import('../snapshot/save.js'),
);

export class Control {
  #parts;
  #quiescence;
  #saving;

  constructor(parts) {
    const { wasm, heap, memory } = parts;
    this.#parts = parts;
    this.#quiescence = new Quiescence(wasm);
    this.#saving = {
      wasm,
      heap,
      memory,
      atRest: (task) => this.#quiescence.atRest(task),
      hasBegun: (task) => this.hasBegun(task),
    };
  }

  /** No worker is to run the posted task, and none does. */
  isAtRest(task) {
    return task.isPaused && !this.#quiescence.isMoving(task);
  }

  /** The task has settled. */
  settled(task) {
    this.#quiescence.poll(task);
  }

  cancel(task) {
    this.#parts.wasm.filch_host_cancel(task.handle);
    this.#parts.work();
  }

  pause(task) {
    this.changePause(task, () => (task.paused = true));
    return this.#quiescence.atRest(task);
  }

  resume(task) {
    this.changePause(task, () => (task.paused = false));
  }

  /** Tells the module or the queue, if `change` pauses the task, or lets the task go on. */
  changePause(task, change) {
    const before = task.isPaused;
    change();
    if (task.settled || task.isPaused === before) return;
    if (task.state === 'posted') {
      if (before) this.#parts.wasm.filch_host_resume(task.handle);
      else this.#parts.wasm.filch_host_pause(task.handle);
      if (before) this.#quiescence.poll(task);
      this.#parts.work();
      return;
    }
    this.#parts.queue.update(task);
    this.#parts.refill();
  }

  /** Pauses the task until its snapshot is taken. @returns {Promise<Uint8Array>} */
  async save(task) {
    this.changePause(task, () => task.internalPauses++);
    try {
      const { save } = await saving();
      return await save(task, this.#saving);
    } finally {
      this.changePause(task, () => task.internalPauses--);
    }
  }

  /** A worker has begun the task. */
  hasBegun(task) {
    return this.#parts.wasm.filch_host_task_has_begun(task.handle) !== 0;
  }

  /** Iterations finished so far. */
  iterationsDone(task) {
    if (task.state !== 'posted') return task.iterations;
    const done = this.#parts.wasm.filch_host_task_done(task.handle);
    const { batch } = task.resources;
    return batch ? Math.max(task.iterations, batch.from + done) : done;
  }

  /** The priority that the job shows. */
  priority(task) {
    if (task.settled) return task.ownPriority;
    return task.state === 'posted'
      ? this.#parts.wasm.filch_host_task_priority(task.handle)
      : task.priority;
  }

  setPriority(task, value) {
    const priority = priorityOf(value);
    if (task.settled) return;
    task.ownPriority = priority;
    const urgency = urgencyOf(task);
    if (task.state === 'posted') {
      this.#parts.wasm.filch_host_set_priority(task.handle, urgency);
      return;
    }
    const before = task.priority;
    this.#parts.queue.update(task, urgency);
    inheritPriority(task, this.#parts.queue, this.#parts.wasm);
    givePriorityBack(task, before, this.#parts.queue, this.#parts.wasm);
    this.#parts.refill();
  }
}
