// The parts of measures. Runs in Node and in pages.

import { Runtime } from '../../web/index.js';
import { loadModule } from '../../web/wasm/module.js';
import { builtin, isNode } from '../../web/core/platform.js';
import { share } from './serial.mjs';
import { alternate, median } from './stats.mjs';

export { isNode };
export { Serial } from './serial.mjs';
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let compiled;
/** All contenders use one module, and so share optimised code. */
export const module = () =>
  (compiled ??= loadModule(new URL('../../build/filch-bench.wasm', import.meta.url)));

export const start = async (options) =>
  Runtime.start({ mode: 'threads', module: await module(), ...options });

/** A thread that is not the runtime's. The thread answers calls in order. */
export class Thread {
  #worker;
  #pending = new Map();
  #last = 0;

  static async start() {
    const thread = new Thread();
    const url = new URL('./thread.mjs', import.meta.url);
    const { Worker } = isNode ? await builtin('worker_threads') : globalThis;
    const ready = new Promise((resolve, reject) => thread.#pending.set(0, { resolve, reject }));
    thread.#worker = new Worker(url, { type: 'module' });
    const receive = (data) => thread.#receive(data);
    if (isNode) thread.#worker.on('message', receive);
    else thread.#worker.onmessage = ({ data }) => receive(data);
    await ready;
    await thread.call('load', await module());
    return thread;
  }

  #receive({ id, result, error }) {
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) reject(new Error(error));
    else resolve(result);
  }

  call(name, value) {
    return new Promise((resolve, reject) => {
      this.#pending.set(++this.#last, { resolve, reject });
      this.#worker.postMessage({ id: this.#last, name, value });
    });
  }

  end() {
    return this.#worker.terminate();
  }
}

/**
 * A loop as the serial contender runs it, warmed up.
 *
 * @param {{ kernel: string, args: object, n: number }} what its range is [0, n)
 * @returns {Promise<(begin?: number, end?: number) => Promise<number>>} runs it; milliseconds,
 *   taken in the thread
 */
export async function serially(thread, what) {
  const loop = await thread.call('prepare', what);
  await thread.call('warm', { loop, end: what.n, ms: WARM });
  return (begin = 0, end = what.n) => thread.call('run', { loop, begin, end });
}

/**
 * The same loop by the runtime, where a run may have options of its own. Milliseconds from the post
 * until the promise has settled.
 */
export async function posted(runtime, { kernel, args, n }) {
  const shared = share(args, (Type, length) => runtime.alloc(Type, length));
  const run = async (end = n, options) => {
    const begin = performance.now();
    await runtime.post(kernel, { range: [0, end], args: shared, ...options });
    return performance.now() - begin;
  };
  const limit = performance.now() + WARM;
  for (let end = 1; performance.now() < limit; )
    end = (await run(end)) < 2 ? Math.min(2 * end, n) : end;
  return run;
}

/**
 * Milliseconds of short runs before anything is measured: enough for an engine to optimise a kernel
 * in a busy machine.
 */
const WARM = 150;

/**
 * The gain of two threads over one, here and now; 2 at most. Virtual cores may share a physical
 * one, or serve another process.
 */
export async function hardware(threads, rounds = 5) {
  const runs = [];
  for (const thread of threads)
    runs.push(await serially(thread, { kernel: 'spin', args: { cost: 1000 }, n: 10_000 }));
  const wall = async (all) => {
    const begin = performance.now();
    await Promise.all(all.map((run) => run()));
    return performance.now() - begin;
  };
  const { one, both } = await alternate(
    { one: () => wall([runs[0]]), both: () => wall(runs) },
    rounds,
  );
  return one.map((ms, round) => (threads.length * ms) / both[round]);
}

/**
 * The same, measured again until the threads have cores of their own, or for `seconds`.
 */
export async function ownCores(threads, seconds = 2) {
  const limit = performance.now() + seconds * 1000;
  for (;;) {
    const gains = await hardware(threads);
    if (median(gains) > 0.85 * threads.length || performance.now() > limit) return gains;
    await sleep(200);
  }
}

const spin = (cost) => ({ kernel: 'spin', args: { cost } });

/**
 * A loop of equal iterations of about `ns` each, and its `body`, the nanoseconds of one iteration
 * on this machine. The shortest body, without a step, takes about 1 ns.
 *
 * @param {(cost: number) => { kernel: string, args: object }} loop whose iterations take so many
 *   steps
 */
export async function evenLoop(thread, ns, ms, loop = spin) {
  await serially(thread, { ...loop(100), n: 1e7 });
  const step = ((await bodyTime(thread, loop, 2000)) - (await bodyTime(thread, loop, 1000))) / 1000;
  let cost = 0;
  let body = await bodyTime(thread, loop, cost);
  for (let i = 0; i < 3 && ns > 2; i++) {
    cost = Math.max(0, cost + Math.round((ns - body) / step));
    body = await bodyTime(thread, loop, cost);
  }
  return { ...loop(cost), n: Math.ceil((ms * 1e6) / body), body, step };
}

/** Nanoseconds of one iteration of so many steps: the best of some short runs. */
async function bodyTime(thread, of, cost) {
  const loop = await thread.call('prepare', of(cost));
  const end = Math.ceil(1e7 / (1 + cost));
  let best = Infinity;
  for (let i = 0; i < 7; i++)
    best = Math.min(best, await thread.call('run', { loop, begin: 0, end }));
  return (best * 1e6) / end;
}
