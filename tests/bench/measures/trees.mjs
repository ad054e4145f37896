// Trees of tasks, on one worker and on two: each call is a task, and each answer is checked.

import { ownCores, start, Thread } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const ROUNDS = 9;

const LEAVES = 1_000_000;

function check(what, got, expected) {
  if (got !== expected) throw new Error(`${what} came to ${got}, not ${expected}`);
}

async function took(job) {
  const begin = performance.now();
  const { state } = await job();
  return { ms: performance.now() - begin, state };
}

function skynet(runtime) {
  return async () => {
    const { ms, state } = await took(() => runtime.post('skynet', { args: { leaves: LEAVES } }));
    check('skynet', state.sum, 499_999_500_000n);
    return ms;
  };
}

export async function inside() {
  const threads = await Promise.all([Thread.start(), Thread.start()]);
  const [one, two] = await Promise.all([1, 2].map((workers) => start({ workers })));
  const results = {};
  for (const [name, turn] of Object.entries({ skynet })) {
    const contenders = { one: turn(one), two: turn(two) };
    await alternate(contenders, 3);
    results[name] = { gains: await ownCores(threads), ...(await alternate(contenders, ROUNDS)) };
  }
  await Promise.all([...threads.map((thread) => thread.end()), one.close(), two.close()]);
  return results;
}

const NAMES = { skynet: 'skynet, 1,000,000 leaves' };

export function report(results) {
  return Object.entries(results).map(([name, { gains, one, two }]) => ({
    what: NAMES[name],
    of: '2 workers / 1 worker',
    figure: summary(ratios(two, one)),
    unit: 'x',
    lines: [
      { name: '1 worker', unit: 'ms', ...summary(one) },
      { name: '2 workers', unit: 'ms', ...summary(two) },
      { name: 'two threads at once, of the hardware', unit: 'x', ...summary(gains) },
    ],
  }));
}
