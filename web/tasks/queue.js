/**
 * Tasks that wait for a slot, per priority in the order of start()'s `queueOrder`. A task may leave
 * at any time. A task that is not `ready` (paused, or with a dependency that has no slot yet)
 * stands aside: other tasks pass, and the task keeps its place.
 */

/** A task, as the caller's function sees it. */
const waiting = ({ id, name, kernel, args, posted }) => ({
  id,
  name,
  kernel: kernel.name,
  args,
  posted,
});

export class Queue {
  #first = [undefined, undefined, undefined];
  #last = [undefined, undefined, undefined];
  #aside = new Set();
  #places = 0;
  #step;
  #compare; // of two tasks: above 0, the second comes first
  /** Tasks that wait, those aside too. */
  size = 0;

  /** @param {'fifo' | 'lifo' | ((a: object, b: object) => number)} [order] */
  constructor(order = 'fifo') {
    this.#step = order === 'lifo' ? -1 : 1;
    const byPlace = (a, b) => a.place - b.place;
    this.#compare =
      typeof order === 'function'
        ? (a, b) => order(waiting(a), waiting(b)) || byPlace(a, b)
        : byPlace;
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

  #put(task) {
    if (!task.ready) {
      this.#aside.add(task);
      return;
    }
    const { priority } = task;
    let previous = this.#last[priority];
    while (previous && this.#compare(previous, task) > 0) previous = previous.previous;
    const next = previous ? previous.next : this.#first[priority];
    task.previous = previous;
    task.next = next;
    if (previous) previous.next = task;
    else this.#first[priority] = task;
    if (next) next.previous = task;
    else this.#last[priority] = task;
  }

  #take(task) {
    if (this.#aside.delete(task)) return;
    const { previous, next, priority } = task;
    if (previous) previous.next = next;
    else this.#first[priority] = next;
    if (next) next.previous = previous;
    else this.#last[priority] = previous;
    task.previous = task.next = undefined;
  }
}
