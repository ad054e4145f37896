// Writes over words of shared memory, as any script of a page can. As a worker's script: all the
// time, beside the owner and the workers.
import { isMainThread, workerData } from 'node:worker_threads';

import { Random } from './random.mjs';

/** Numbers that stand for something in a runtime's words. */
const TELLING = [
  0,
  1,
  2,
  3,
  4,
  15,
  0x7fff,
  0xffff,
  0x10000,
  0x20000,
  0x7fffffff,
  2 ** 31,
  2 ** 32 - 1,
];

export class Scribbler {
  #words;
  #random;

  /** @param {Uint32Array} words that may be overwritten */
  constructor(words, seed) {
    this.#words = words;
    this.#random = new Random(seed);
  }

  /** Mostly a word that is in use. */
  #place() {
    const random = this.#random;
    let at = 0;
    for (let tries = 1 + random.below(12); tries; tries--) {
      // The words of the runtime and of its first slots come first.
      const limit = random.chance(50) ? this.#words.length : this.#words.length >>> 4;
      at = random.below(limit);
      if (this.#words[at]) break;
    }
    return at;
  }

  write() {
    const random = this.#random;
    const at = this.#place();
    const old = Atomics.load(this.#words, at);
    const kinds = [
      () => random.word(),
      () => old ^ (1 << random.below(32)),
      () => old + random.below(7) - 3,
      () => random.of(TELLING),
      () => random.below(64),
      () => this.#words[random.below(this.#words.length)],
    ];
    Atomics.store(this.#words, at, random.of(kinds)());
  }
}

if (!isMainThread && workerData?.scribbles) {
  const { words, seed, count, every, control } = workerData;
  const scribbler = new Scribbler(words, seed);
  // control: [is over, words that were written]
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!Atomics.load(control, 0) && Atomics.load(control, 1) < count) {
    scribbler.write();
    Atomics.add(control, 1, 1);
    Atomics.wait(pause, 0, 0, every);
  }
}
