// An empty task with Filch and with the pools of workers that are used elsewhere: one awaited after
// the other, and 100,000 at once. A contender gives `trips` and `bulks`, ways to run one task and
// to run all, by name; and end().

import { alternate, median, ratios, summary } from '../stats.mjs';

const ROUNDS = 5;
/** Rounds before those that count; only of round trips, since bulks take seconds. */
const WARM = 2;
const TRIPS = 600;
/**
 * A page's clock has steps of 5 us or more: so a round's figure is the median of means over so many
 * trips.
 */
const GROUP = 20;
const TASKS = 100_000;

async function trips(run) {
  const means = [];
  for (let left = TRIPS; left > 0; left -= GROUP) {
    const begin = performance.now();
    for (let i = 0; i < GROUP; i++) await run();
    means.push(((performance.now() - begin) * 1000) / GROUP);
  }
  return median(means);
}

async function perSecond(run) {
  const begin = performance.now();
  await run();
  return (TASKS / (performance.now() - begin)) * 1000;
}

async function measured(made, kind, rounds, measure) {
  const turns = {};
  for (const [name, contender] of Object.entries(made)) {
    for (const [way, run] of Object.entries(contender[kind]))
      turns[[name, way].filter(Boolean).join(', ')] = () => measure(run);
  }
  return alternate(turns, rounds);
}

/**
 * @param {string} rivals address of a module that exports `rivals`: name -> a function that starts
 *   one
 */
export async function inside(rivals, workers) {
  const all = {
    Filch: (await import('../rivals/filch.mjs')).filch,
    ...(await import(rivals)).rivals,
  };
  const made = {};
  for (const [name, start] of Object.entries(all)) made[name] = await start(workers, TASKS);
  await measured(made, 'trips', WARM, trips);
  const results = {
    trips: await measured(made, 'trips', ROUNDS, trips),
    bulks: await measured(made, 'bulks', ROUNDS, perSecond),
  };
  for (const { end } of Object.values(made)) await end();
  return results;
}

const folder = new URL('../rivals/', import.meta.url);

/** The rivals and their workers, bundled for a page. */
async function bundled() {
  const [{ build }, { fileURLToPath }] = await Promise.all([import('esbuild'), import('node:url')]);
  const entryPoints = ['page', 'workerpool.worker', 'comlink.worker'].map((name) =>
    fileURLToPath(new URL(`${name}.mjs`, folder)),
  );
  const outdir = fileURLToPath(new URL('../../../build/rivals/', import.meta.url));
  const external = ['os', 'child_process', 'worker_threads']; // workerpool's, in Node
  await build({ entryPoints, bundle: true, minify: true, format: 'esm', outdir, external });
  return '/build/rivals/page.js';
}

export async function outside(environment, url) {
  const { availableParallelism } = await import('node:os');
  const rivals = environment.kind === 'node' ? new URL('node.mjs', folder).href : await bundled();
  return environment.call(url, 'inside', rivals, availableParallelism());
}

/**
 * How Filch's `way` compares with the best of the others, round by round; `faster` is 1 where more
 * is better, else -1.
 */
function row(samples, way, { what, unit, faster, least }) {
  const ours = samples[`Filch, ${way}`];
  const others = Object.keys(samples).filter((name) => !name.startsWith('Filch'));
  const best = others.reduce((a, b) =>
    faster * (median(samples[a]) - median(samples[b])) > 0 ? a : b,
  );
  const figure = summary(faster > 0 ? ratios(ours, samples[best]) : ratios(samples[best], ours));
  const lines = Object.entries(samples).map(([name, rounds]) => ({
    name,
    unit,
    ...summary(rounds),
  }));
  return {
    what,
    of: `Filch's ${way}, times as fast as the best of the others`,
    figure,
    unit: 'x',
    aim: { least },
    lines,
  };
}

export function report({ trips, bulks }) {
  const bulk = { what: '100,000 empty tasks at once', unit: 'per second', faster: 1, least: 20 };
  const trip = { what: 'an empty task, awaited', unit: 'us', faster: -1, least: 5 };
  const more = (samples, ways, about) =>
    ways.map((way) => ({ ...row(samples, way, about), lines: [] }));
  return [
    row(trips, 'run', trip),
    ...more(trips, ['call'], trip),
    row(bulks, 'postMany', bulk),
    ...more(bulks, ['ring', 'post', 'call'], bulk),
  ];
}
