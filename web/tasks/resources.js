/** The memory of one task. Owner's thread only. */
import { FreedMemoryError, MemoryInUseError } from '../core/errors.js';
import { NONE } from '../core/none.js';
import { show } from '../core/show.js';

export class Resources {
  blocks = NONE; // of the heap: the task's arrays lie in them
  own = NONE; // of the heap: made for the task
  backs = NONE; // copied.js
  revived = NONE; // of the heap: made for a restored task, the caller's from the post on
  totals; // the task's own: a reduction's accumulators
  pieces; // the task's own: { block, count } of the pieces left of a restored loop
  batch; // batch.js
  call; // call.js

  /** @param {'blocks' | 'own' | 'backs' | 'revived'} list */
  add(list, item) {
    if (this[list] === NONE) this[list] = [item];
    else this[list].push(item);
  }

  get isEmpty() {
    return this.blocks === NONE && this.own === NONE && !this.totals && !this.pieces && !this.call;
  }

  /**
   * The owner has a part in the task's end: so its dependents get their slots only after that.
   */
  get endsHere() {
    return Boolean(this.call || this.batch) || this.backs !== NONE;
  }

  /** Foreign code that ran during the post may have freed an array. Throws FreedMemoryError. */
  check() {
    for (const { live } of this.blocks)
      if (!live) throw new FreedMemoryError('an array of the post was freed during the post');
  }

  /** The caller has the restored blocks from now on. */
  entrust() {
    if (this.revived !== NONE) this.revived = NONE;
  }

  /** The task does not use the memory any more. Once. */
  free(heap) {
    for (const block of this.blocks) block.users--;
    this.release(heap);
  }

  /** Gives the task's own blocks back, once. */
  release(heap) {
    if (this === NO_RESOURCES) return;
    for (const block of [...this.own, ...this.revived, this.totals, this.pieces?.block])
      if (block?.live) heap.release(block);
    this.own = this.revived = NONE;
    this.totals = this.pieces = undefined;
    if (this.call) this.call.bytes = this.call.parcel = undefined;
  }
}

/** Of a task that uses no memory. */
export const NO_RESOURCES = Object.freeze(new Resources());

/** Gives a caller's array back, unless one of the tasks uses it. */
export function freeArray(array, heap, tasks) {
  const block = heap.owned(array);
  if (block.users) {
    const { id, stopped } = tasks().findLast((task) => task.resources.blocks.includes(block)) ?? {};
    const then = stopped
      ? 'its function was stopped, and may still write there'
      : 'await it, or cancel it and await that';
    throw new MemoryInUseError(`free(): job ${id} is using ${show(array)}; ${then}`, { job: id });
  }
  heap.release(block);
}
