/**
 * Posts that wait for a task slot, at each of the three priorities in the order that was asked for: as they came, the last first, or
 * as a function of the caller's says. Each may leave at any time; one that is
 * not `ready` (it is paused, or waits for others that have no slot yet) stands aside, holds nobody up, and keeps its place.
 */
/** A task, as the caller's function sees it. */
const waiting = ({ id, name, kernel, args, posted }) => ({ id, name, kernel: kernel.name, args, posted });

export class Queue {
  #first = [undefined, undefined, undefined];
  #last = [undefined, undefined, undefined];
  #aside = new Set();
  #places = 0;
  #step;
  #compare; // of two tasks: above 0, the second comes first
  /** All that wait, those aside too. */
  size = 0;

  /** @param {'fifo' | 'lifo' | ((a: object, b: object) => number)} [order] of tasks with the same priority */
  constructor(order = 'fifo') {
    this.#step = order === 'lifo' ? -1 : 1;
    const byPlace = (a, b) => a.place - b.place;
    this.#compare = typeof order === 'function' ? (a, b) => order(waiting(a), waiting(b)) || byPlace(a, b) : byPlace;
  }

  /** Of those that are ready, the one that has waited longest at this level. */
  first(level) {
    return this.#first[level];
  }

  push(task) {
    task.place = this.#places += this.#step;
    this.size++;
    this.#put(task);
  }

  /** When it has become ready, or is no more; or for another level, where it begins at the end. */
  update(task, level = task.level) {
    this.#take(task);
    if (level !== task.level) {
      task.level = level;
      task.place = this.#places += this.#step;
    }
    this.#put(task);
  }

  remove(task) {
    this.#take(task);
    this.size--;
  }

  /** All of them, in no order. */
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
    const { level } = task;
    let previous = this.#last[level];
    while (previous && this.#compare(previous, task) > 0) previous = previous.previous;
    const next = previous ? previous.next : this.#first[level];
    task.previous = previous;
    task.next = next;
    if (previous) previous.next = task;
    else this.#first[level] = task;
    if (next) next.previous = task;
    else this.#last[level] = task;
  }

  #take(task) {
    if (this.#aside.delete(task)) return;
    const { previous, next, level } = task;
    if (previous) previous.next = next;
    else this.#first[level] = next;
    if (next) next.previous = previous;
    else this.#last[level] = previous;
    task.previous = task.next = undefined;
  }
}
