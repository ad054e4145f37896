/**
 * Tasks that wait for a slot, per priority in the order of start()'s `queueOrder`. A task may leave
 * at any time. A task that is not `ready` (paused, or with a dependency that has no slot yet)
 * stands aside: other tasks pass, and the task keeps its place.
 *
 * The caller's `queueOrder` is foreign code: it may throw, and may call the runtime. So a task
 * first stands in the order of arrival, and arrange() alone calls the function.
 */
import { report } from '../core/guard.js';
import { PRIORITIES } from '../wasm/abi.js';

/** A task, as the caller's function sees it. */
const waiting = ({ id, name, kernel, args, posted }) => ({
  id,
  name,
  kernel: kernel.name,
  args,
  posted,
});

export class Queue {
  #first = PRIORITIES.map(() => undefined);
  #last = PRIORITIES.map(() => undefined);
  #aside = new Set();
  #places = 0;
  #step;
  #order; // the caller's function: above 0, the second task comes first
  #unordered = new Set(); // tasks that the function has not placed yet
  #changes = 0; // of the lists
  #hasThrown = false;
  /** Tasks that wait, those aside too. */
  size = 0;

  /** @param {'fifo' | 'lifo' | ((a: object, b: object) => number)} [order] */
  constructor(order = 'fifo') {
    this.#step = order === 'lifo' ? -1 : 1;
    if (typeof order === 'function') this.#order = order;
  }

  /** The first ready task of this priority. */
  first(priority) {
    return this.#first[priority];
  }

  push(task) {
    task.place = this.#places += this.#step;
    this.size++;
    this.#put(task);
  }

  /** A task that has had a slot waits again, before those that came later. */
  putBack(task) {
    this.size++;
    this.#put(task);
  }

  /** The task has become ready, or is no more; or goes to the end of another priority. */
  update(task, priority = task.priority) {
    this.#take(task);
    if (priority !== task.priority) {
      task.priority = priority;
      task.place = this.#places += this.#step;
    }
    this.#put(task);
  }

  remove(task) {
    this.#take(task);
    this.size--;
  }

  /** All tasks, in no order. */
  all() {
    const all = [...this.#aside];
    for (let task of this.#first) for (; task; task = task.next) all.push(task);
    return all;
  }

  /** Asks the caller's function for the places of tasks that have come. */
  arrange() {
    // Tasks that come meanwhile are placed by the next call: the function itself may post.
    for (let left = this.#unordered.size; left && this.#unordered.size; left--) {
      const [task] = this.#unordered;
      this.#unordered.delete(task);
      try {
        this.#arrange(task);
      } catch (error) {
        if (!this.#hasThrown) report(error);
        this.#hasThrown = true;
      }
    }
  }

  #arrange(task) {
    const changes = this.#changes;
    const order = this.#order;
    const own = waiting(task);
    let { previous } = task;
    while (previous) {
      const after = order(waiting(previous), own) || previous.place - task.place;
      if (this.#changes !== changes) return; // the function has called the runtime
      if (!(after > 0)) break;
      previous = previous.previous;
    }
    if (previous === task.previous) return;
    this.#take(task);
    this.#insert(task, previous);
  }

  #put(task) {
    if (!task.ready) {
      this.#aside.add(task);
      return;
    }
    let previous = this.#last[task.priority];
    if (this.#order) this.#unordered.add(task);
    else while (previous && previous.place > task.place) previous = previous.previous;
    this.#insert(task, previous);
  }

  #insert(task, previous) {
    const { priority } = task;
    const next = previous ? previous.next : this.#first[priority];
    task.previous = previous;
    task.next = next;
    if (previous) previous.next = task;
    else this.#first[priority] = task;
    if (next) next.previous = task;
    else this.#last[priority] = task;
    this.#changes++;
  }

  #take(task) {
    if (this.#aside.delete(task)) return;
    const { previous, next, priority } = task;
    if (previous) previous.next = next;
    else this.#first[priority] = next;
    if (next) next.previous = previous;
    else this.#last[priority] = previous;
    task.previous = task.next = undefined;
    this.#unordered.delete(task);
    this.#changes++;
  }
}
