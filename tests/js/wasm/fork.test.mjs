// Kernels of kind 'fork': no loops, but functions that spawn tasks.
import assert from 'node:assert/strict';

import { ArgumentError, KernelError } from '../../../web/index.js';
import { Gate, eachBuild, eachMode, until } from '../helpers.mjs';

const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));

/** Numbers in no order. */
function shuffled(runtime, n) {
  const [data, scratch] = [runtime.alloc(Uint32Array, n), runtime.alloc(Uint32Array, n)];
  for (let i = 0; i < n; i++) data[i] = Math.imul(i + 1, 2654435761) >>> 0;
  return { data, scratch };
}

eachMode('a fork function gives its result', async (start) => {
  const runtime = await start();
  for (const n of [0, 1, 2, 10, 20, 24]) {
    const result = await runtime.post('fib', { args: { n } });
    assert.deepEqual(result.state, { result: BigInt(fibonacci(n)) });
    assert.equal(result.iterations, 1);
    assert(result.workers.length >= 1);
  }
  assert.equal((await runtime.post('queens', { args: { n: 8 } })).state.solutions, 92n);
  const { integral } = (
    await runtime.post('quadrature', { args: { from: 0, to: 1, tolerance: 1e-9, function: 3 } })
  ).state;
  assert(Math.abs(integral - Math.PI) < 1e-8);
  const args = shuffled(runtime, 100_000);
  const want = args.data.slice().sort();
  await runtime.post('sort', { args });
  assert.deepEqual(args.data.slice(), want);
});

eachMode('a recursion has progress and a status', async (start) => {
  const runtime = await start();
  const job = runtime.post('fib', { args: { n: 33 } });
  assert.equal(job.progress, 0);
  await until(() => job.status !== 'queued');
  const result = await job;
  assert.equal(job.status, 'done');
  assert.equal(job.progress, 1);
  assert.equal(result.total, undefined);
});

eachMode('many recursions run at a time, with few slots, and loops among them', async (start) => {
  for (const taskSlots of [1, 2, 16]) {
    const runtime = await start({ taskSlots });
    const visits = runtime.alloc(Uint32Array, 5000);
    const visit = (i) => runtime.post('visit', { range: [83 * i, 83 * (i + 3)], args: { visits } });
    const fib = (i) => runtime.post('fib', { args: { n: 10 + (i % 8) } });
    const jobs = Array.from({ length: 60 }, (_, i) => (i % 3 ? fib(i) : visit(i)));
    const results = await Promise.all(jobs);
    for (const [i, { state }] of results.entries())
      if (i % 3) assert.equal(state.result, BigInt(fibonacci(10 + (i % 8))));
    assert(visits.subarray(0, 83 * 60).every((n) => n === 1));
    await runtime.close();
  }
});

eachMode(
  'a job that is as urgent as a tree, or more so, does not wait for the end of the tree',
  async (start) => {
    const runtime = await start({ workers: 1 });
    const tree = runtime.post('fib', { args: { n: 60 } });
    await runtime.post('empty', { range: [0, 10] }); // posted before a worker can begin the tree
    await until(() => tree.status === 'running');
    for (const priority of ['high', 'normal', 'high', 'normal']) {
      await runtime.post('empty', { range: [0, 10], priority });
      assert.equal(tree.status, 'running');
    }
    tree.cancel();
    await assert.rejects(tree, { name: 'AbortError' });
  },
);

eachMode(
  'many trees, or a tree whose priority changes, do not keep an urgent job waiting',
  async (start) => {
    const runtime = await start({ workers: 2 });
    const trees = [];
    for (let i = 0; i < 30; i++) {
      trees.push(runtime.post('fib', { args: { n: 60 } }));
      await runtime.post('empty', { range: [0, 10], priority: i % 2 ? 'normal' : 'high' });
    }
    for (let i = 0; i < 50; i++) {
      trees[0].priority = i % 2 ? 'low' : 'normal';
      await runtime.post('empty', { range: [0, 10], priority: i % 3 ? 'normal' : 'high' });
    }
    assert(trees.every((tree) => tree.status !== 'done'));
    for (const tree of trees) {
      // The others go on meanwhile.
      tree.cancel();
      await assert.rejects(tree, { name: 'AbortError' });
    }
  },
);

eachMode('a fork function may run loops', async (start) => {
  const runtime = await start();
  const [width, height, steps] = [50, 40, 9];
  const plate = width * height;
  const grid = runtime.alloc(Float64Array, 2 * plate);
  const first = (x, y) => (x * 7 + y * 13) % 11;
  for (let i = 0; i < plate; i++) grid[i] = first(i % width, Math.floor(i / width));
  let now = grid.slice(0, plate);
  for (let step = 0; step < steps; step++) {
    const next = now.slice();
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const i = y * width + x;
        next[i] = 0.25 * (now[i - 1] + now[i + 1] + now[i - width] + now[i + width]);
      }
    }
    now = next;
  }
  const { state, iterations } = await runtime.post('stencil', {
    args: { grid, width, height, steps },
  });
  assert.equal(state.step, steps);
  assert.equal(iterations, 1);
  assert.deepEqual(grid.slice((steps % 2) * plate, (1 + (steps % 2)) * plate), now);
});

eachMode('a recursion is paused and resumed', async (start) => {
  const runtime = await start();
  const job = runtime.post('fib', { args: { n: 30 } });
  while (job.status !== 'done') {
    await job.pause();
    job.resume();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await job).state.result, BigInt(fibonacci(30)));
  // This job takes seconds, so it does not end before its cancel.
  const long = runtime.post('fib', { args: { n: 45 } });
  for (let round = 0; round < 40; round++) {
    // The cancelled tree keeps no slot from other jobs.
    await long.pause();
    assert.equal(long.status, 'paused');
    assert.equal((await runtime.post('empty', { range: [0, 10] })).iterations, 10);
    long.resume();
    await new Promise((resolve) => setImmediate(resolve));
  }
  long.cancel();
  await assert.rejects(long, { code: 'CANCELLED' });
});

eachMode(
  'a recursion is cancelled, times out, has a priority, and has dependencies',
  async (start) => {
    const runtime = await start({ taskSlots: 32 });
    const long = () => runtime.post('fib', { args: { n: 45 }, timeout: 10_000 });
    const job = long();
    await until(() => job.status === 'running');
    job.priority = 'low';
    assert.equal(job.priority, 'low');
    assert.equal((await runtime.post('fib', { args: { n: 10 } })).state.result, 55n);
    const next = runtime.post('fib', { args: { n: 10 }, after: job });
    job.cancel('enough');
    await assert.rejects(job, { code: 'CANCELLED', reason: 'enough', iterations: 0 });
    await assert.rejects(next, { code: 'DEPENDENCY_FAILED', dependency: job.id });
    await assert.rejects(runtime.post('queens', { args: { n: 16 }, timeout: 50 }), {
      code: 'TIMEOUT',
    });
    const first = runtime.post('fib', { args: { n: 20 } });
    assert.equal((await runtime.post('fib', { args: { n: 12 }, after: first })).state.result, 144n);
    assert.equal(first.status, 'done');
    const paused = long();
    await paused.pause();
    paused.cancel();
    await assert.rejects(paused, { code: 'CANCELLED' });
    // All slots are free again.
    await Promise.all(Array.from({ length: 64 }, () => runtime.post('empty', { range: [0, 1] })));
  },
);

eachMode('a fork function fails with a code of its own', async (start) => {
  const runtime = await start();
  await assert.rejects(
    runtime.post('queens', { args: { n: 17 } }),
    (e) =>
      e instanceof KernelError &&
      e.failure === 1 &&
      `${e.range}` === '0,1' &&
      /"queens"\) failed: the kernel/.test(e.message),
  );
  await assert.rejects(
    runtime.post('quadrature', { args: { from: 0, to: 1, tolerance: 1, function: 9 } }),
    { failure: 2 },
  );
  const [data, scratch] = [runtime.alloc(Uint32Array, 10), runtime.alloc(Uint32Array, 9)];
  await assert.rejects(runtime.post('sort', { args: { data, scratch } }), {
    code: 'KERNEL_FAILED',
    failure: 1,
  });
});

eachMode('close() ends running recursions', async (start) => {
  const runtime = await start({ taskSlots: 8 });
  const jobs = Array.from({ length: 12 }, () => runtime.post('fib', { args: { n: 50 } }));
  await until(() => jobs.some((job) => job.status === 'running'));
  await runtime.close();
  for (const job of jobs)
    await assert.rejects(job, { code: 'CANCELLED', reason: 'runtime closed' });
});

eachBuild('a worker that dies fails the jobs that it runs', async (start) => {
  const runtime = await start();
  const job = runtime.post('fib', { args: { n: 50 } });
  await until(() => job.status === 'running');
  runtime.replaceWorker(0);
  runtime.replaceWorker(1);
  await assert.rejects(job, { code: 'WORKER_LOST' });
  assert.equal((await runtime.post('fib', { args: { n: 20 } })).state.result, 6765n);
  const gate = new Gate(runtime);
  gate.open();
  await Promise.all(Array.from({ length: 300 }, () => gate.post()));
});

eachBuild(
  'fork kernels are described, and options that they do not have are refused',
  async (start) => {
    const runtime = await start();
    assert.deepEqual(runtime.kernels.fib, {
      kind: 'fork',
      fields: { n: { role: 'value', type: 'u32' }, result: { role: 'state', type: 'u64' } },
    });
    for (const [options, what] of [
      [{ range: [0, 1] }, '"range"'],
      [{ range: 'x' }, '"range"'],
      [{ grain: 1 }, '"grain"'],
    ]) {
      assert.throws(
        () => runtime.post('fib', { args: { n: 3 }, ...options }),
        (e) =>
          e.constructor === ArgumentError &&
          e.message.includes(what) &&
          /"fib" is of kind "fork" and has no/.test(e.message),
      );
    }
    assert.throws(
      () => runtime.post('fib', { args: { n: 3 }, deterministic: true }),
      /is for reductions/,
    );
    assert.equal(
      (await runtime.post('fib', { range: undefined, args: { n: 10 } })).state.result,
      55n,
    );
  },
);
