// close(), in every state, and two runtimes beside each other.
import assert from 'node:assert/strict';

import { CancelledError, ClosedError, ForeignMemoryError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, eachMode, inProcess, until } from '../helpers.mjs';

const closed = (job) =>
  assert.rejects(
    job,
    (error) =>
      error instanceof CancelledError &&
      error.reason === 'runtime closed' &&
      /runtime closed/.test(error.message),
  );

const WASM = { 'content-type': 'application/wasm' };

eachBuild('close() of an idle runtime does not wait for its time limit', async (start) => {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const runtime = await start();
    const began = performance.now();
    await runtime.close();
    times.push(performance.now() - began);
    assert.equal(runtime.workers.running, 0);
  }
  assert(Math.min(...times) < 500, `${times} ms`);
});

eachBuild('close() cancels jobs that run, wait for a worker, or wait for a slot', async (start) => {
  const runtime = await start({ taskSlots: 4 });
  const jobs = Array.from({ length: 20 }, () => runtime.post('forever', { range: ENDLESS }));
  await until(() => jobs.some((job) => job.progress > 0));
  const began = performance.now();
  const closing = runtime.close();
  assert.equal(jobs[19].status, 'cancelled');
  await Promise.all(jobs.map(closed));
  await closing;
  assert(performance.now() - began < 5000);
  assert(jobs.every((job) => job.status === 'cancelled'));
  assert(
    jobs.some((job) => job.progress > 0),
    'a closed runtime still tells how far they came',
  );
});

eachBuild('a reason that was given before close() is kept', async (start) => {
  const runtime = await start();
  const job = runtime.post('forever', { range: ENDLESS });
  job.cancel('mine');
  await runtime.close();
  await assert.rejects(job, { reason: 'mine' });
});

eachBuild('close() terminates the thread of a kernel that does not return', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  const jobs = await gate.hold(2);
  const began = performance.now();
  await runtime.close();
  const ms = performance.now() - began;
  assert(ms > 500 && ms < 10_000, `${ms} ms`);
  await Promise.all(jobs.map(closed));
});

eachBuild(
  'the error of a job whose kernel does not return says how far the job came',
  async (start) => {
    const runtime = await start({ workers: 1 });
    const gate = new Gate(runtime);
    const job = runtime.post('gate', { range: [0, 2 ** 40], args: { gate: gate.words } });
    gate.open();
    await until(() => job.progress > 0);
    gate.shut();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { progress } = job;
    await runtime.close();
    await closed(job);
    assert.equal(job.progress, progress);
    assert.equal((await job.catch((error) => error)).iterations, progress * 2 ** 40);
  },
);

eachBuild('close() while jobs settle', async (start) => {
  for (let i = 0; i < 10; i++) {
    const runtime = await start();
    const jobs = Array.from({ length: 600 }, () => runtime.post('empty', { range: [0, 10] }));
    if (i % 2) await jobs[i];
    await runtime.close();
    for (const job of jobs) assert(['done', 'cancelled'].includes(job.status), job.status);
  }
});

eachBuild('close() after every job has settled', async (start) => {
  const runtime = await start();
  await runtime.post('empty', { range: [0, 1] });
  const began = performance.now();
  await runtime.close();
  assert(performance.now() - began < 5000);
});

eachBuild('close() right after a worker died', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  const jobs = await gate.hold(2);
  runtime.replaceWorker(0);
  await runtime.close();
  await Promise.allSettled(jobs);
  assert(jobs.every((job) => ['cancelled', 'failed'].includes(job.status)));
});

eachBuild('a second close() returns the same promise', async (start) => {
  const runtime = await start();
  const closing = runtime.close();
  assert.equal(runtime.close(), closing);
  await closing;
  assert.equal(runtime.close(), closing);
});

eachBuild(
  'after close() every call is refused, and properties can still be read',
  async (start) => {
    const runtime = await start();
    const array = runtime.alloc(Uint32Array, 8);
    await runtime.post('visit', { range: [0, 8], args: { visits: array } });
    const closing = runtime.close();
    for (const call of [
      () => runtime.post('empty', { range: [0, 1] }),
      () => runtime.alloc(Uint8Array, 8),
      () => runtime.free(array),
      () => runtime.replaceWorker(0),
    ]) {
      assert.throws(
        call,
        (e) => e instanceof ClosedError && e.code === 'STOPPED' && /closed/.test(e.message),
      );
    }
    await closing;
    assert.throws(() => runtime.post('empty', { range: [0, 1] }), ClosedError);
    assert.equal(array[7], 1);
    assert.equal(
      runtime.stats().workers.reduce((sum, worker) => sum + worker.iterations, 0),
      8,
    );
    assert.equal(runtime.memory.used, 64);
  },
);

eachBuild(
  'Symbol.asyncDispose closes the runtime',
  async (start) => {
    const runtime = await start();
    await runtime[Symbol.asyncDispose]();
    assert.throws(() => runtime.alloc(Uint8Array, 1), ClosedError);
  },
  { skip: !Symbol.asyncDispose },
);

eachBuild('a closed runtime lets go of its memory', async (start, t, file) => {
  const { code, stdout, stderr } = await inProcess(
    `
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    for (let i = 0; i < 6; i++) {
      const runtime = await start();
      registry.register(runtime.alloc(Uint8Array, 1).buffer, i);
      await runtime.post('empty', { range: [0, 1] });
      await runtime.close();
    }
    for (let i = 0; i < 100 && collected < 5; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 10)); }
    console.log(collected >= 5);
    `,
    { file, flags: ['--expose-gc'] },
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'true');
});

eachBuild('two runtimes are independent', async (start) => {
  const [a, b] = [await start(), await start({ workers: 1 })];
  const gate = new Gate(a);
  const held = await gate.hold(2);
  const visits = b.alloc(Uint32Array, 1e5);
  await b.post('visit', { range: [0, 1e5], args: { visits } });
  assert(visits.every((n) => n === 1));
  assert.throws(() => a.post('visit', { range: [0, 1], args: { visits } }), ForeignMemoryError);
  assert.throws(() => a.free(visits), ForeignMemoryError);
  const [ofA, ofB] = [a, b].map((r) => r.post('forever', { range: ENDLESS }));
  assert.equal(ofA.id, 3);
  assert.equal(ofB.id, 2);
  await b.close();
  await closed(ofB);
  assert.equal(ofA.status, 'queued');
  gate.open();
  await Promise.all(held);
  ofA.cancel();
  await assert.rejects(ofA);
  assert.equal(a.stats().workers.length, 2);
});

eachBuild('one module, many runtimes, at the same time', async (start) => {
  const runtimes = await Promise.all(Array.from({ length: 4 }, () => start()));
  const sums = await Promise.all(
    runtimes.map((r) => r.post('spin', { range: [0, 5000], args: { cost: 50 } })),
  );
  assert(sums.every(({ state }) => state.sum === sums[0].state.sum));
  await Promise.all(runtimes.map((r) => r.close()));
});

eachMode('close({ drain: true }) waits for a call whose module is still to come', async (start) => {
  const runtime = await start();
  const module = new URL(
    '../../fixtures/modules/foreign.js?in=all&at=slow&ms=200',
    import.meta.url,
  );
  const call = runtime.call(module, 'answer');
  const closed = runtime.close({ drain: true });
  assert.equal(await call, 1);
  await closed;
});

eachMode('close() ends a load() whose bytes never come', async (start) => {
  const runtime = await start();
  const load = runtime.load(new Response(new ReadableStream(), { headers: WASM }));
  const refused = assert.rejects(load, { code: 'STOPPED' });
  await runtime.run('empty', { range: [0, 1] });
  await runtime.close();
  await refused;
});
