// cancel() and signals, of jobs that wait, run, or have settled.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';

import { CancelledError, JobError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, until } from '../helpers.mjs';

const isCancelled = (reason) => (error) => {
  assert(error instanceof CancelledError && error instanceof JobError);
  assert.equal(error.name, 'AbortError');
  assert.equal(error.code, 'CANCELLED');
  assert.equal(error.reason, reason);
  return true;
};

eachBuild('a cancelled loop stops after a whole chunk, and the worker lives', async (start) => {
  const runtime = await start();
  const job = runtime.post('forever', { range: ENDLESS });
  await until(() => job.progress > 0);
  const began = performance.now();
  job.cancel('enough');
  job.cancel('a second time');
  const error = await job.catch((e) => e);
  const ms = performance.now() - began;
  assert(isCancelled('enough')(error));
  assert.match(
    error.message,
    /job 1 \(kernel "forever"\) was cancelled after \d+ of 9007199254740991 iterations: "enough"/,
  );
  assert(error.iterations > 0);
  assert.equal(error.cause, 'enough');
  assert(ms < 2000, `${ms} ms`);
  assert.deepEqual(runtime.workers, { asked: 2, running: 2, reason: '' });
  const visits = runtime.alloc(Uint32Array, 1e5);
  await runtime.post('visit', { range: [0, 1e5], args: { visits } });
  assert(visits.every((n) => n === 1));
});

eachBuild('a cancelled job counts the iterations that ran', async (start) => {
  const runtime = await start();
  const visits = runtime.alloc(Uint32Array, 3e6);
  for (let i = 0; i < 20; i++) {
    visits.fill(0);
    const job = runtime.post('visit', { range: [0, 3e6], args: { visits } });
    await new Promise((resolve) => setTimeout(resolve, i % 4));
    job.cancel();
    const { iterations } = await job.catch((e) => e);
    let ran = 0;
    for (const n of visits) {
      assert(n <= 1);
      ran += n;
    }
    assert.equal(iterations, ran);
  }
});

eachBuild('a job is cancelled before its begin', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 4 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const jobs = Array.from({ length: 20 }, () => gate.post());
  const begun = Atomics.load(gate.words, 1);
  for (const job of jobs.slice(3)) {
    job.cancel('not now');
    assert.equal(job.status, 'cancelled', 'it waited for a slot: gone at once');
  }
  for (const job of jobs.slice(0, 3)) job.cancel('not now');
  await Promise.all(jobs.map((job) => assert.rejects(job, isCancelled('not now'))));
  assert.equal(held.status, 'running');
  gate.open();
  await held;
  assert.equal((await runtime.post('empty', { range: [0, 5] })).iterations, 5);
  assert.equal(Atomics.load(gate.words, 1), begun);
});

eachBuild(
  'a job is cancelled in the middle of the queue, and the others keep their order',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 2 });
    const gate = new Gate(runtime);
    const [held] = await gate.hold(1);
    const counter = runtime.alloc(Uint32Array, 1);
    const order = runtime.alloc(Uint32Array, 30);
    const jobs = Array.from({ length: 30 }, (_, slot) =>
      runtime.post('ticket', { range: [0, 1], args: { counter, order, slot } }),
    );
    const gone = [5, 29, 1, 0, 15, 16, 17, 28];
    for (const i of gone) jobs[i].cancel();
    gate.open();
    await Promise.allSettled([held, ...jobs]);
    const kept = [...order.keys()].filter((i) => !gone.includes(i));
    assert.deepEqual(
      kept.map((i) => order[i]),
      kept.map((_, n) => n + 1),
    );
    for (const i of gone) assert.equal(order[i], 0);
  },
);

eachBuild('a cancel after the end of a job means nothing', async (start) => {
  const runtime = await start();
  const job = runtime.post('empty', { range: [0, 5] });
  await job;
  job.cancel();
  assert.equal(job.status, 'done');
  assert.equal((await job).iterations, 5);
  const failing = runtime.post('fail', { range: [0, 5], args: { at: 2, code: 9 } });
  await assert.rejects(failing, { failure: 9 });
  failing.cancel();
  await assert.rejects(failing, { failure: 9 });
});

eachBuild(
  'the slot of a cancelled job is reused, and an old handle does not cancel the next job',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 1 });
    const first = runtime.post('empty', { range: [0, 5] });
    await first;
    const gate = new Gate(runtime);
    const [held] = await gate.hold(1);
    first.cancel();
    gate.open();
    await held;
  },
);

eachBuild(
  'a signal cancels jobs that run, wait, share the signal, or came after its abort',
  async (start) => {
    const runtime = await start({ taskSlots: 8 });
    const controller = new AbortController();
    const { signal } = controller;
    const jobs = Array.from({ length: 100 }, () =>
      runtime.post('forever', { range: ENDLESS, signal }),
    );
    const other = runtime.post('empty', { range: [0, 5] });
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await until(() => jobs.some((job) => job.progress > 0));
    const reason = new Error('the user left');
    controller.abort(reason);
    await Promise.all(jobs.map((job) => assert.rejects(job, isCancelled(reason))));
    assert.equal((await other).iterations, 5);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    assert.match((await jobs[0].catch((e) => e)).message, /the user left/);

    const late = runtime.post('forever', { range: ENDLESS, signal });
    assert.equal(late.status, 'cancelled');
    await assert.rejects(late, isCancelled(reason));
  },
);

eachBuild('no listener stays on a signal after its jobs have settled', async (start) => {
  const runtime = await start();
  const controller = new AbortController();
  const jobs = Array.from({ length: 1000 }, () =>
    runtime.post('empty', { range: [0, 1], signal: controller.signal }),
  );
  await Promise.all(jobs);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  controller.abort();
  assert(jobs.every((job) => job.status === 'done'));
});

eachBuild('a signal of AbortSignal.timeout() cancels a job', async (start) => {
  const runtime = await start();
  const error = await runtime
    .post('forever', { range: ENDLESS, signal: AbortSignal.timeout(50) })
    .catch((e) => e);
  assert.equal(error.reason.name, 'TimeoutError');
});

eachBuild('a refused post leaves no listener on the signal', async (start) => {
  const runtime = await start();
  const { signal } = new AbortController();
  assert.throws(() => runtime.post('spin', { range: [0, 1], signal }));
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

eachBuild('with many cancels every job settles once, and all slots come back', async (start) => {
  const runtime = await start({ taskSlots: 16 });
  let settled = 0;
  const jobs = [];
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 50; i++) {
      const job = runtime.post('spin', { range: [0, 500], args: { cost: 50 } });
      const count = () => settled++;
      job.then(count, count);
      jobs.push(job);
      if (i % 3 === 0) job.cancel();
      if (i % 7 === 0) jobs[Math.floor(jobs.length / 2)].cancel();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const job of jobs.slice(-60)) job.cancel();
  await Promise.allSettled(jobs);
  assert.equal(settled, jobs.length);
  for (const job of jobs) {
    const outcome = await job.then(
      (result) => result.iterations,
      (error) => error.code,
    );
    assert.equal(outcome, job.status === 'done' ? 500 : 'CANCELLED');
  }
  const gate = new Gate(runtime);
  const again = Array.from({ length: 16 }, () => gate.post());
  gate.open();
  await Promise.all(again);
});
