// CPU time of everything that belongs to a page or process with a pool at rest, from 10 ms after
// its last task; against the same without a pool. The pool has run loops alone, or functions, too:
// then its workers' event loops turn. Linux only.

import { sleep, start } from '../lab.mjs';
import { summary } from '../stats.mjs';

const ROUNDS = 5;
const AFTER = 10;
const WINDOW = 1000;

let runtime;

const functions = new URL('../../fixtures/modules/tasks.js', import.meta.url);

/** The same pool, that runs functions besides. */
export async function call() {
  await work();
  for (let i = 0; i < 300; i++) await runtime.call(functions, 'nothing');
}

/** A pool that has just worked: long loops, and a few hundred tasks. */
export async function work() {
  runtime = await start({ workers: 2 });
  for (let i = 0; i < 300; i++) await runtime.post('empty', { range: [0, 10] });
  await runtime.post('spin', { range: [0, 1e6], args: { cost: 20 } });
}

export async function rest() {
  await runtime?.close();
  runtime = undefined;
}

/** Percent of one core. @param {typeof import('../cpu.mjs')} cpu a page cannot import it */
async function load(environment, { cpuTime }) {
  const threads = await environment.threads();
  const [cpu, begin] = [await cpuTime(threads), performance.now()];
  await sleep(WINDOW);
  return (((await cpuTime(threads)) - cpu) / (performance.now() - begin)) * 100;
}

export async function outside(environment, url) {
  if (process.platform !== 'linux') return undefined;
  const cpu = await import('../cpu.mjs');
  const samples = { without: [], withPool: [], withCalls: [] };
  const settle = async (name) => {
    await environment.call(url, name);
    await sleep(AFTER);
  };
  await settle('work');
  for (let round = 0; round < ROUNDS; round++) {
    await settle('rest');
    await sleep(500); // a close leaves threads that end, and garbage
    samples.without.push(await load(environment, cpu));
    await settle('work');
    samples.withPool.push(await load(environment, cpu));
    await settle('rest');
    await settle('call');
    samples.withCalls.push(await load(environment, cpu));
  }
  return samples;
}

export function report({ without, withPool, withCalls }) {
  const row = (what, samples) => ({
    what: `idle pool of 2${what}, CPU time from 10 ms after its last task on`,
    of: 'with the pool - without',
    figure: summary(samples.map((percent, round) => percent - without[round])),
    unit: '%',
    aim: { most: 0.5 },
    lines: [
      { name: 'with the pool', unit: '%', ...summary(samples) },
      { name: 'without', unit: '%', ...summary(without) },
    ],
  });
  return [row('', withPool), row(' that has run functions', withCalls)];
}
