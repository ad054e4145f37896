// How long an urgent task waits while every worker is in a less urgent loop that never ends, from the post until it has settled on the
// page: that includes the way back. Beside it the same with the pool asleep.

import { quantile, summary } from '../stats.mjs';
import { sleep, start } from '../lab.mjs';

const POSTS = 1000;
const ENDLESS = [0, 2 ** 53 - 1];

async function latencies(runtime) {
  const samples = [];
  for (let i = 0; i < POSTS; i++) {
    const begin = performance.now();
    await runtime.post('empty', { range: [0, 1], priority: 'high' });
    samples.push((performance.now() - begin) * 1000);
    if (i % 20 === 0) await sleep(1);
  }
  return samples;
}

export async function inside() {
  const runtime = await start({ workers: 2 });
  await latencies(runtime);
  const idle = await latencies(runtime);
  const loops = [0, 1].map(() => runtime.post('spin', { range: ENDLESS, args: { cost: 100 }, priority: 'low' }));
  await sleep(200);
  await latencies(runtime);
  const busy = await latencies(runtime);
  for (const loop of loops) loop.cancel();
  await Promise.allSettled(loops);
  await runtime.close();
  return { idle, busy };
}

export function report({ idle, busy }) {
  const line = (name, samples) => ({ name, unit: 'us', ...summary(samples) });
  const lines = [line('idle pool', idle), line('all workers busy', busy)];
  for (const p of [0.5, 0.99]) lines.push({ name: `busy, p${p * 100}`, unit: 'us', ...summary([quantile(busy, p)]) });
  return [
    { what: 'urgent task, all workers busy', of: 'p99, post to settled', figure: summary([quantile(busy, 0.99)]), unit: 'us', aim: { most: 200 }, lines },
    { what: 'urgent task, all workers busy', of: 'p50', figure: summary([quantile(busy, 0.5)]), unit: 'us', lines: [] },
  ];
}
