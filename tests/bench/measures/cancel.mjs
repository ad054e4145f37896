// From cancel() of a running loop until its promise has settled, all workers busy with it; against what pools of workers do
// instead: to terminate the thread and start another.

import { Thread, posted, sleep, start } from '../lab.mjs';
import { quantile, summary } from '../stats.mjs';

const CANCELS = 200;
const ROUNDS = 5;
const LOOP = { kernel: 'spin', args: { cost: 10 }, n: 1e15 };

async function cancel(runtime) {
  const job = runtime.post(LOOP.kernel, { range: [0, LOOP.n], args: LOOP.args });
  const settled = job.then(() => 'done', ({ code }) => code);
  await sleep(3); // running on both workers by now, in chunks as long as they get
  const begin = performance.now();
  job.cancel();
  const outcome = await settled;
  if (outcome !== 'CANCELLED') throw new Error(`a cancelled loop ended as ${outcome}`);
  return (performance.now() - begin) * 1000;
}

async function replace() {
  const thread = await Thread.start();
  const loop = await thread.call('prepare', LOOP);
  thread.call('run', { loop, begin: 0, end: LOOP.n });
  await sleep(3);
  const begin = performance.now();
  await thread.end();
  const next = await Thread.start();
  const time = (performance.now() - begin) * 1000;
  await next.end();
  return time;
}

export async function inside() {
  const runtime = await start({ workers: 2 });
  await posted(runtime, { ...LOOP, n: 1e7 });
  const [ours, others] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < CANCELS / ROUNDS; i++) ours.push(await cancel(runtime));
    others.push(await replace());
  }
  await runtime.close();
  return { ours, others };
}

export function report({ ours, others }) {
  return [
    {
      what: 'cancel() of a running loop until it has settled',
      of: 'p50',
      figure: summary(ours),
      unit: 'us',
      // One chunk, 20 to 50 us, and half of a round trip.
      aim: { most: 100 },
      lines: [
        { name: 'p99', unit: 'us', ...summary([quantile(ours, 0.99)]) },
        { name: 'terminate a thread and start another', unit: 'us', ...summary(others) },
      ],
    },
  ];
}
