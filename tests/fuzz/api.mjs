// Calls of the public API with hostile values: node tests/fuzz/api.mjs --count N --seed S
//
// Each call returns, or throws or rejects with a FilchError or with the caller's own exception.
// Nothing hangs, and no exception is left over. Afterwards the runtime works, and the memory that
// it uses is what it was. The last line is `N calls, N failed`.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { Random } from '../js/simulation/random.mjs';
import * as filch from '../../web/index.js';
import { calls } from './api-calls.mjs';
import { Held } from './api-held.mjs';
import { Own, spoil } from './hostile.mjs';

const root = new URL('../../', import.meta.url);
/** Calls of one runtime; after so many all jobs settle. */
const CALLS = 1000;
const ROUND = 50;
/** Milliseconds that a promise may take. */
const LIMIT = 30_000;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    tell: { type: 'boolean', default: false },
  },
});
const [count, first] = [Number(values.count), Number(values.seed)];
const module = await WebAssembly.compile(await readFile(new URL('build/filch-test.wasm', root)));
const plugin = await readFile(new URL('build/plugins/kernels.wasm', root));

let last = ''; // what was called last
const failures = new Map(); // text -> where, once each
let failed = 0;
function wrong(text) {
  failed++;
  if (failures.has(text)) return;
  failures.set(text, last);
  console.log(`${last}\n  ${text}`);
}

const isLegal = (error) =>
  error instanceof filch.FilchError ||
  error instanceof Own ||
  // The engine's words about the caller's proxy; and about a listener, the platform's affair.
  (error instanceof TypeError &&
    (/revoked/.test(error.message) || / addEventListener$/.test(last)));
const describe = (error) => {
  try {
    return `${error?.stack ?? error}`.split('\n').slice(0, 4).join('\n  ');
  } catch {
    return 'an error that cannot be shown';
  }
};

process.on(
  'uncaughtException',
  (error) => isLegal(error) || wrong(`left over: ${describe(error)}`),
);
process.on('unhandledRejection', (error) => wrong(`left over: ${describe(error)}`));
process.on('warning', () => {});
process.removeAllListeners('warning');

function textOf(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'a value that cannot be shown';
  }
}

/** @param {() => string[]} open the calls whose promises have not settled */
async function inTime(promise, what, open = () => []) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(true), LIMIT);
  });
  if (await Promise.race([promise.then(() => false), late])) {
    wrong(
      `${what} hangs${open()
        .map((where) => `\n  of ${where}`)
        .join('')}`,
    );
    console.log(`${failed} failed`);
    process.exit(1);
  }
  clearTimeout(timer);
}

/** One call. @returns {Promise<void> | undefined} resolves when all that came of it has settled */
function once(world, { name, good, give }) {
  const { random } = world;
  let args;
  try {
    args = good(world).map((each) => spoil(random, each));
    const given = give(world, args);
    if (values.tell) console.log('  ', args.map(textOf).join(', '));
    if (typeof given?.then !== 'function' || given === args[0]) return undefined;
    // A job is awaited where all jobs are.
    if (world.held.jobs.includes(given)) return undefined;
    const where = last;
    return given.then(
      () => {},
      (error) => {
        if (!isLegal(error) && !args.includes(error)) {
          last = where;
          wrong(`${name} rejects: ${describe(error)}`);
        }
      },
    );
  } catch (error) {
    if (!isLegal(error)) wrong(`${name} throws: ${describe(error)}`);
    return undefined;
  }
}

async function round(world, left) {
  const going = new Map(); // promise -> the call that gave the promise
  for (let i = 0; i < left; i++) {
    const call = world.random.weighed(calls);
    const where = `seed ${world.seed}, call ${world.made++}: ${call.name}`;
    last = where;
    if (values.tell) console.log(where);
    const settled = once(world, call)?.then(() => going.delete(settled));
    if (settled) going.set(settled, where);
  }
  await inTime(world.held.settle(), 'a job');
  await inTime(Promise.all(going.keys()), 'a promise', () => [...going.values()]);
}

async function runtimeOf(seed, made) {
  const random = new Random(seed);
  const mode = random.chance(0.5) ? 'cooperative' : 'threads';
  const runtime = await filch.Runtime.start({ module, memory: 2 ** 22, workers: 2, mode });
  const held = new Held(runtime, plugin);
  const world = { seed, random, runtime, held, filch, module, made: 0 };
  for (let left = made; left > 0; left -= ROUND) await round(world, Math.min(left, ROUND));
  last = `seed ${seed}, afterwards`;
  try {
    await inTime(held.end(), 'the end');
    const left = runtime.memory.used - held.used;
    if (left) wrong(`${left} bytes are not given back`);
    const { state } = await runtime.post('iterate', { range: [0, 10], args: { cost: 1, x: 1 } });
    if (state.next !== 10n) wrong('a post gives a wrong result');
    const { outstanding, queued } = runtime.stats();
    if (outstanding || queued) wrong(`${outstanding} jobs are outstanding, ${queued} queued`);
  } catch (error) {
    wrong(describe(error));
  }
  await inTime(runtime.close(), 'close()');
}

for (let done = 0, seed = first; done < count; done += CALLS, seed++)
  await runtimeOf(seed, Math.min(CALLS, count - done));
console.log(`${count} calls, ${failed} failed`);
process.exit(failed ? 1 : 0);
