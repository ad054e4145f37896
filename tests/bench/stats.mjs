// Figures from samples, and the order in which contenders take their turns. Runs in Node and in
// pages.

/**
 * The value below which the share p of the samples lies, 0 to 1; between two samples: the line
 * between them.
 */
export function quantile(samples, p) {
  const sorted = Float64Array.from(samples).sort();
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  return sorted[below] + (at - below) * (sorted[Math.ceil(at)] - sorted[below]);
}

export const median = (samples) => quantile(samples, 0.5);

/**
 * Samples as the report shows them: the median and the two quartiles. Noise in a few rounds moves
 * none of them.
 */
export const summary = (samples) => ({
  median: median(samples),
  low: quantile(samples, 0.25),
  high: quantile(samples, 0.75),
  min: quantile(samples, 0),
  max: quantile(samples, 1),
  n: samples.length,
});

/**
 * Runs contenders in turns: other work of the machine meets all of them. Every other round goes
 * backwards, so that no contender always follows the same one.
 *
 * @param {Record<string, () => Promise<number>>} contenders each takes its turn and gives its
 *   figure
 * @returns {Promise<Record<string, number[]>>} figures by round
 */
export async function alternate(contenders, rounds) {
  const entries = Object.entries(contenders);
  const samples = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, turn] of round % 2 ? entries.toReversed() : entries)
      samples[name].push(await turn());
  }
  return samples;
}

/**
 * Round by round a / b: neighbours in time are compared, so slow drifts of the machine cancel out.
 */
export const ratios = (a, b) => a.map((value, round) => value / b[round]);
