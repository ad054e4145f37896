// Rounds of corrupt.mjs, in a process of their own: node corrupt-round.mjs SEED ROUNDS. Prints a
// line of JSON for each round.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { FilchError, Runtime } from '../../web/index.js';
import { moduleUrl } from '../js/helpers.mjs';
import { Random } from './random.mjs';
import { Scribbler } from './scribbler.mjs';

const module = new WebAssembly.Module(readFileSync(moduleUrl('filch-test.wasm')));
const url = new URL('../fixtures/modules/tasks.js', import.meta.url);
/** Milliseconds for a promise, after the last word; then for terminate(). */
const LIMIT = 12_000;
const LAST = 5_000;
/** Milliseconds of one piece of work of the owner. */
const LAG = 1000;

const failures = [];
process.on('unhandledRejection', (error) => failures.push(`unhandled: ${error?.stack ?? error}`));
process.on('uncaughtException', (error) => failures.push(`uncaught: ${error?.stack ?? error}`));

/** Milliseconds of processor time that this thread has had: a loaded machine is no long loop. */
function ownTime() {
  const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(utime) + Number(stime)) * 10;
}

/** Tells of pieces of work of this thread that take too long. @returns {() => void} ends that */
function watchLag(what) {
  let [before, seen] = [ownTime(), performance.now()];
  const timer = setInterval(() => {
    const [now, at] = [ownTime(), performance.now()];
    if (now - before > LAG && at - seen > LAG)
      failures.push(`${what}: the owner was ${now - before} ms in one piece of work`);
    [before, seen] = [now, at];
  }, 50);
  return () => clearInterval(timer);
}

class Round {
  #random;
  #runtime;
  #jobs = [];
  #open = new Set(); // descriptions of promises that have not settled
  #ring;
  promises = 0;
  words = 0;

  constructor(seed, runtime) {
    this.#random = new Random(seed);
    this.#runtime = runtime;
    this.array = runtime.alloc(Uint32Array, 4096);
    this.floats = [runtime.alloc(Float64Array, 512), runtime.alloc(Float64Array, 512)];
  }

  get open() {
    return this.#open;
  }

  #track(what, promise, anyError = false) {
    const entry = { what };
    this.promises++;
    this.#open.add(entry);
    promise.then(
      () => this.#open.delete(entry),
      (error) => {
        this.#open.delete(entry);
        if (!anyError && !(error instanceof FilchError))
          failures.push(`${what} rejects with ${error?.stack ?? error}`);
      },
    );
  }

  /** Calls what may throw errors of Filch. */
  #try(what, call) {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof FilchError)) failures.push(`${what} throws ${error?.stack ?? error}`);
      return undefined;
    }
  }

  #post() {
    const random = this.#random;
    const visits = this.array;
    const [a, b] = this.floats;
    const n = random.below(4000);
    const [name, options] = random.of([
      ['visit', { range: [0, n], args: { visits } }],
      ['spin', { range: [0, random.below(500)], args: { cost: random.below(300) } }],
      ['iterate', { range: [0, random.below(100)], args: { cost: 3, x: 7 } }],
      ['dot', { range: [0, 512], args: { a, b }, deterministic: random.chance(50) }],
      ['fib', { args: { n: random.below(16) } }],
      ['queens', { args: { n: random.below(7) } }],
      ['nest', { range: [0, random.below(20)], args: { inner: random.below(60), visits } }],
      ['fail', { range: [0, 10], args: { at: 3, code: 7 } }],
      ['trap', { range: [0, 10], args: { at: 3 } }],
    ]);
    if (random.chance(20) && this.#jobs.length) options.after = [random.of(this.#jobs)];
    if (random.chance(30)) options.priority = random.of(['high', 'low']);
    if (random.chance(10)) options.timeout = 1 + random.below(50);
    const job = this.#runtime.post(name, options);
    this.#jobs.push(job);
    this.#track(name, job);
  }

  #many() {
    const loops = Array.from({ length: this.#random.below(50) }, () => ({
      range: [0, 3],
      args: { visits: this.array },
    }));
    const job = this.#runtime.postMany('visit', loops, { inOrder: this.#random.chance(30) });
    this.#jobs.push(job);
    this.#track('postMany', job);
  }

  #call() {
    const [name, args] = this.#random.of([
      ['add', [1, 2]],
      ['same', [{ a: [1, 'x', 5n, new Date(3), /y/g] }, new Map([[1, new Uint8Array(9)]])]],
      ['later', [7, 2]],
      ['large', [5000]],
      ['fail', ['no']],
      ['fill', [this.floats[0], 2]],
    ]);
    const job = this.#runtime.call(url, name, args);
    this.#jobs.push(job);
    this.#track(`call ${name}`, job, true); // what the function gave may be overwritten
  }

  #send() {
    this.#ring ??= this.#runtime.ring('record', {
      args: { by: 1 },
      encode: (view, value) => (view.setUint32(0, value, true), 4 + this.#random.below(60)),
      decode: (view) => view.getUint32(0, true),
      bytes: 4096,
    });
    for (let i = this.#random.below(60); i; i--) this.#track('send', this.#ring.send(i));
  }

  #control() {
    const job = this.#random.of(this.#jobs);
    if (!job) return;
    this.#random.of([
      () => job.cancel('no more'),
      () => this.#track('pause', job.pause()),
      () => job.resume(),
      () => (job.priority = this.#random.of(['high', 'normal', 'low'])),
      () => [job.progress, job.status, job.priority],
      () => this.#track('save', job.save()),
      () => this.#runtime.stats(),
    ])();
  }

  #step() {
    const random = this.#random;
    const [what, call] = random.of([
      ['post', () => this.#post()],
      ['post', () => this.#post()],
      ['postMany', () => this.#many()],
      ['call', () => this.#call()],
      ['ring', () => this.#send()],
      ['control', () => this.#control()],
    ]);
    this.#try(what, call);
  }

  async run(scribbler, mine) {
    for (let steps = 20 + this.#random.below(60); steps; steps--) {
      this.#step();
      for (let n = this.#random.below(mine); n; n--, this.words++) scribbler.write();
      if (this.#random.chance(40)) await new Promise((resolve) => setImmediate(resolve));
      if (this.#random.chance(5)) await sleep(this.#random.below(10));
    }
  }

  resume() {
    for (const job of this.#jobs) this.#try('resume', () => job.resume());
  }

  close() {
    if (this.#ring) this.#track('ring.close', this.#ring.close());
  }

  async settled(limit) {
    for (const end = performance.now() + limit; this.#open.size && performance.now() < end; )
      await sleep(20);
    return [...this.#open].map(({ what }) => what);
  }
}

async function oneRound(seed) {
  const before = failures.length;
  const random = new Random(seed ^ 0x55555);
  const mode = random.chance(15) ? 'cooperative' : 'threads';
  const runtime = await Runtime.start({
    module,
    workers: 2,
    memory: 2 ** 24,
    mode,
    taskSlots: random.of([8, 64]),
    stackBytes: 65536,
  });
  const unwatch = watchLag(`seed ${seed}`);
  const round = new Round(seed, runtime);
  // All that lies before the heap, and the heap's first blocks: calls, tables, the ring.
  const from = random.chance(80) ? 65536 : 1024;
  const end = round.array.byteOffset + (random.chance(50) ? 0 : 2 ** 17);
  const words = new Uint32Array(round.array.buffer, from, (end - from) / 4);
  const control = new Int32Array(new SharedArrayBuffer(8));
  let other;
  if (random.chance(50)) {
    other = new Worker(new URL('./scribbler.mjs', import.meta.url), {
      workerData: {
        scribbles: true,
        words,
        seed,
        count: 1 + random.below(200),
        every: random.below(4),
        control,
      },
    });
    await new Promise((resolve) => other.once('online', resolve));
  }
  await round.run(new Scribbler(words, seed), random.of([0, 2, 8]) || (other ? 0 : 2));
  Atomics.store(control, 0, 1);
  await other?.terminate();
  round.words += control[1];
  round.resume();
  round.close();
  let left = await round.settled(LIMIT);
  const byClose = left;
  await Promise.race([runtime.terminate(), sleep(LAST)]);
  left = await round.settled(LAST);
  if (left.length) failures.push(`not settled, even by terminate(): ${left}`);
  unwatch();
  const result = { seed, mode, words: round.words, promises: round.promises, byClose };
  const mine = failures.slice(before).map((text) => `seed ${seed}, ${mode}: ${text}`);
  process.stdout.write(`${JSON.stringify({ ...result, failures: mine })}\n`);
}

const [first, rounds] = process.argv.slice(2).map(Number);
for (let seed = first; seed < first + rounds; seed++) await oneRound(seed);
process.exit(0);
