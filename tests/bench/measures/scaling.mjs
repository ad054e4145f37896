// What more workers gain, up to the cores of the machine: a loop of uneven rows, trees of small
// and of larger tasks, and a sort that memory bounds. Each against one worker.

import { coreCount } from '../../../web/core/platform.js';
import { posted, start } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const ROUNDS = 7;
const SORTED = 4_000_000;

/** 1, 2, 4 ... and the number of cores. */
function workersUpTo(cores) {
  const counts = [];
  for (let n = 1; n < cores; n *= 2) counts.push(n);
  return [...counts, Math.min(cores, 30)];
}

async function tree(runtime, kernel, args) {
  const begin = performance.now();
  await runtime.post(kernel, { args });
  return performance.now() - begin;
}

async function contenders(workers) {
  const runtime = await start({ workers });
  const [width, height] = [1600, 1200];
  const picture = { out: new Uint8Array(4 * width * height), width, height };
  const rows = await posted(runtime, {
    kernel: 'mandelbrot',
    args: { ...picture, cx: -0.75, cy: 0, scale: 3.5 / width, limit: 2000 },
    n: height,
  });
  const [data, scratch] = [runtime.alloc(Uint32Array, SORTED), runtime.alloc(Uint32Array, SORTED)];
  const sort = () => {
    for (let i = 0; i < SORTED; i++) data[i] = Math.imul(i + 1, 2654435761);
    return tree(runtime, 'sort', { data, scratch });
  };
  const turns = {
    'Mandelbrot, a row an iteration': () => rows(),
    'fib(36), a task per call': () => tree(runtime, 'fib', { n: 36 }),
    '13 queens': () => tree(runtime, 'queens', { n: 13 }),
    [`sort of ${SORTED} numbers`]: sort,
  };
  for (const turn of Object.values(turns)) for (let i = 0; i < 2; i++) await turn();
  return { runtime, turns };
}

export async function inside() {
  const counts = workersUpTo(await coreCount());
  const all = new Map();
  for (const count of counts) all.set(count, await contenders(count));
  const results = {};
  for (const what of Object.keys(all.get(1).turns)) {
    const turns = counts.map((count) => [count, all.get(count).turns[what]]);
    results[what] = await alternate(Object.fromEntries(turns), ROUNDS);
  }
  for (const { runtime } of all.values()) await runtime.close();
  return results;
}

export function report(results) {
  return Object.entries(results).map(([what, samples]) => {
    const counts = Object.keys(samples).map(Number);
    const most = counts.at(-1);
    return {
      what: `${what}, ${most} workers`,
      of: '1 worker / ours',
      figure: summary(ratios(samples[1], samples[most])),
      unit: 'x',
      lines: counts.flatMap((count) => [
        { name: `${count} workers`, unit: 'x', ...summary(ratios(samples[1], samples[count])) },
        { name: `${count} workers`, unit: 'ms', ...summary(samples[count]) },
      ]),
    };
  });
}
