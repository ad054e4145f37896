// A job: result, status, progress, and how it is awaited.
import assert from 'node:assert/strict';
import { MessagePort, Worker } from 'node:worker_threads';

import { JobError } from '../../../web/index.js';
import { eachBuild, ENDLESS, Gate, inProcess, moduleUrl, until } from '../helpers.mjs';

eachBuild(
  'a loop runs every iteration once, and the result names workers and iterations',
  async (start) => {
    const runtime = await start();
    const visits = runtime.alloc(Uint32Array, 1e6);
    const job = runtime.post('visit', { range: [0, 1e6], args: { visits } });
    assert.equal(job.kernel, 'visit');
    assert.equal(job.id, 1);
    const result = await job;
    assert(visits.every((n) => n === 1));
    assert.deepEqual(Object.keys(result), ['iterations', 'workers', 'times', 'state']);
    assert.equal(result.iterations, 1e6);
    assert(result.workers.length >= 1 && result.workers.every((w) => w === 0 || w === 1));
    assert.deepEqual(result.state, {});
    assert.equal(job.status, 'done');
    assert.equal(job.progress, 1);
    assert.equal(String(job), '[object Job]');
    assert.equal(
      runtime.stats().workers.reduce((sum, worker) => sum + worker.iterations, 0),
      1e6,
    );
  },
);

eachBuild('a range need not begin at 0', async (start) => {
  const runtime = await start();
  const visits = runtime.alloc(Uint32Array, 1000);
  assert.equal(
    (await runtime.post('visit', { range: [250, 750], args: { visits } })).iterations,
    500,
  );
  assert(visits.every((n, i) => n === Number(i >= 250 && i < 750)));
});

eachBuild(
  '64-bit state is a BigInt, and begins with the value that the caller gives',
  async (start) => {
    const runtime = await start();
    const spin = async (args) =>
      (await runtime.post('spin', { range: [0, 100], args: { cost: 1, ...args } })).state.sum;
    const sum = await spin();
    assert.equal(typeof sum, 'bigint');
    assert.equal(await spin({ sum: 1000 }), sum + 1000n);
    assert.equal(await spin({ sum: 5n }), sum + 5n);
  },
);

eachBuild('a chunk has as many iterations as "grain" says', async (start) => {
  const runtime = await start({ workers: 1 });
  const chunks = () => runtime.stats().workers[0].chunks;
  const before = chunks();
  await runtime.post('empty', { range: [0, 1000], grain: 10 });
  assert.equal(chunks() - before, 100);
  await runtime.post('empty', { range: [0, 1000], grain: 2 ** 32 - 1 });
  assert.equal(chunks() - before, 101);
});

eachBuild('status and progress change while a job runs', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  const [held, other] = await gate.hold(2);
  const waiting = gate.post();
  assert.equal(held.status, 'running');
  assert.equal(held.progress, 0);
  assert.equal(waiting.status, 'queued');
  assert.equal(waiting.progress, 0);
  gate.open();
  await Promise.all([held, other, waiting]);
  assert.equal(waiting.status, 'done');

  const loop = runtime.post('spin', { range: [0, 20000], args: { cost: 20000 } });
  const seen = [];
  const timer = setInterval(() => seen.push(loop.progress), 2);
  await loop;
  clearInterval(timer);
  assert(
    seen.some((part) => part > 0 && part < 1),
    `progress: ${seen}`,
  );
  assert(seen.every((part, i) => i === 0 || part >= seen[i - 1]));
  assert.equal(loop.progress, 1);

  const none = runtime.post('empty', { range: [7, 7] });
  assert.equal(none.progress, 0);
  await none;
  assert.equal(none.progress, 1);
});

eachBuild('progress of a cancelled job stays where it was', async (start) => {
  const runtime = await start();
  const job = runtime.post('forever', { range: [0, 2 ** 40] });
  await until(() => job.progress > 0);
  job.cancel();
  const error = await job.catch((e) => e);
  assert.equal(job.status, 'cancelled');
  assert.equal(job.progress, error.iterations / 2 ** 40);
});

eachBuild('a job is thenable in every way, before its end and after', async (start) => {
  const runtime = await start();
  const post = () => runtime.post('empty', { range: [0, 3] });
  const job = post();
  const seen = [];
  await Promise.all([
    job.then((result) => seen.push(result.iterations)),
    job.finally(() => seen.push('finally')),
    job.catch(() => seen.push('never')),
    Promise.all([job, post()]).then(([a, b]) => seen.push(a.iterations + b.iterations)),
  ]);
  assert.deepEqual(new Set(seen), new Set([3, 'finally', 6]));
  assert.equal(await job, await job);

  const late = post();
  await until(() => late.status === 'done');
  assert.equal((await late).iterations, 3);

  const bad = runtime.post('fail', { range: [0, 3], args: { at: 0, code: 1 } });
  await until(() => bad.status === 'failed');
  await assert.rejects(bad, JobError);
  await assert.rejects(bad, JobError);
  assert.equal(await bad.catch(() => 'caught'), 'caught');
});

eachBuild('failed jobs without an await are no unhandled rejections', async (start, t, file) => {
  const { code, stdout, stderr } = await inProcess(
    `
    process.on('unhandledRejection', (error) => { console.log('unhandled', error.name); });
    const runtime = await start();
    const jobs = [
      runtime.post('fail', { range: [0, 3], args: { at: 0, code: 1 } }),
      runtime.post('trap', { range: [0, 3], args: { at: 0 } }),
      runtime.post('forever', { range: [0, 1e15] }),
      runtime.post('empty', { range: [0, 3], signal: AbortSignal.abort() }),
    ];
    jobs[2].cancel();
    while (jobs.some((job) => job.status === 'queued' || job.status === 'running')) await new Promise((r) => setTimeout(r, 5));
    runtime.post('forever', { range: [0, 1e15] });
    await runtime.close();
    console.log(jobs.map((job) => job.status).join());
    `,
    { file },
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'failed,failed,cancelled,cancelled');
});

eachBuild(
  'an await of a failed job without a catch is an unhandled rejection',
  async (start, t, file) => {
    const { code, stderr } = await inProcess(
      `const runtime = await start(); await runtime.post('fail', { range: [0, 3], args: { at: 0, code: 1 } });`,
      { file },
    );
    assert.equal(code, 1);
    assert.match(stderr, /KernelError.*the kernel returned its code 1/);
  },
);

eachBuild('urgent jobs overtake others', async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const counter = runtime.alloc(Uint32Array, 1);
  const order = runtime.alloc(Uint32Array, 3);
  const post = (slot, priority) =>
    runtime.post('ticket', { range: [0, 1], args: { counter, order, slot }, priority });
  const jobs = [post(0, 'low'), post(1, 'normal'), post(2, 'high')];
  gate.open();
  await Promise.all([held, ...jobs]);
  assert.deepEqual([...order], [3, 2, 1]);
});

eachBuild('the event loop turns while all workers are busy', async (start) => {
  const runtime = await start();
  const job = runtime.post('forever', { range: ENDLESS });
  await until(() => job.status === 'running');
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  clearInterval(timer);
  job.cancel();
  await job.catch(() => {});
  assert(turns > 20, `${turns} turns`);
});

eachBuild('jobs are posted and settle without a message', async (start, t) => {
  const runtime = await start();
  let messages = 0;
  for (const [owner, name] of [
    [Worker.prototype, 'postMessage'],
    [MessagePort.prototype, 'postMessage'],
    [Worker.prototype, 'emit'],
  ]) {
    const own = owner[name];
    owner[name] = function (...args) {
      messages += name === 'postMessage' || args[0] === 'message';
      return own.apply(this, args);
    };
    t.after(() => (owner[name] = own));
  }
  await Promise.all(Array.from({ length: 1000 }, () => runtime.post('empty', { range: [0, 1] })));
  assert.equal(messages, 0);
  await runtime.load(moduleUrl('plugins/kernels.wasm'));
  assert(messages > 0, 'those that there are, are seen');
});
