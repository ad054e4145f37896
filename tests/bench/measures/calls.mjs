// What it costs that a worker turns its event loop, once it has run the application's JavaScript:
// the round trips of an empty task with such workers, against workers that wait in the module; and
// the memory that functions leave, which is collected at those turns alone.

import { isNode, sleep, start } from '../lab.mjs';
import { alternate, median, quantile, ratios, summary } from '../stats.mjs';

const REGIMES = [
  { name: 'back to back', rounds: 9, trips: 1000, pause: 0 },
  { name: 'parked', rounds: 9, trips: 40, pause: 2 },
  { name: 'parked for 20 ms', rounds: 5, trips: 20, pause: 20 },
];
/** A page's clock has steps of 5 us or more: the median is one of means over so many trips. */
const GROUP = 20;
const GARBAGE = { calls: 1500, bytes: 2 ** 19 };

const modules = new URL('../../fixtures/modules/', import.meta.url);
const tasks = new URL('tasks.js', modules);
const events = new URL('events.js', modules);

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

/** Megabytes that the process has grown by. */
async function garbage() {
  const runtime = await start({ workers: 1 });
  const before = process.memoryUsage().rss;
  for (let i = 0; i < GARBAGE.calls; i++) await runtime.call(events, 'garbage', [GARBAGE.bytes]);
  const after = process.memoryUsage().rss;
  await runtime.close();
  return (after - before) / 1e6;
}

export async function inside() {
  const [turns, waits] = [await start({ workers: 2 }), await start({ workers: 2 })];
  // A pending waitAsync does not keep Node's process alive.
  const alive = setInterval(() => {}, 1000);
  const ways = {
    turns: () => turns.post('empty', { range: [0, 1] }),
    waits: () => waits.post('empty', { range: [0, 1] }),
    call: () => turns.call(tasks, 'nothing'),
  };
  for (let i = 0; i < 3; i++)
    for (const trip of Object.values(ways)) await trips(trip, { trips: 1000, pause: 0 });
  const results = [];
  for (const regime of REGIMES) {
    const contenders = {};
    for (const [name, trip] of Object.entries(ways)) contenders[name] = () => trips(trip, regime);
    results.push({ name: regime.name, ...(await alternate(contenders, regime.rounds)) });
  }
  clearInterval(alive);
  await Promise.all([turns.close(), waits.close()]);
  return { results, garbage: isNode ? [await garbage(), await garbage(), await garbage()] : [] };
}

function groups(times) {
  const means = [];
  for (let i = 0; i + GROUP <= times.length; i += GROUP)
    means.push(times.slice(i, i + GROUP).reduce((a, b) => a + b) / GROUP);
  return means;
}
const p50 = (rounds) => rounds.map((times) => median(groups(times)));
const p99 = (rounds) => summary([quantile(rounds.flat(), 0.99)]);

export function report({ results, garbage }) {
  const rows = results.map(({ name, turns, waits, call }) => ({
    what: `post to await of an empty task, ${name}, with workers that have run functions`,
    of: 'workers that turn their event loops / workers that wait in the module',
    figure: summary(ratios(p50(turns), p50(waits))),
    unit: 'x',
    aim: { most: 1.5 },
    lines: [
      { name: 'they turn, p50', unit: 'us', ...summary(p50(turns)) },
      { name: 'they wait, p50', unit: 'us', ...summary(p50(waits)) },
      { name: 'a call, p50', unit: 'us', ...summary(p50(call)) },
      { name: 'they turn, p99', unit: 'us', ...p99(turns) },
      { name: 'they wait, p99', unit: 'us', ...p99(waits) },
    ],
  }));
  if (!garbage.length) return rows;
  const { calls, bytes } = GARBAGE;
  return [
    ...rows,
    {
      what: `${calls} calls, each of which leaves ${bytes / 1024} KiB behind a WeakRef`,
      of: 'growth of the process',
      figure: summary(garbage),
      unit: 'MB',
      aim: { most: 300 },
      lines: [],
    },
  ];
}
