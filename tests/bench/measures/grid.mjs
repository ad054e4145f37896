// Loops of all sorts on two workers without options, against the best fixed chunk for each loop:
// the runtime's own `grain`, and two plain threads that take chunks off a shared counter, whichever
// is faster.

import { Thread, evenLoop, ownCores, posted, start } from '../lab.mjs';
import { descending, pareto, triangular, uniform } from '../shapes.mjs';
import { alternate, median, ratios, summary } from '../stats.mjs';

/** Nanoseconds of one iteration, on average. */
const NANOSECONDS = [1, 10, 100, 1000, 10_000, 1_000_000];
/** Nanoseconds of the whole loop, on one thread. */
const MS = 40;
const ROUNDS = 9;
const TRIALS = 3;
/** Entries of a table of costs, at most: an entry serves as many iterations as it must. */
const TABLE = 2 ** 16;
/** A fixed chunk is worth trying from this many nanoseconds on, up to half of the loop. */
const CHUNK_LEAST = 250;

const SHAPES = {
  uniform: { weights: uniform },
  triangular: { weights: triangular },
  'Pareto shuffled': { weights: pareto },
  'Pareto descending': { weights: (n) => descending(pareto(n)) },
  // An order of taking iterations may do well with one place of the giant, and badly with another.
  'a giant at a third': { weights: uniform, giant: 1 / 3 },
  'a giant at three quarters': { weights: uniform, giant: 3 / 4 },
};
/** The share of the giant iteration in the loop. */
const GIANT = 1 / 3;

const even = (cost) => ({
  kernel: 'shaped',
  args: { costs: Uint32Array.of(cost), shift: 63, more: 0, giant: 0 },
});

/** The loop of this shape that takes about as long as the even one. */
function shaped({ weights, giant }, { args, n: iterations, step }) {
  const many = giant ? Math.ceil(iterations * (1 - GIANT)) : iterations;
  const shift = Math.max(0, Math.ceil(Math.log2(many / TABLE)));
  const entries = Math.ceil(many / 2 ** shift);
  // The shortest bodies have no step: otherwise bodies differ by single steps.
  const mean = weights === uniform ? args.costs[0] : Math.max(args.costs[0], 0.5);
  const costs = Uint32Array.from(weights(entries), (weight) => Math.round(weight * mean));
  const n = entries * 2 ** shift;
  const more = giant ? Math.round((MS * 1e6 * GIANT) / step) : 0;
  return { kernel: 'shaped', args: { costs, shift, more, giant: Math.floor(n * (giant ?? 0)) }, n };
}

function chunks(ns, n) {
  const all = [];
  for (let chunk = 1; chunk <= n / 2; chunk *= 4) if (chunk * ns >= CHUNK_LEAST) all.push(chunk);
  return all;
}

async function sharing(threads, loop) {
  const loops = await Promise.all(threads.map((thread) => thread.call('prepare', loop)));
  const counter = new Int32Array(new SharedArrayBuffer(4));
  return async (chunk) => {
    counter[0] = 0;
    const begin = performance.now();
    await Promise.all(
      threads.map((thread, i) =>
        thread.call('share', { loop: loops[i], end: loop.n, chunk, counter }),
      ),
    );
    return performance.now() - begin;
  };
}

async function cell(threads, runtime, loop, ns) {
  const [ours, shared] = [await posted(runtime, loop), await sharing(threads, loop)];
  const rivals = {};
  for (const chunk of chunks(ns, loop.n)) {
    rivals[`grain of ${chunk}`] = () => ours(loop.n, { grain: chunk });
    rivals[`counter, ${chunk} at a time`] = () => shared(chunk);
  }
  const trials = await alternate(rivals, TRIALS);
  const best = Object.keys(rivals).reduce((a, b) =>
    median(trials[b]) < median(trials[a]) ? b : a,
  );
  const gains = await ownCores(threads);
  return {
    best,
    n: loop.n,
    gains,
    ...(await alternate({ ours: () => ours(), fixed: rivals[best] }, ROUNDS)),
  };
}

export async function inside() {
  const [a, b, runtime] = await Promise.all([
    Thread.start(),
    Thread.start(),
    start({ workers: 2 }),
  ]);
  const cells = [];
  for (const ns of NANOSECONDS) {
    const model = await evenLoop(a, ns, MS, even);
    for (const [shape, how] of Object.entries(SHAPES)) {
      cells.push({ ns, shape, ...(await cell([a, b], runtime, shaped(how, model), ns)) });
    }
  }
  await Promise.all([a.end(), b.end(), runtime.close()]);
  return cells;
}

const named = (ns) => (ns < 1000 ? `${ns} ns` : ns < 1e6 ? `${ns / 1000} us` : `${ns / 1e6} ms`);

export function report(cells) {
  return cells.map(({ ns, shape, gains, n, best, ours, fixed }) => ({
    what: `loop on 2 workers, body of ${named(ns)}, ${shape}`,
    of: 'ours / best fixed chunk',
    figure: summary(ratios(ours, fixed)),
    unit: 'x',
    aim: { most: 1.05 },
    lines: [
      { name: 'ours', unit: 'ms', ...summary(ours) },
      { name: `best fixed chunk of ${n} iterations: ${best}`, unit: 'ms', ...summary(fixed) },
      { name: 'two threads at once, of the hardware', unit: 'x', ...summary(gains) },
    ],
  }));
}
