// Random numbers from a seed (Marsaglia's xorshift32), for the fuzzers.
export class Random {
  #x;

  constructor(seed) {
    this.#x = Math.imul(seed + 1, 0x9e3779b1) || 1;
    for (let i = 0; i < 8; i++) this.word(); // near seeds begin alike
  }

  /** 32 bits. */
  word() {
    let x = this.#x;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.#x = x) >>> 0;
  }

  /** A whole number below n. */
  below(n) {
    return Math.floor((this.word() / 2 ** 32) * n);
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  of(list) {
    return list[this.below(list.length)];
  }
}
