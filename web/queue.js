/**
 * Posts that wait for a task slot: first in, first out, at each of the three priorities. Each may leave at any time; one that is
 * not `ready` (it is paused, or waits for others that have no slot yet) stands aside, holds nobody up, and keeps its place.
 */
export class Queue {
  #first = [undefined, undefined, undefined];
  #last = [undefined, undefined, undefined];
  #aside = new Set();
  #places = 0;
  /** All that wait, those aside too. */
  size = 0;

  /** Of those that are ready, the one that has waited longest at this level. */
  first(level) {
    return this.#first[level];
  }

  push(task) {
    task.place = ++this.#places;
    this.size++;
    this.#put(task);
  }

  /** When it has become ready, or is no more; or for another level, where it begins at the end. */
  update(task, level = task.level) {
    this.#take(task);
    if (level !== task.level) {
      task.level = level;
      task.place = ++this.#places;
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
    while (previous && previous.place > task.place) previous = previous.previous;
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
