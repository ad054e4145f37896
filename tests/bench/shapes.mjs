// How the costs of a loop's iterations may differ: weights whose mean is 1, the same in every run.

/** mulberry32 (Tommy Ettinger). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ALPHA = 1.1;

/** Drawn from a Pareto distribution; the largest is some percent of the sum. */
export function pareto(n) {
  const next = random(1);
  const weights = Float64Array.from({ length: n }, () => (1 - next()) ** (-1 / ALPHA));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => (weight * n) / sum);
}

export const uniform = (n) => new Float64Array(n).fill(1);
/** From next to nothing up to twice the mean. */
export const triangular = (n) => Float64Array.from({ length: n }, (_, i) => (2 * i + 1) / n);
export const descending = (weights) => weights.toSorted((a, b) => b - a);
