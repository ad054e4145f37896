// Reductions: the result of a loop, combined from the results of its parts.
import assert from 'node:assert/strict';

import { ArgumentError, OutOfMemoryError } from '../../../web/index.js';
import { Gate, eachBuild, eachMode, until } from '../helpers.mjs';

/** Numbers whose sum depends on the order of rounding. */
function rough(runtime, n, seed = 1) {
  const [a, b] = [runtime.alloc(Float64Array, n), runtime.alloc(Float64Array, n)];
  let x = seed;
  for (let i = 0; i < n; i++) {
    x = (x * 48271) % 0x7fffffff;
    a[i] = (x / 2 ** 31 - 0.5) * 10 ** (x % 12);
    b[i] = 1 / (1 + (x % 1000));
  }
  return { a, b };
}

eachMode('the result of a reduction may be a number', async (start) => {
  const runtime = await start();
  const n = 200_000;
  const [a, b] = [
    runtime.alloc(Float64Array, n).fill(3),
    runtime.alloc(Float64Array, n).map((_, i) => i),
  ];
  const data = { a: a.fill(3), b: runtime.alloc(Float64Array, n) };
  data.b.set(b);
  for (const deterministic of [undefined, false, true]) {
    const result = await runtime.post('dot', { range: [0, n], args: data, deterministic });
    assert.deepEqual(Object.keys(result), ['iterations', 'workers', 'times', 'state', 'total']);
    assert.deepEqual(result.total, { sum: (3 * n * (n - 1)) / 2 });
    assert.equal(result.iterations, n);
    const part = await runtime.post('dot', { range: [1000, 1003], args: data, deterministic });
    assert.equal(part.total.sum, 3 * 3003);
  }
  assert.equal((await runtime.post('empty', { range: [0, 1] })).total, undefined);
});

eachMode("the result of a reduction may be an array, a copy of the caller's own", async (start) => {
  const runtime = await start();
  const data = runtime.alloc(Uint8Array, 300_001);
  for (let i = 0; i < data.length; i++) data[i] = (i * i) >> 3;
  const want = new Uint32Array(256);
  for (const byte of data) want[byte]++;
  const totals = [];
  for (let i = 0; i < 6; i++) {
    const options = { deterministic: i % 2 === 1, grain: i > 3 ? 100 : undefined };
    totals.push(
      (await runtime.post('histogram', { range: [0, data.length], args: { data }, ...options }))
        .total,
    );
  }
  for (const { bins } of totals) {
    assert(bins instanceof Uint32Array && bins.buffer instanceof ArrayBuffer);
    assert.deepEqual(bins, want);
  }
});

eachMode(
  'the result of a reduction may have several fields, and 64-bit integers are BigInts',
  async (start) => {
    const runtime = await start();
    const inside = async (deterministic, range = [0, 100_000]) =>
      (await runtime.post('pi', { range, args: { seed: 12345n }, deterministic })).total.inside;
    const all = await inside(false);
    assert.equal(typeof all, 'bigint');
    assert(Math.abs(Number(all) / 25_000 - Math.PI) < 0.05);
    assert.equal(await inside(true), all);
    assert.equal((await inside(true, [0, 33_333])) + (await inside(false, [33_333, 100_000])), all);
    assert(
      (await inside(true, [2 ** 53 - 100, 2 ** 53 - 1])) <= 99n,
      'the last range that there is',
    );

    const points = runtime.alloc(Float32Array, 2000);
    for (let i = 0; i < 1000; i++) points.set(i % 4 ? [10, i % 7] : [-10, 1], 2 * i);
    const centres = runtime.alloc(Float32Array, 4);
    centres.set([-10, 0, 10, 3]);
    const labels = runtime.alloc(Uint8Array, 1000);
    const { total } = await runtime.post('kmeans', {
      range: [0, 1000],
      args: { points, centres, labels },
      deterministic: true,
    });
    assert.deepEqual([...total.counts.subarray(0, 3)], [250, 750, 0]);
    assert.deepEqual([...total.sums.subarray(0, 2)], [-2500, 250]);
    assert(total.sums instanceof Float64Array && total.sums.length === 32 && total.distance > 0);
    assert(labels.every((label, i) => label === Number(i % 4 > 0)));
  },
);

eachBuild(
  'a deterministic reduction gives the same bits, whichever worker runs which chunk',
  async (start) => {
    const n = 100_000;
    const sums = new Set();
    const fast = new Set();
    for (const options of [
      { workers: 1 },
      { workers: 2 },
      { workers: 4 },
      { mode: 'cooperative', frameBudget: 1 },
    ]) {
      const runtime = await start(options);
      const args = rough(runtime, n);
      const noise = runtime.post('spin', { range: [0, 3000], args: { cost: 20_000 } });
      for (const grain of [undefined, 1, 7, 1000, 2 ** 32 - 1]) {
        const job = runtime.post('dot', { range: [3, n], args, deterministic: true, grain });
        fast.add((await runtime.post('dot', { range: [3, n], args, grain })).total.sum);
        sums.add((await job).total.sum);
      }
      noise.cancel();
      await noise.catch(() => {});
      await runtime.close();
    }
    assert.equal(sums.size, 1, `${[...sums]}`);
    const [sum] = sums;
    for (const other of fast) assert(Math.abs(other - sum) <= Math.abs(sum) * 1e-6);
  },
);

eachMode('a reduction of no iterations gives the initial value', async (start) => {
  const runtime = await start();
  const [a, data] = [runtime.alloc(Float64Array, 1), runtime.alloc(Uint8Array, 1)];
  for (const deterministic of [false, true]) {
    const result = await runtime.post('dot', { range: [7, 7], args: { a, b: a }, deterministic });
    assert.deepEqual(result.total, { sum: 0 });
    assert.equal(result.iterations, 0);
    const { total } = await runtime.post('histogram', {
      range: [0, 0],
      args: { data },
      deterministic,
    });
    assert(total.bins.every((n) => n === 0));
  }
});

eachMode('a reduction is paused and resumed', async (start) => {
  const runtime = await start();
  const n = 200_000;
  const args = rough(runtime, n);
  const want = (await runtime.post('dot', { range: [0, n], args, deterministic: true })).total.sum;
  for (let round = 0; round < 5; round++) {
    const job = runtime.post('dot', { range: [0, n], args, deterministic: true, grain: 200 });
    while (job.progress < 1) {
      await job.pause();
      job.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await job).total.sum, want);
  }
});

eachMode('the accumulators of a reduction are freed, whatever its end', async (start) => {
  const runtime = await start({ taskSlots: 4, memory: 2 ** 25 });
  const data = runtime.alloc(Uint8Array, 1000);
  const { used } = runtime.memory;
  const post = (end, options) =>
    runtime.post('histogram', { range: [0, end], args: { data }, ...options });
  for (const deterministic of [false, true]) {
    const jobs = Array.from({ length: 15 }, (_, i) =>
      post(i % 10 ? 1000 : 1001, { deterministic }),
    );
    assert(runtime.memory.used >= used + 15 * 1024);
    for (const job of jobs.filter((_, i) => i % 3 === 0)) job.cancel();
    for (const [i, job] of jobs.entries()) {
      const error = await job.then(
        () => undefined,
        (e) => e,
      );
      if (i % 10 && i % 3) assert.equal(error, undefined);
      assert([undefined, 'CANCELLED', 'KERNEL_FAILED'].includes(error?.code));
    }
    await post(10, { deterministic, signal: AbortSignal.abort() }).catch(() => {});
    await post(10, { deterministic, after: jobs[0] }).catch(() => {});
    assert.equal(runtime.memory.used, used);
  }
  const jobs = Array.from({ length: 10 }, () => post(1000));
  await runtime.close();
  await Promise.allSettled(jobs);
  assert.equal(runtime.memory.used, used);
});

eachBuild('without memory for accumulators nothing is posted', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 2, maxQueue: 3 });
  const data = runtime.alloc(Uint8Array, 1000);
  const rest = [];
  for (let size = 2 ** 24; size >= 64; size /= 2) {
    try {
      for (;;) rest.push(runtime.alloc(Uint8Array, size));
    } catch (error) {
      assert(error instanceof OutOfMemoryError);
    }
  }
  const { used } = runtime.memory;
  const post = () =>
    runtime.post('histogram', { range: [0, 1000], args: { data }, deterministic: true });
  assert.throws(post, (error) => {
    assert(error instanceof OutOfMemoryError && error.size >= 1024);
    return /kernel "histogram": accumulators of \d+ bytes/.test(error.message);
  });
  assert.equal(runtime.memory.used, used);
  for (const array of rest) runtime.free(array);
  assert.equal((await post()).total.bins[0], 1000);
  assert.equal(runtime.memory.used, 1024);

  // A post that the full queue refuses keeps no accumulator.
  const held = new Gate(runtime);
  const [first] = await held.hold(1);
  const jobs = [post(), post(), post(), post()];
  const before = runtime.memory.used;
  assert.throws(post, { code: 'QUEUE_FULL' });
  assert.equal(runtime.memory.used, before);
  held.open();
  await Promise.all([first, ...jobs]);
});

eachBuild('an accumulator cannot be posted as an argument', async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const data = runtime.alloc(Uint8Array, 64);
  const job = runtime.post('histogram', { range: [0, 64], args: { data } });
  const view = new Uint8Array(data.buffer, data.byteOffset + 64, 64);
  assert.throws(() => runtime.post('histogram', { range: [0, 1], args: { data: view } }), {
    code: 'FOREIGN_MEMORY',
  });
  gate.open();
  await Promise.all([held, job]);
});

eachBuild(
  'reductions are described, and options that they do not have are refused',
  async (start) => {
    const runtime = await start();
    const { dot, histogram, empty, kmeans } = runtime.kernels;
    assert.deepEqual([dot.kind, dot.total], ['parallel', { sum: { type: 'f64' } }]);
    assert.deepEqual(histogram.total, { bins: { type: 'u32', length: 256 } });
    assert.deepEqual(Object.keys(kmeans.total), ['sums', 'counts', 'distance']);
    assert(!('total' in empty) && Object.isFrozen(dot.total) && Object.isFrozen(dot.total.sum));
    for (const deterministic of [true, false]) {
      assert.throws(
        () => runtime.post('empty', { range: [0, 1], deterministic }),
        (e) =>
          e.constructor === ArgumentError &&
          /"deterministic" .* is for reductions, and kernel "empty" is none/.test(e.message),
      );
    }
    const [a, b] = [runtime.alloc(Float64Array, 1), runtime.alloc(Float64Array, 1)];
    for (const deterministic of [1, 'yes', null, {}]) {
      assert.throws(
        () => runtime.post('dot', { range: [0, 1], args: { a, b }, deterministic }),
        (e) =>
          e.constructor === ArgumentError &&
          /"deterministic" of post\(\) must be true or false/.test(e.message),
      );
    }
  },
);

eachBuild('a worker that dies fails its reduction, and no memory is lost', async (start) => {
  const runtime = await start({ workers: 2 });
  const gate = new Gate(runtime);
  const n = 2 ** 20;
  const args = { a: runtime.alloc(Float64Array, 1), b: runtime.alloc(Float64Array, 1) };
  const { used } = runtime.memory;
  const [held] = await gate.hold(1);
  const job = runtime.post('pi', { range: [0, 2 ** 40], args: { seed: 1 } });
  await until(() => job.progress > 0);
  runtime.replaceWorker(0);
  runtime.replaceWorker(1);
  await assert.rejects(job, { code: 'WORKER_LOST' });
  await assert.rejects(held, { code: 'WORKER_LOST' });
  assert.equal(runtime.memory.used, used);
  assert.equal((await runtime.post('pi', { range: [0, n], args: { seed: 1 } })).iterations, n);
  runtime.free(args.a);
});
