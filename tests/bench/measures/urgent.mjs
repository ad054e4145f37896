// How long an urgent task waits while every worker is in a less urgent loop, or recursion, that
// never ends. The time ends when the task has settled on the page, so the way back is included.
// Beside it: the same with the pool at rest, with a core left for the page, and with many more
// workers than cores.

import { quantile, summary } from '../stats.mjs';
import { sleep, start } from '../lab.mjs';

const POSTS = 1000;
const MANY = 30; // as many as there can be
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

async function besides(runtime, workers, kernel, options) {
  const jobs = Array.from({ length: workers }, () =>
    runtime.post(kernel, { ...options, priority: 'low' }),
  );
  await sleep(200);
  await latencies(runtime);
  const samples = await latencies(runtime);
  for (const job of jobs) job.cancel();
  await Promise.allSettled(jobs);
  return samples;
}

async function busy(workers) {
  const runtime = await start({ workers });
  await latencies(runtime);
  const idle = await latencies(runtime);
  const loops = await besides(runtime, workers, 'spin', { range: ENDLESS, args: { cost: 100 } });
  const trees = await besides(runtime, workers, 'fib', { args: { n: 60 } });
  await runtime.close();
  return { idle, loops, trees };
}

export async function inside() {
  return { one: await busy(1), two: await busy(2), many: await busy(MANY) };
}

export function report({ one, two, many }) {
  const at = (when, samples, p, aim) => ({
    what: `urgent task, ${when}, post to settled`,
    of: p === 1 ? 'longest' : `p${p * 100}`,
    figure: p === 0.5 ? summary(samples) : summary([quantile(samples, p)]),
    unit: 'us',
    aim,
    lines: [],
  });
  const rows = (when, samples, aim) => [
    at(when, samples, 0.5),
    at(when, samples, 0.99, aim),
    at(when, samples, 1),
  ];
  return [
    ...rows('2 workers at rest', two.idle),
    ...rows('1 worker busy', one.loops),
    ...rows('1 worker in a recursion', one.trees),
    ...rows('2 workers busy', two.loops, { most: 200 }),
    ...rows('2 workers in recursions', two.trees, { most: 200 }),
    ...rows(`${MANY} workers busy`, many.loops),
    ...rows(`${MANY} workers in recursions`, many.trees),
  ];
}
