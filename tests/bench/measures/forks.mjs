// A task for every call: the Fibonacci number 35 by recursion, each call a spawn, a call, and a
// join; and two trees of real work.

import { Thread, serially, sleep, start } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const ROUNDS = 7;
const N = 35;
const CALLS = 29_860_703; // 2 fib(36) - 1
const SORTED = 2_000_000;

async function took(runtime, kernel, args) {
  const begin = performance.now();
  await runtime.post(kernel, { args });
  return performance.now() - begin;
}

export async function inside() {
  const [thread, one, two] = await Promise.all([
    Thread.start(),
    start({ workers: 1 }),
    start({ workers: 2 }),
  ]);
  const serial = await serially(thread, { kernel: 'fibserial', args: { n: N }, n: 1 });
  const fib = (runtime) => () => took(runtime, 'fib', { n: N });
  const sorting = (runtime) => {
    const [data, scratch] = [
      runtime.alloc(Uint32Array, SORTED),
      runtime.alloc(Uint32Array, SORTED),
    ];
    return () => {
      for (let i = 0; i < SORTED; i++) data[i] = Math.imul(i + 1, 2654435761);
      return took(runtime, 'sort', { data, scratch });
    };
  };
  const queens = (runtime) => () => took(runtime, 'queens', { n: 12 });
  for (const runtime of [one, two]) for (let i = 0; i < 4; i++) await fib(runtime)();
  const measured = {
    fib: await alternate({ serial: () => serial(), one: fib(one), two: fib(two) }, ROUNDS),
    queens: await alternate({ one: queens(one), two: queens(two) }, 2 * ROUNDS),
    sort: await alternate({ one: sorting(one), two: sorting(two) }, ROUNDS),
  };
  await sleep(0);
  await Promise.all([thread.end(), one.close(), two.close()]);
  return measured;
}

const perCall = (samples) => summary(samples.map((ms) => (ms * 1e6) / CALLS));

export function report({ fib, queens, sort }) {
  const lines = ['serial', 'one', 'two'].map((name) => ({
    name,
    unit: 'ns',
    ...perCall(fib[name]),
  }));
  const halved = (what, { one, two }) => ({
    what,
    of: '2 workers / 1 worker',
    figure: summary(ratios(two, one)),
    unit: 'x',
    lines: Object.entries({ one, two }).map(([name, ms]) => ({ name, unit: 'ms', ...summary(ms) })),
  });
  return [
    {
      what: 'fib(35), a task per call, 1 worker',
      of: 'per call',
      figure: perCall(fib.one),
      unit: 'ns',
      aim: { most: 8 },
      lines,
    },
    {
      what: 'fib(35), a task per call, 1 worker',
      of: 'ours / serial',
      figure: summary(ratios(fib.one, fib.serial)),
      unit: 'x',
      aim: { most: 6 },
      lines: [],
    },
    { ...halved('fib(35), a task per call', fib), aim: { most: 0.55 }, lines: [] },
    halved('12 queens', queens),
    halved('sort of 2 000 000 numbers', sort),
  ];
}
