// The examples of Piscina 5's README, as a user of Filch writes them with kernels; their functions
// take any values, kernels take numbers, arrays, and text.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';

import { CancelledError, KernelTrapError, QueueFullError } from '../../../web/index.js';
import { eachBuild, eachMode, Gate, moduleUrl } from '../helpers.mjs';

const script = (name) => new URL(`../../fixtures/plugins/${name}.js`, import.meta.url);
const ADD = { fields: { a: 'value i32', b: 'value i32', sum: 'state i32' } };
const sum = { range: [0, 1], args: { a: 4, b: 6 } };

eachMode(
  'a function in a file of its own can be run when every worker has imported the file',
  async (start, t, mode) => {
    const runtime = await start();
    const began = performance.now();
    await runtime.define('add', script('add'), ADD);
    // In the cooperative mode this process may have the module already.
    if (mode === 'threads')
      assert(performance.now() - began > 50, 'every worker has it, and it sleeps for 60 ms');
    const { state } = await runtime.run('add', sum);
    assert.equal(state.sum, 10);
  },
);

eachMode('one plug-in has several kernels', async (start) => {
  const runtime = await start();
  const { kernels } = await runtime.load(moduleUrl('plugins/kernels.wasm'));
  assert.deepEqual([...kernels].sort(), ['mean', 'scale', 'tribonacci']);
  const numbers = runtime.alloc(Float64Array, 100).fill(2);
  const [mean, { state }] = await Promise.all([
    runtime.reduce('mean', { range: [0, 100], args: { data: numbers } }),
    runtime.run('tribonacci', { args: { n: 22 } }),
  ]);
  assert.deepEqual([mean, state.result], [{ sum: 200, count: 100n }, 121415n]);
});

eachMode('a task is cancelled by an AbortController', async (start) => {
  const runtime = await start();
  await runtime.define('add', script('add'), ADD);
  const abortController = new AbortController();
  const task = runtime.run('add', { ...sum, range: [0, 1e12], signal: abortController.signal });
  abortController.abort();
  await assert.rejects(
    task,
    (error) => error instanceof CancelledError && error.name === 'AbortError',
  );
});

eachMode('a stream feeds the pool, and is paused while the pool is full', async (start) => {
  const runtime = await start({ taskSlots: 4, maxQueue: 'auto' });
  const stream = Readable.from(Array.from({ length: 300 }, (_, i) => i));
  let resumed = 0;
  runtime.addEventListener('drain', () => {
    if (!stream.isPaused()) return;
    resumed++;
    stream.resume();
  });
  const jobs = [];
  stream.on('data', (number) => {
    // There is never a QueueFullError.
    jobs.push(runtime.post('spin', { range: [0, 10], args: { cost: 1000, sum: number } }));
    if (runtime.stats().queued >= 4) stream.pause();
  });
  await new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
  await Promise.all(jobs);
  assert.equal(jobs.length, 300);
  assert(resumed > 5, `${resumed}`);
});

eachBuild('needsDrain is followed by the event drain', async (start) => {
  const runtime = await start({ taskSlots: 2, maxQueue: 'auto', workers: 1 });
  const gate = new Gate(runtime);
  await gate.hold();
  assert.equal(runtime.needsDrain, false);
  const jobs = [gate.post(), gate.post(), gate.post()];
  assert.equal(runtime.needsDrain, true);
  assert.throws(() => gate.post(), QueueFullError);
  const drained = new Promise((resolve) =>
    runtime.addEventListener('drain', resolve, { once: true }),
  );
  gate.open();
  await drained;
  assert.equal(runtime.stats().queued, 0);
  await Promise.all(jobs);
  assert.equal(runtime.needsDrain, false);
});

eachMode('nothing is transferred: a kernel writes where its caller reads', async (start) => {
  const runtime = await start();
  const numbers = runtime.alloc(Float32Array, 1000).fill(2);
  await runtime.load(moduleUrl('plugins/kernels.wasm'));
  await runtime.run('scale', {
    range: [0, 1000],
    args: { data: numbers, factor: 3, operation: 0, power: 0 },
  });
  assert(numbers.every((value) => value === 6));
});

eachBuild("with a queue of the caller's own the most urgent task comes first", async (start) => {
  const urgency = ({ args }) => Number(args.cost);
  const runtime = await start({
    workers: 1,
    taskSlots: 1,
    queueOrder: (a, b) => urgency(b) - urgency(a),
  });
  const gate = new Gate(runtime);
  await gate.hold();
  const order = [];
  const jobs = [3, 1, 5, 2, 4].map((cost) =>
    runtime.post('spin', { range: [0, 1], args: { cost } }).then(() => order.push(cost)),
  );
  gate.open();
  await Promise.all(jobs);
  assert.deepEqual(order, [5, 4, 3, 2, 1]);
});

eachBuild('histograms of run and wait times can be reset', async (start) => {
  const runtime = await start();
  for (let i = 0; i < 20; i++)
    await runtime.run('spin', { range: [0, 20_000], args: { cost: 100 } });
  const { runTime, waitTime, utilization, jobs } = runtime.stats({ reset: true });
  for (const { count, mean, min, max, p50, p99 } of [runTime, waitTime]) {
    assert.equal(count, 20);
    assert(min > 0 && min <= mean && mean <= max && p50 <= p99);
  }
  assert(utilization > 0 && utilization <= 1);
  assert.equal(jobs.done, 20);
  assert.equal(runtime.stats().runTime.count, 0);
});

eachMode(
  'the end of a block closes its runtime',
  async (start) => {
    const runtime = await start();
    const job = runtime.post('forever', { range: [0, 1e15] });
    await runtime[Symbol.asyncDispose]();
    await assert.rejects(job, CancelledError);
  },
  { skip: !Symbol.asyncDispose },
);

eachMode('the error of a kernel reaches its caller', async (start) => {
  const runtime = await start();
  await runtime.define('sum', script('sum'), {
    fields: { data: 'array f64', bad: 'value f64', sum: 'state i32', big: 'state u64' },
  });
  const data = runtime.alloc(Float64Array, 1);
  const task = runtime.run('sum', { range: [0, 1], args: { data, bad: 0 } });
  await assert.rejects(
    task,
    (error) =>
      error instanceof KernelTrapError && /element 0 is 0, seen by worker/.test(error.message),
  );
});
