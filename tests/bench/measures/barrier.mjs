// The cost of a barrier between time steps. The plate has a few points, so that a step has next to
// no work.

import { summary } from '../stats.mjs';
import { start } from '../lab.mjs';

const ROUNDS = 15;
const STEPS = 2000;

export async function inside() {
  const results = {};
  for (const workers of [1, 2]) {
    const runtime = await start({ workers });
    const [width, height] = [8, 8];
    const grid = runtime.alloc(Float64Array, 2 * width * height);
    results[workers] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const begin = performance.now();
      await runtime.post('stencil', { args: { grid, width, height, steps: STEPS } });
      results[workers].push(((performance.now() - begin) * 1000) / STEPS);
    }
    await runtime.close();
  }
  return results;
}

export function report(results) {
  return Object.entries(results).map(([workers, samples]) => ({
    what: `a loop and a barrier, ${workers} worker${workers > 1 ? 's' : ''}`,
    of: 'per time step',
    figure: summary(samples),
    unit: 'us',
    lines: [],
  }));
}
