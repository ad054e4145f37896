// Random numbers of a seed: the same on every machine.

/** Hashes to 32 bits, see SplitMix, Steele and others, 2014. */
function mix(x) {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

export class Random {
  #state;

  constructor(seed) {
    this.#state = mix(Number(seed) >>> 0) ^ mix((Number(seed) / 2 ** 32) >>> 0);
  }

  /** From 0 on, below 1. */
  next() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    return mix(this.#state) / 2 ** 32;
  }

  /** A whole number, from 0 on, below n. */
  below(n) {
    return Math.floor(this.next() * n);
  }

  /** A whole number from `least` to `most`. */
  whole(least, most) {
    return least + this.below(most - least + 1);
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** Milliseconds: short ones mostly, of the mean given, some of them much longer. */
  delay(mean) {
    const long = this.chance(0.04) ? 30 : 1;
    return -Math.log(1 - this.next()) * mean * long;
  }

  /** One of [weight, value] pairs. */
  weighed(pairs) {
    let left = this.next() * pairs.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of pairs) if ((left -= weight) < 0) return value;
    return pairs.at(-1)[1];
  }
}
