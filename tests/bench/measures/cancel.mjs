// From cancel() of a running loop until its promise has settled, with all workers busy, and with a
// core left for the page. Other pools of workers terminate the thread and start another: that is
// measured beside it.

import { Thread, posted, sleep, start } from '../lab.mjs';
import { quantile, summary } from '../stats.mjs';

const CANCELS = 300;
const ROUNDS = 5;
const MANY = 30; // as many workers as there can be
const LOOP = { kernel: 'spin', args: { cost: 10 }, n: 1e15 };
const loop = { range: [0, LOOP.n], args: LOOP.args };
const tree = { args: { n: 60 } };

async function cancel(runtime, kernel, options) {
  const job = runtime.post(kernel, options);
  const settled = job.then(
    () => 'done',
    ({ code }) => code,
  );
  await sleep(3); // the workers are in the task by now, in its longest chunks
  const begin = performance.now();
  job.cancel();
  const outcome = await settled;
  if (outcome !== 'CANCELLED') throw new Error(`a cancelled task ended as ${outcome}`);
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
  const counts = { one: 1, two: 2, many: MANY };
  const runtimes = {};
  const results = { others: [] };
  for (const [name, workers] of Object.entries(counts)) {
    runtimes[name] = await start({ workers });
    results[name] = { loops: [], trees: [] };
    await posted(runtimes[name], { ...LOOP, n: 1e7 });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, runtime] of Object.entries(runtimes)) {
      const { loops, trees } = results[name];
      for (let i = 0; i < CANCELS / ROUNDS; i++) {
        loops.push(await cancel(runtime, LOOP.kernel, loop));
        trees.push(await cancel(runtime, 'fib', tree));
      }
    }
    results.others.push(await replace());
  }
  for (const runtime of Object.values(runtimes)) await runtime.close();
  return results;
}

export function report({ one, two, many, others }) {
  const rows = (what, samples, aim, lines = []) =>
    [0.5, 0.99, 1].map((p) => ({
      what: `cancel() of a ${what} until it has settled`,
      of: p === 1 ? 'longest' : `p${p * 100}`,
      figure: p === 0.5 ? summary(samples) : summary([quantile(samples, p)]),
      unit: 'us',
      ...(p === 0.5 ? { aim, lines } : { lines: [] }),
    }));
  const replaced = { name: 'terminate a thread and start another', unit: 'us', ...summary(others) };
  return [
    // One chunk, 20 to 50 us, and half of a round trip.
    ...rows('loop on 2 workers', two.loops, { most: 100 }, [replaced]),
    ...rows('loop on 1 worker', one.loops),
    ...rows(`loop on ${MANY} workers`, many.loops),
    ...rows('recursion on 2 workers', two.trees),
    ...rows(`recursion on ${MANY} workers`, many.trees),
  ];
}
