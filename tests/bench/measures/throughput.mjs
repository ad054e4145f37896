// 100,000 empty tasks, 10,000 at a time, each with a promise of its own; against as many bare
// messages to two threads and back, the base of every pool of workers.

import { Thread, start } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const TASKS = 100_000;
const WINDOW = 10_000;
const ROUNDS = 5;

async function perSecond(one) {
  const begin = performance.now();
  for (let left = TASKS; left > 0; left -= WINDOW)
    await Promise.all(Array.from({ length: WINDOW }, (_, i) => one(i)));
  return (TASKS / (performance.now() - begin)) * 1000;
}

export async function inside() {
  const [a, b, runtime] = await Promise.all([
    Thread.start(),
    Thread.start(),
    start({ workers: 2 }),
  ]);
  const contenders = {
    messages: () => perSecond((i) => (i % 2 ? a : b).call('echo', i)),
    ours: () => perSecond(() => runtime.post('empty', { range: [0, 1] })),
  };
  await alternate(contenders, 1);
  const samples = await alternate(contenders, ROUNDS);
  await Promise.all([a.end(), b.end(), runtime.close()]);
  return samples;
}

export function report({ messages, ours }) {
  return [
    {
      what: '100,000 empty tasks, 10,000 at a time',
      of: 'ours / bare messages',
      figure: summary(ratios(ours, messages)),
      unit: 'x',
      aim: { least: 1 },
      lines: [
        { name: 'ours', unit: 'per second', ...summary(ours) },
        { name: 'bare messages', unit: 'per second', ...summary(messages) },
      ],
    },
  ];
}
