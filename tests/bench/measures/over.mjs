// The cost of more workers than cores, for a loop of equal iterations and for a tree of tasks.

import { start } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';
import { coreCount } from '../../../web/core/platform.js';

const ROUNDS = 11;
const TIMES = [1, 2, 4];
/** About 100 ms of serial work. */
const LOOP = { range: [0, 20_000_000], args: { cost: 75 } };
const N = 32;

async function took(job) {
  const begin = performance.now();
  await job();
  return performance.now() - begin;
}

export async function inside() {
  const cores = globalThis.navigator?.hardwareConcurrency ?? (await coreCount());
  const runtimes = await Promise.all(TIMES.map((times) => start({ workers: times * cores })));
  const turns = (post) =>
    Object.fromEntries(runtimes.map((runtime, i) => [TIMES[i], () => took(() => post(runtime))]));
  const loop = turns((runtime) => runtime.post('spin', LOOP));
  const fib = turns((runtime) => runtime.post('fib', { args: { n: N } }));
  for (const contenders of [loop, fib]) await alternate(contenders, 4);
  const measured = {
    cores,
    loop: await alternate(loop, ROUNDS),
    fib: await alternate(fib, ROUNDS),
  };
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  return measured;
}

export function report({ cores, loop, fib }) {
  const rows = (name, samples) =>
    TIMES.slice(1).map((times) => ({
      what: `${name}, ${times * cores} workers on ${cores} cores`,
      of: `time / that of ${cores} workers`,
      figure: summary(ratios(samples[times], samples[1])),
      unit: 'x',
      aim: { most: 1.1 },
      lines: [
        { name: `${times * cores} workers`, unit: 'ms', ...summary(samples[times]) },
        { name: `${cores} workers`, unit: 'ms', ...summary(samples[1]) },
      ],
    }));
  return [...rows('even loop', loop), ...rows(`fib(${N})`, fib)];
}
