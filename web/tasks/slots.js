/** The module's task slots, and the tasks that have them. Owner's thread only. */
import { HANDLE_SLOT_BITS } from '../wasm/abi.js';

/** A handle is a generation and, below it, a slot. */
export const SLOT_LIMIT = 2 ** HANDLE_SLOT_BITS;

export class Slots {
  #tasks = { __proto__: null }; // by slot. No array: a page may give Array.prototype an index
  #count;
  #spare; // for urgent posts, which would else wait for the end of a long loop

  /** Slots that tasks have. */
  used = 0;

  constructor(count) {
    this.#count = count;
    this.#spare = count >> 4;
  }

  /** Whether a post of this priority finds a slot. */
  isFree(priority) {
    return this.used < this.#count - (priority && this.#spare);
  }

  /** False: the slot is another task's, so the module's list of free slots is corrupt. */
  tryGive(task, handle) {
    if (this.#tasks[handle % SLOT_LIMIT]) return false;
    task.handle = handle;
    task.state = 'posted';
    task.packed = undefined;
    this.#tasks[handle % SLOT_LIMIT] = task;
    this.used++;
    return true;
  }

  takeBack({ handle }) {
    this.#tasks[handle % SLOT_LIMIT] = undefined;
    this.used--;
  }

  /** undefined: no task has this handle. */
  taskOf(handle) {
    const task = this.#tasks[handle % SLOT_LIMIT];
    return task?.handle === handle ? task : undefined;
  }

  get tasks() {
    return Object.values(this.#tasks).filter(Boolean);
  }
}
