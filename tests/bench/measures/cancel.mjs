// From cancel() of a running loop until its promise has settled, with all workers busy, and with a
// core left for the page. Other pools of workers terminate the thread and start another: that is
// measured beside it.

import { Thread, posted, sleep, start } from '../lab.mjs';
import { quantile, summary } from '../stats.mjs';

const CANCELS = 300;
const ROUNDS = 5;
const LOOP = { kernel: 'spin', args: { cost: 10 }, n: 1e15 };

async function cancel(runtime) {
  const job = runtime.post(LOOP.kernel, { range: [0, LOOP.n], args: LOOP.args });
  const settled = job.then(
    () => 'done',
    ({ code }) => code,
  );
  await sleep(3); // the loop runs on both workers by now, in its longest chunks
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
  const [one, two] = await Promise.all([start({ workers: 1 }), start({ workers: 2 })]);
  for (const runtime of [one, two]) await posted(runtime, { ...LOOP, n: 1e7 });
  const results = { one: [], two: [], others: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < CANCELS / ROUNDS; i++) results.two.push(await cancel(two));
    for (let i = 0; i < CANCELS / ROUNDS; i++) results.one.push(await cancel(one));
    results.others.push(await replace());
  }
  await Promise.all([one.close(), two.close()]);
  return results;
}

export function report({ one, two, others }) {
  const at = (workers, samples, p, aim, lines = []) => ({
    what: `cancel() of a loop on ${workers} until it has settled`,
    of: p === 1 ? 'longest' : `p${p * 100}`,
    figure: p === 0.5 ? summary(samples) : summary([quantile(samples, p)]),
    unit: 'us',
    aim,
    lines,
  });
  const replaced = { name: 'terminate a thread and start another', unit: 'us', ...summary(others) };
  // One chunk, 20 to 50 us, and half of a round trip.
  return [
    at('2 workers', two, 0.5, { most: 100 }, [replaced]),
    ...[0.99, 1].map((p) => at('2 workers', two, p)),
    ...[0.5, 0.99, 1].map((p) => at('1 worker', one, p)),
  ];
}
