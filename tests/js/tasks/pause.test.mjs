// pause() and resume(), of jobs that wait, run, or have settled.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { CancelledError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, eachMode, halfway, inProcess, until } from '../helpers.mjs';

/** False where the promise is still pending after so many milliseconds. */
const within = (ms, promise) => Promise.race([promise.then(() => true), sleep(ms, false)]);

eachMode('a paused loop comes to rest, and goes on after resume()', async (start) => {
  const runtime = await start();
  const job = runtime.post('forever', { range: ENDLESS });
  await until(() => job.progress > 0);
  for (let round = 0; round < 5; round++) {
    await job.pause();
    assert.equal(job.status, 'paused');
    const { progress } = job;
    await sleep(20);
    assert.equal(job.progress, progress);
    assert.equal(
      (await runtime.post('empty', { range: [0, 100] })).iterations,
      100,
      'others are worked on',
    );
    job.resume();
    await until(() => job.progress > progress);
    assert.equal(job.status, 'running');
  }
  job.cancel();
  await assert.rejects(job, CancelledError);
});

eachMode('no iteration of a paused loop is lost or runs twice', async (start) => {
  const runtime = await start();
  const visits = runtime.alloc(Uint32Array, 3e6);
  const { job } = await halfway(() =>
    runtime.post('visit', { range: [0, 3e6], args: { visits: visits.fill(0) }, grain: 500 }),
  );
  while (job.progress < 1) {
    job.resume();
    await new Promise((resolve) => setImmediate(resolve));
    await job.pause();
  }
  job.resume();
  assert.equal((await job).iterations, 3e6);
  assert(visits.every((n) => n === 1));
});

eachMode('a paused sequential loop keeps its order', async (start) => {
  const runtime = await start();
  const post = () => runtime.post('iterate', { range: [0, 200_000], args: { cost: 100 } });
  const { state } = await post();
  const job = post();
  while (job.progress < 1) {
    await job.pause();
    job.resume();
    await sleep(1);
  }
  assert.deepEqual((await job).state, state);
});

eachMode('a job is paused before its begin, and again and again', async (start, t, mode) => {
  const runtime = await start();
  const job = runtime.post('empty', { range: [0, 10] });
  await job.pause();
  await Promise.all([job.pause(), job.pause()]);
  if (mode === 'cooperative') assert.equal(job.status, 'paused', 'a post does no work itself');
  job.resume();
  job.resume();
  assert.equal((await job).iterations, 10);
  await job.pause();
  assert.equal(job.status, 'done');
  job.resume();
  assert.equal((await job).iterations, 10);
});

eachBuild('a paused job that waits for a worker does not begin', async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const [paused, other] = [0, 1].map(() => runtime.post('empty', { range: [0, 10] }));
  await paused.pause();
  gate.open();
  await Promise.all([held, other]);
  await sleep(20);
  assert.equal(paused.status, 'paused');
  assert.equal(paused.progress, 0);
  paused.resume();
  assert.equal((await paused).iterations, 10);
});

eachBuild(
  'a paused job that waits for a slot lets others by, and keeps its place',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 2 });
    const gate = new Gate(runtime);
    const [held] = await gate.hold(1);
    const counter = runtime.alloc(Uint32Array, 1);
    const order = runtime.alloc(Uint32Array, 20);
    const jobs = Array.from({ length: 20 }, (_, slot) =>
      runtime.post('ticket', { range: [0, 1], args: { counter, order, slot } }),
    );
    for (const i of [5, 9, 10, 11, 19, 7]) await jobs[i].pause();
    for (const i of [11, 5, 9, 19]) jobs[i].resume();
    gate.open();
    await held;
    await Promise.all(jobs.filter((_, i) => i !== 7 && i !== 10));
    assert.deepEqual([jobs[7].status, jobs[10].status], ['paused', 'paused']);
    const ran = [...order.keys()].filter((i) => i !== 7 && i !== 10);
    assert.deepEqual(
      ran.map((i) => order[i]),
      ran.map((_, n) => n + 1),
    );
    jobs[10].resume();
    await jobs[10];
    jobs[7].resume();
    await jobs[7];
    assert.deepEqual([order[10], order[7]], [19, 20]);
  },
);

eachBuild(
  'the promise of pause() waits for the chunk, and resume() ends the wait',
  async (start) => {
    const runtime = await start({ workers: 1 });
    const gate = new Gate(runtime);
    const job = gate.post({ range: [0, 3], grain: 1 });
    await until(() => gate.words[1] === 1);
    const pausing = job.pause();
    assert.equal(job.status, 'paused');
    assert.equal(await within(50, pausing), false);
    gate.open();
    await pausing;
    await sleep(20);
    assert.equal(gate.words[1], 1, 'the next iteration does not begin');
    gate.shut();
    job.resume();
    await until(() => gate.words[1] === 2);
    const again = job.pause();
    job.resume();
    await again;
    gate.open();
    assert.equal((await job).iterations, 3);
  },
);

eachMode(
  'a paused job can be cancelled: begun, waiting for a worker, waiting for a slot',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 2 });
    const jobs = [0, 1, 2].map(() => runtime.post('forever', { range: ENDLESS }));
    await until(() => jobs[0].progress > 0);
    await Promise.all(jobs.map((job) => job.pause()));
    for (const [i, job] of jobs.entries()) {
      job.cancel(i);
      await assert.rejects(job, { code: 'CANCELLED', reason: i });
      assert.equal(job.status, 'cancelled');
    }
    assert.equal((await runtime.post('empty', { range: [0, 5] })).iterations, 5);
  },
);

eachMode('close() settles paused jobs', async (start) => {
  const runtime = await start({ taskSlots: 2 });
  const jobs = Array.from({ length: 5 }, () => runtime.post('forever', { range: ENDLESS }));
  await until(() => jobs[0].progress > 0);
  const pausing = jobs.map((job) => job.pause());
  await pausing[0];
  await runtime.close();
  for (const job of jobs)
    await assert.rejects(job, { code: 'CANCELLED', reason: 'runtime closed' });
  await Promise.all(pausing);
});

eachMode('a kernel fails or traps while its job is being paused', async (start) => {
  const runtime = await start();
  for (const [kernel, code] of [
    ['fail', 'KERNEL_FAILED'],
    ['trap', 'KERNEL_TRAPPED'],
  ]) {
    for (let round = 0; round < 10; round++) {
      const job = runtime.post(kernel, {
        range: [0, 1000],
        args: { at: 500, ...(kernel === 'fail' && { code: 3 }) },
      });
      await job.pause();
      job.resume();
      await assert.rejects(job, { code });
    }
  }
});

eachBuild('no thread uses CPU time while every job is paused', async (start, t, file) => {
  for (const mode of ['threads', 'cooperative']) {
    const { code, stdout, stderr } = await inProcess(
      `const runtime = await start({ mode: '${mode}', taskSlots: 2 });
       const jobs = [0, 1, 2].map(() => runtime.post('forever', { range: [0, 1e15] }));
       while (!jobs[0].progress) await new Promise((resolve) => setTimeout(resolve, 1));
       await Promise.all(jobs.map((job) => job.pause()));
       const before = process.cpuUsage();
       await new Promise((resolve) => setTimeout(resolve, 400));
       const { user, system } = process.cpuUsage(before);
       console.log((user + system) / 1000);
       await runtime.close();`,
      { file },
    );
    assert.equal(code, 0, stderr);
    assert(Number(stdout) < 200, `${mode}: ${stdout} ms of 400`);
  }
});

eachMode(
  'with many pauses, resumes, and cancels each job settles once, and all slots come back',
  async (start) => {
    const runtime = await start({ taskSlots: 8 });
    const visits = runtime.alloc(Uint32Array, 40 * 200);
    const post = (i) =>
      runtime.post('visit', { range: [200 * i, 200 * (i + 1)], args: { visits }, grain: 3 });
    const jobs = Array.from({ length: 40 }, (_, i) => post(i));
    let settled = 0;
    for (const job of jobs) job.finally(() => settled++).catch(() => {});
    let seed = 7;
    const random = (n) => (seed = (seed * 48271) % 0x7fffffff) % n;
    for (let i = 0; i < 1500; i++) {
      const job = jobs[random(40)];
      const what = random(100);
      if (what < 50) job.pause();
      else if (what < 98) job.resume();
      else job.cancel();
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const job of jobs) job.resume();
    await Promise.allSettled(jobs);
    await sleep(5);
    assert.equal(settled, 40);
    for (const [i, job] of jobs.entries()) {
      const ran = visits.subarray(200 * i, 200 * (i + 1)).reduce((sum, n) => sum + n, 0);
      assert.equal(
        ran,
        await job.then(
          (result) => result.iterations,
          (error) => error.iterations,
        ),
      );
      assert.equal(job.status, ran === 200 ? 'done' : 'cancelled');
    }
    const gate = new Gate(runtime);
    gate.open();
    await Promise.all(Array.from({ length: 16 }, () => gate.post()));
  },
);
