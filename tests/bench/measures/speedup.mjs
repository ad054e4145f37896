// Two workers against one thread without a scheduler, and against the most that two threads give on
// this machine: virtual cores may share a physical one, and then no scheduler reaches 2.

import { Thread, evenLoop, posted, serially, start } from '../lab.mjs';
import { pareto } from '../shapes.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const ROUNDS = 11;

/**
 * The whole set, a row an iteration. The upper half mirrors the lower one, so that a static split
 * in two is perfect.
 */
function mandelbrot() {
  const [width, height] = [1600, 1200];
  const args = {
    out: new Uint8Array(4 * width * height),
    width,
    height,
    cx: -0.75,
    cy: 0,
    scale: 3.5 / width,
    limit: 2000,
  };
  return { name: 'mandelbrot', kernel: 'mandelbrot', args, n: height };
}

const MS = 150;
const SKEWED = 20_000;

/** @param {number} steps of spin that take MS here */
function loops(steps) {
  const costs = Uint32Array.from(pareto(SKEWED), (weight) =>
    Math.max(1, Math.round((weight * steps) / SKEWED)),
  );
  const skewed = (name, costs) => ({
    name,
    kernel: 'spin',
    args: { costs, cost: 0 },
    n: costs.length,
  });
  return [
    mandelbrot(),
    skewed('Pareto costs, shuffled', costs),
    skewed(
      'Pareto costs, dearest first',
      costs.toSorted((a, b) => b - a),
    ),
    skewed(
      'Pareto costs, dearest last',
      costs.toSorted((a, b) => a - b),
    ),
  ];
}

async function wall(turn) {
  const begin = performance.now();
  await turn();
  return performance.now() - begin;
}

export async function inside() {
  const [a, b, runtime] = await Promise.all([
    Thread.start(),
    Thread.start(),
    start({ workers: 2 }),
  ]);
  const results = [];
  const { args, n: iterations } = await evenLoop(a, 10_000, MS);
  for (const loop of loops(iterations * args.cost)) {
    const [one, other, ours] = [
      await serially(a, loop),
      await serially(b, loop),
      await posted(runtime, loop),
    ];
    const { name, n } = loop;
    const half = Math.ceil(n / 2);
    const contenders = {
      serial: () => wall(() => one()),
      ours: () => wall(() => ours()),
      twice: () => wall(() => Promise.all([one(), other()])),
    };
    if (name === 'mandelbrot')
      contenders.split = () => wall(() => Promise.all([one(0, half), other(half, n)]));
    results.push({ name, ...(await alternate(contenders, ROUNDS)) });
  }
  await Promise.all([a.end(), b.end(), runtime.close()]);
  return results;
}

const doubled = (samples) => samples.map((ms) => 2 * ms);

export function report(results) {
  return results.map(({ name, serial, ours, twice, split }) => ({
    what: `${name} on 2 workers`,
    of: 'serial / ours',
    figure: summary(ratios(serial, ours)),
    unit: 'x',
    aim: { least: 1.9 },
    lines: [
      // Two runs at once, each of the whole loop: the bound for any schedule, skewed or not.
      { name: 'hardware', unit: 'x', ...summary(ratios(doubled(serial), twice)) },
      ...(split ? [{ name: 'static split', unit: 'x', ...summary(ratios(serial, split)) }] : []),
      { name: 'ours, of the hardware', unit: 'x', ...summary(ratios(twice, doubled(ours))) },
      { name: 'serial', unit: 'ms', ...summary(serial) },
      { name: 'ours', unit: 'ms', ...summary(ours) },
    ],
  }));
}
