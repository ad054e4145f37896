// save() and restore(): a job goes on where another one was.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { CancelledError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, eachMode, halfway, until } from '../helpers.mjs';

/** Other runtimes to go on in. */
const elsewhere = [{ workers: 1 }, { workers: 3, taskSlots: 1 }, { mode: 'cooperative' }];

eachMode('a parallel loop runs each iteration once, in both runtimes', async (start) => {
  const runtime = await start();
  const n = 2e6;
  const visits = runtime.alloc(Uint32Array, n);
  const { job } = await halfway(() =>
    runtime.post('visit', { range: [0, n], args: { visits: visits.fill(0) }, grain: 1000 }),
  );
  const saves = [await job.save()];
  job.resume();
  const more = await job.save().catch(() => undefined);
  if (more) saves.push(more);
  assert.equal((await job).iterations, n);
  assert(
    visits.every((count) => count === 1),
    'the job itself goes on',
  );
  for (const saved of saves) {
    for (const options of elsewhere) {
      const other = await start(options);
      const again = other.restore(saved);
      assert.equal(again.kernel, 'visit');
      assert(again.progress > 0);
      assert.equal((await again).iterations, n);
      assert.equal(again.progress, 1);
      assert(
        again.args.visits instanceof Uint32Array && again.args.visits.every((count) => count === 1),
      );
      other.free(again.args.visits);
      assert.equal(other.memory.used, 0);
      await other.close();
    }
  }
});

eachMode('a sequential loop keeps its order, and its state', async (start) => {
  const runtime = await start();
  const post = () => runtime.post('iterate', { range: [0, 100_000], args: { cost: 500 } });
  const { state } = await post();
  let job = post();
  for (let round = 0; round < 5; round++) {
    await until(() => job.progress > 0.1 * round);
    const saved = await job.save();
    job.cancel();
    await assert.rejects(job, CancelledError);
    job = runtime.restore(saved);
  }
  assert.deepEqual((await job).state, state);
});

eachMode('arguments, state, and left-out options are restored', async (start) => {
  const runtime = await start({ frameBudget: 1 });
  const costs = runtime.alloc(Uint32Array, 100);
  costs.set([30_000, 1000, 40_000, 1, 5000]);
  const given = [
    [2000, undefined, 2n ** 64n - 5n],
    [7, costs],
    [7, costs.subarray(2, 5)],
    [2000, costs.subarray(100)],
  ];
  for (const [cost, table, sum] of given) {
    const args = { cost, ...(table && { costs: table }), ...(sum && { sum }) };
    const post = () => runtime.post('spin', { range: [10, 20_010], args, grain: 5 });
    const { state } = await post();
    const { job } = await halfway(post);
    const again = runtime.restore(await job.save());
    job.resume();
    assert.deepEqual((await again).state, state);
    assert.deepEqual((await job).state, state);
    assert.equal(again.args.cost, args.cost);
    assert.deepEqual(again.args.costs?.slice(), args.costs?.slice());
    if (again.args.costs) {
      assert.notEqual(again.args.costs.byteOffset, args.costs.byteOffset);
      runtime.free(again.args.costs);
    }
  }
  assert.equal(runtime.memory.used, 448);
});

eachBuild('arrays that overlap, and numbers of every kind, are restored', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 1 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const bytes = runtime.alloc(Uint8ClampedArray, 1000);
  bytes.fill(7);
  const given = { width: 8, height: 8, cx: NaN, cy: -0, scale: Infinity, limit: 2 ** 32 - 1 };
  const arrays = {
    out: bytes.subarray(0, 256),
    owners: new Uint8Array(bytes.buffer, bytes.byteOffset + 300, 8),
  };
  const job = runtime.post('mandelbrot', { range: [2, 5], args: { ...arrays, ...given } });
  const saved = await job.save();
  assert.equal(job.status, 'queued');
  bytes.fill(8);
  const other = await start();
  const again = other.restore(saved);
  const { out, owners, ...numbers } = again.args;
  assert(
    out instanceof Uint8ClampedArray &&
      owners instanceof Uint8Array &&
      out.buffer === owners.buffer,
  );
  assert.equal(owners.byteOffset, out.byteOffset + 300);
  assert.deepEqual(numbers, given);
  await again;
  assert.deepEqual(
    [...owners],
    [7, 7, 1, 1, 1, 7, 7, 7].map((mark, i) => (mark === 1 ? owners[i] : 7)),
  );
  assert(owners.subarray(2, 5).every((owner) => owner === 1 || owner === 2));
  assert(
    out.subarray(0, 64).every((byte) => byte === 7),
    'rows that were not to be run stay as they were',
  );
  other.free(owners);
  assert.throws(() => other.free(out), { code: 'FREED_MEMORY' });
  assert.equal(other.memory.used, 0);
  gate.open();
  await Promise.all([held, job]);
});

eachMode('a job that has not begun, and a job of no iterations, can be saved', async (start) => {
  const runtime = await start({ taskSlots: 2 });
  const visits = runtime.alloc(Uint32Array, 100);
  const jobs = [0, 1, 2, 3].map(() => runtime.post('visit', { range: [0, 100], args: { visits } }));
  const pausing = jobs.map((job) => job.pause());
  const empty = runtime.post('visit', { range: [5, 5], args: { visits } });
  pausing.push(empty.pause());
  await Promise.all(pausing);
  const saves = await Promise.all(
    [...jobs, empty].filter((job) => job.status === 'paused').map((job) => job.save()),
  );
  const other = await start();
  for (const saved of saves) {
    const again = other.restore(saved);
    assert([0, 100].includes((await again).iterations));
    other.free(again.args.visits);
  }
  for (const job of [...jobs, empty]) job.resume();
  await Promise.all([...jobs, empty]);
  assert(visits.every((count) => count === 4));
});

eachMode('a saved job stays paused if it was paused, and goes on if not', async (start) => {
  const runtime = await start();
  const job = runtime.post('forever', { range: ENDLESS });
  await until(() => job.progress > 0);
  const [one, two] = await Promise.all([job.save(), job.save()]);
  assert.deepEqual(one, two);
  const { progress } = job;
  await until(() => job.progress > progress);
  await job.pause();
  const [three, four] = await Promise.all([job.save(), job.save()]);
  assert.deepEqual(three, four);
  assert.equal(job.status, 'paused');
  const rest = job.progress;
  await sleep(20);
  assert.equal(job.progress, rest);
  const saving = job.save();
  job.resume();
  assert.deepEqual(await saving, three, 'resumed meanwhile');
  await until(() => job.progress > rest);
  const again = runtime.restore(three);
  assert(again.progress >= rest, `${again.progress} < ${rest}`); // a worker may have begun it
  await until(() => again.progress > rest);
  for (const each of [job, again]) {
    each.cancel();
    await assert.rejects(each, CancelledError);
  }
});

eachBuild('a restored job that waits can be saved', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 1 });
  const n = 1e6;
  const visits = runtime.alloc(Uint32Array, n);
  const { job } = await halfway(() =>
    runtime.post('visit', { range: [0, n], args: { visits: visits.fill(0) }, grain: 100 }),
  );
  let saved = await job.save();
  job.resume();
  await job;
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const { used } = runtime.memory;
  for (let round = 0; round < 3; round++) {
    const again = runtime.restore(saved);
    const next = await again.save();
    assert.deepEqual(next, saved);
    saved = next;
    again.cancel();
    await assert.rejects(again, CancelledError);
    runtime.free(again.args.visits);
    assert.equal(runtime.memory.used, used);
  }
  gate.open();
  await held;
  const last = runtime.restore(saved);
  await last;
  assert(last.args.visits.every((count) => count === 1));
});

eachBuild('a deterministic reduction comes to the same bits', async (start) => {
  const runtime = await start();
  const n = 300_000;
  const args = { a: runtime.alloc(Float64Array, n), b: runtime.alloc(Float64Array, n) };
  for (let i = 0; i < n; i++) {
    args.a[i] = Math.sin(i) * 10 ** (i % 9);
    args.b[i] = Math.cos(i * i);
  }
  const range = [17, n];
  const want = (await runtime.post('dot', { range, args, deterministic: true })).total.sum;
  const post = () => runtime.post('dot', { range, args, deterministic: true, grain: 5 });
  for (let round = 0; round < 4; round++) {
    const { job } = await halfway(post);
    const saved = await job.save();
    job.resume();
    assert.equal((await job).total.sum, want);
    for (const options of elsewhere) {
      const other = await start(options);
      const again = other.restore(saved, { grain: 1000 });
      assert(again.progress > 0);
      const result = await again;
      assert.equal(result.total.sum, want);
      assert.equal(result.iterations, n - 17);
      other.free(again.args.a);
      other.free(again.args.b);
      assert.equal(other.memory.used, 0);
      await other.close();
    }
  }
});
