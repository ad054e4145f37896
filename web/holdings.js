/** Memory that a task uses, or that is its own until it has settled. Owner's thread only. */

const NONE = Object.freeze([]);

export class Holdings {
  blocks = NONE; // heap's, that its arrays lie in
  own = NONE; // heap's, made for it
  backs = NONE; // copied.js
  revived = NONE; // heap's, made for a restored task, whose caller has them from its post on
  totals = undefined; // its own, too: a reduction's accumulators,
  pieces = undefined; // and { block, count } of what is left of a restored loop
  many = undefined; // many.js
  called = undefined; // calls.js

  /** @param {'blocks' | 'own' | 'backs' | 'revived'} list */
  add(list, item) {
    if (this[list] === NONE) this[list] = [item];
    else this[list].push(item);
  }

  get empty() {
    return this.blocks === NONE && this.own === NONE && !this.totals && !this.pieces && !this.called;
  }

  /** What was restored is the caller's from now on. */
  entrust() {
    if (this.revived !== NONE) this.revived = NONE;
  }

  /** Gives back what is its own, once. */
  release(heap) {
    if (this === NOTHING) return;
    for (const block of [...this.own, ...this.revived, this.totals, this.pieces?.block]) if (block?.live) heap.release(block);
    this.own = this.revived = NONE;
    this.totals = this.pieces = undefined;
  }
}

/** Of a task that uses no memory. */
export const NOTHING = Object.freeze(new Holdings());
