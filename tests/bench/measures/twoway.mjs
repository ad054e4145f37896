// The cost of an empty parallel loop in which two workers take part, measured on a worker, loop
// after loop. In some loops the two iterations wait for each other: then both workers take part for
// certain. Awake: the other worker has just run the loop before. The rival is two threads that hand
// a word to and fro. Parked: the other worker sleeps. The rival is the least time to wake a thread,
// from Atomics.notify until the thread that waited answers.

import { Thread, isNode, start } from '../lab.mjs';
import { alternate, median, ratios, summary } from '../stats.mjs';

const ROUNDS = 15;
const AWAKE = { loops: 10_000, batch: 100, rest: 0 };
/** Nanoseconds after which the other worker sleeps for certain. */
const REST = 200_000;
const PARKED = { loops: 200, batch: 1, rest: REST };
/** Looks at the other iteration, for a few milliseconds at most. */
const MEET = 1_000_000;
/**
 * A page's clock has steps of 5 us or more: the median is one of means over so many wake-ups.
 */
const GROUP = 20;

/** Microseconds from a wake-up to its answer. */
async function wakeUps(asks, answers) {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const ended = answers.call('answer', words);
  const times = await asks.call('wake', { words, trips: PARKED.loops, rest: REST });
  Atomics.store(words, 0, 2);
  Atomics.notify(words, 0);
  await ended;
  return times;
}

/** Microseconds there and back between two threads that never sleep. */
async function volley(asks, answers) {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const play = (thread, serve) => thread.call('volley', { words, trips: AWAKE.loops, serve });
  return (await Promise.all([play(asks, true), play(answers, false)]))[0];
}

function means(times, of) {
  const sums = [];
  for (let i = 0; i + of <= times.length; i += of)
    sums.push(times.slice(i, i + of).reduce((a, b) => a + b) / of);
  return sums;
}

export async function inside() {
  const [asks, answers, runtime] = await Promise.all([
    Thread.start(),
    Thread.start(),
    start({ workers: 2 }),
  ]);
  const words = runtime.alloc(Uint32Array, 3);
  const times = runtime.alloc(Float64Array, AWAKE.loops / AWAKE.batch);
  const parkedTimes = runtime.alloc(Float64Array, PARKED.loops);
  const shares = { met: [], free: [], parked: [] };
  /** Microseconds of a loop, p50. */
  const loops =
    (name, { loops, batch, rest }, meet, times) =>
    async () => {
      words.fill(0);
      const { state } = await runtime.post('pairs', {
        args: { loops, batch, rest, meet, words, times },
      });
      shares[name].push((state.both / loops) * 100);
      return median(means([...times], rest ? GROUP : 1)) / batch / 1000;
    };
  const contenders = {
    met: loops('met', AWAKE, MEET, times),
    free: loops('free', AWAKE, 0, times),
    parked: loops('parked', PARKED, MEET, parkedTimes),
    bare: async () => median(means(await wakeUps(asks, answers), GROUP)),
    volley: () => volley(asks, answers),
  };
  await alternate(contenders, 3);
  for (const name of Object.keys(shares)) shares[name] = [];
  const measured = await alternate(contenders, ROUNDS);
  await Promise.all([asks.end(), answers.end(), runtime.close()]);
  return { measured, shares, most: isNode ? 1 : 1.5 };
}

export function report({ measured: { met, free, parked, bare, volley }, shares, most }) {
  const line = (name, samples, unit = 'us') => ({ name, unit, ...summary(samples) });
  const loop = 'empty loop of 2 iterations and its barrier';
  return [
    {
      what: `${loop}, both workers in it, awake`,
      of: 'p50',
      figure: summary(met),
      unit: 'us',
      aim: { most },
      lines: [
        line('loops in which both took part', shares.met, '%'),
        line('where neither waits for the other', free),
        line('loops in which both took part then', shares.free, '%'),
        line('a word to another thread and back', volley),
      ],
    },
    {
      what: `${loop}, both workers in it, one parked`,
      of: 'ours / bare wake-up',
      figure: summary(ratios(parked, bare)),
      unit: 'x',
      aim: { most: 2 },
      lines: [
        line('ours, p50', parked),
        line('bare wake-up, p50', bare),
        line('loops in which both took part', shares.parked, '%'),
      ],
    },
  ];
}
