/**
 * A saved job as bytes, little-endian throughout:
 *
 *     0   8   the magic
 *     8   4   FORMAT
 *     12  4   length of the header, a multiple of 8
 *     16  8   length of all
 *     24      the header: JSON in UTF-8, and spaces
 *             blocks of memory, one after the other, each a multiple of 8 long
 *     -8  8   the checksum of all before it
 *
 * The header: `schema` of the kernel, `range`, `pieces` of the range that are left to run,
 * ascending, `done` (the number of the other iterations), `deterministic`, `values` (numbers as
 * text), `arrays` (name -> { type, length, block, offset }), `blocks` (their lengths), and `parts`:
 * the number of accumulators in a last block, 0 if no iteration has run, or the kernel is no
 * reduction.
 */

/** As PNG's: no text, and a wrong conversion of line ends shows. */
export const MAGIC = [0x89, 0x46, 0x49, 0x4c, 0x43, 0x48, 0x0d, 0x0a];
export const FORMAT = 1;
export const START = 24;
export const SUM = 8;
export const PAIR = 16; // bytes of { f64 begin, f64 end }

/**
 * Two sums over 32-bit words. Each step can be undone, so a change within one word always shows.
 */
export class Checksum {
  #a = 0x46696c63;
  #b = 0x68736176;

  add(words, begin, end) {
    let [a, b] = [this.#a, this.#b];
    for (let i = begin; i < end; i++) {
      a = Math.imul(a ^ words[i], 0x9e3779b1);
      a ^= a >>> 15;
      b = Math.imul(b + words[i], 0x85ebca6b);
      b = (b << 13) | (b >>> 19);
    }
    [this.#a, this.#b] = [a, b];
  }

  get value() {
    return [this.#a >>> 0, this.#b >>> 0];
  }
}

/** A number as text, exactly. */
export const print = (value) => (Object.is(value, -0) ? '-0' : String(value));
