/** A histogram of times, with eight buckets to each doubling: a percentile is right within 9 %. */

const PER_OCTAVE = 8;
const LEAST = 2 ** -10; // ms: about a microsecond
const BUCKETS = 32 * PER_OCTAVE; // up to 48 days

export class Histogram {
  #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  add(ms) {
    const bucket = Math.floor(Math.log2(Math.max(ms, LEAST) / LEAST) * PER_OCTAVE);
    this.#counts[Math.min(bucket, BUCKETS - 1)]++;
    this.#count++;
    this.#sum += ms;
    this.#min = Math.min(this.#min, ms);
    this.#max = Math.max(this.#max, ms);
  }

  /** The time below which `part` of all times are, 0 to 1. */
  #percentile(part) {
    let left = Math.ceil(part * this.#count);
    const bucket = this.#counts.findIndex((n) => (left -= n) <= 0);
    return Math.min(LEAST * 2 ** ((bucket + 1) / PER_OCTAVE), this.#max);
  }

  /** Milliseconds; zeros where no time was added. */
  read() {
    const count = this.#count;
    const at = (part) => (count ? this.#percentile(part) : 0);
    return {
      count,
      mean: count && this.#sum / count,
      min: count && this.#min,
      max: this.#max,
      p50: at(0.5),
      p75: at(0.75),
      p90: at(0.9),
      p99: at(0.99),
      p999: at(0.999),
    };
  }
}
