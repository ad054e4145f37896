// An empty task from its post to its promise, against the least that the platform allows: a thread
// that waits on one word, answers at another, and is heard by Atomics.waitAsync. Back to back: our
// worker still spins. Parked: our worker sleeps.

import { Thread, sleep, start } from '../lab.mjs';
import { alternate, median, quantile, ratios, summary } from '../stats.mjs';

const REGIMES = [
  { name: 'back to back', rounds: 15, trips: 1000, pause: 0 },
  { name: 'parked', rounds: 15, trips: 40, pause: 3 },
];
/** A page's clock has steps of 5 us or more: the median is one of means over so many trips. */
const GROUP = 20;

async function floor() {
  const thread = await Thread.start();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const ended = thread.call('answer', words);
  const trip = async () => {
    const answer = Atomics.waitAsync(words, 1, 0);
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    await answer.value;
    Atomics.store(words, 1, 0);
  };
  const end = async () => {
    Atomics.store(words, 0, 2);
    Atomics.notify(words, 0);
    await ended;
    await thread.end();
  };
  return { trip, end };
}

async function trips(trip, { trips: n, pause }) {
  const times = [];
  for (let i = 0; i < n; i++) {
    if (pause) await sleep(pause);
    const begin = performance.now();
    await trip();
    times.push((performance.now() - begin) * 1000);
  }
  return times;
}

export async function inside() {
  const [bare, runtime] = [await floor(), await start({ workers: 2 })];
  // A pending waitAsync does not keep Node's process alive.
  const alive = setInterval(() => {}, 1000);
  const ours = () => runtime.post('empty', { range: [0, 1] });
  for (let i = 0; i < 3; i++)
    for (const trip of [ours, bare.trip]) await trips(trip, { trips: 1000, pause: 0 });
  const results = [];
  for (const regime of REGIMES) {
    const contenders = { ours: () => trips(ours, regime), floor: () => trips(bare.trip, regime) };
    results.push({ name: regime.name, ...(await alternate(contenders, regime.rounds)) });
  }
  clearInterval(alive);
  await Promise.all([bare.end(), runtime.close()]);
  return results;
}

function groups(times) {
  const means = [];
  for (let i = 0; i + GROUP <= times.length; i += GROUP)
    means.push(times.slice(i, i + GROUP).reduce((a, b) => a + b) / GROUP);
  return means;
}
const p50 = (rounds) => rounds.map((times) => median(groups(times)));
const p99 = (rounds) => summary([quantile(rounds.flat(), 0.99)]);

export function report(results) {
  return results.map(({ name, ours, floor }) => ({
    what: `post to await of an empty task, ${name}`,
    of: 'ours / futex and waitAsync',
    figure: summary(ratios(p50(ours), p50(floor))),
    unit: 'x',
    aim: { most: 2 },
    lines: [
      { name: 'ours, p50', unit: 'us', ...summary(p50(ours)) },
      { name: 'floor, p50', unit: 'us', ...summary(p50(floor)) },
      { name: 'ours, p99', unit: 'us', ...p99(ours) },
      { name: 'floor, p99', unit: 'us', ...p99(floor) },
    ],
  }));
}
