/** Posts that wait for a task slot: first in, first out, at each of the three priorities. Each may leave at any time. */
export class Queue {
  #first = [undefined, undefined, undefined];
  #last = [undefined, undefined, undefined];
  size = 0;

  /** The one that has waited longest at this level. */
  first(level) {
    return this.#first[level];
  }

  push(task) {
    const last = this.#last[task.level];
    task.before = last;
    if (last) last.after = task;
    else this.#first[task.level] = task;
    this.#last[task.level] = task;
    this.size++;
  }

  remove(task) {
    const { before, after, level } = task;
    if (before) before.after = after;
    else this.#first[level] = after;
    if (after) after.before = before;
    else this.#last[level] = before;
    task.before = task.after = undefined;
    this.size--;
  }
}
