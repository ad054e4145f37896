// Views of jobs: updates, times, histograms, events, the timeline, Node's diagnostics.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { PerformanceObserver } from 'node:perf_hooks';
import { test } from 'node:test';

import { ArgumentError, KernelError } from '../../../web/index.js';
import { Histogram } from '../../../web/observe/histogram.js';
import { eachBuild, eachMode, Gate, until } from '../helpers.mjs';

eachMode(
  'updates() ends when the job settles, and does not throw if the job fails',
  async (start) => {
    const runtime = await start();
    const job = runtime.post('spin', { range: [0, 200_000], args: { cost: 20 } });
    const seen = [];
    for await (const update of job.updates({ every: 1 })) seen.push(update);
    assert(seen.length >= 2);
    for (let i = 1; i < seen.length; i++) assert(seen[i].progress >= seen[i - 1].progress);
    assert.deepEqual(seen.at(-1), { progress: 1, iterations: 200_000, status: 'done' });
    const again = [];
    for await (const update of job.updates()) again.push(update.status);
    assert.deepEqual(again, ['done']);
    const failing = runtime.post('fail', { range: [0, 9], args: { at: 3, code: 7 } });
    for await (const { status } of failing.updates({ every: 1000 })) seen.push(status);
    assert.equal(seen.at(-1), 'failed');
    await assert.rejects(failing, KernelError);
    await assert.rejects(failing.updates({ every: 0 }).next(), ArgumentError);
    for await (const { status } of runtime.post('empty', { range: [0, 1] }).updates()) {
      assert(status);
      break;
    }
  },
);

eachBuild('times say how long a job waited and how long a job ran', async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const [first] = await gate.hold();
  const second = runtime.post('empty', { range: [0, 1] });
  await new Promise((resolve) => setTimeout(resolve, 30));
  gate.open();
  const [a, b] = [(await first).times, (await second).times];
  assert(a.running >= 28 && a.queued < 1000, JSON.stringify(a));
  assert(b.queued >= 28 && b.running < 1000, JSON.stringify(b));
});

eachMode('histograms and counts cover every settled job, and can be reset', async (start) => {
  const runtime = await start();
  await Promise.all(
    Array.from({ length: 50 }, () => runtime.post('spin', { range: [0, 100], args: { cost: 10 } })),
  );
  await runtime.post('fail', { range: [0, 1], args: { at: 0, code: 1 } }).catch(() => {});
  const cancelled = runtime.post('spin', { range: [0, 1e9], args: { cost: 10 } });
  cancelled.cancel();
  await cancelled.catch(() => {});
  const { jobs, runTime, waitTime, workers, utilization, outstanding, queued } = runtime.stats({
    reset: true,
  });
  assert.deepEqual(jobs, { done: 50, failed: 1, cancelled: 1 });
  assert.equal(runTime.count, 52);
  for (const { min, p50, p75, p90, p99, p999, max } of [runTime, waitTime]) {
    assert(min <= p50 && p50 <= p75 && p75 <= p90 && p90 <= p99 && p99 <= p999 && p999 <= max);
  }
  assert(
    utilization >= 0 &&
      utilization <= 1 &&
      workers.every((worker) => worker.utilization >= 0 && worker.utilization <= 1),
  );
  assert.deepEqual([outstanding, queued], [0, 0]);
  assert.equal(runtime.stats().runTime.count, 0);
});

test('percentiles are right within 9 %', () => {
  const histogram = new Histogram();
  assert.deepEqual(Object.values(histogram.read()), Array(9).fill(0));
  const values = Array.from({ length: 10_000 }, (_, i) => 0.002 * 1.0015 ** i);
  for (const value of values) histogram.add(value);
  const told = histogram.read();
  for (const [name, part] of [
    ['p50', 0.5],
    ['p75', 0.75],
    ['p90', 0.9],
    ['p99', 0.99],
    ['p999', 0.999],
  ]) {
    const want = values[Math.ceil(part * values.length) - 1];
    assert(Math.abs(told[name] / want - 1) < 0.091, `${name}: ${told[name]}, not ${want}`);
  }
  assert.equal(told.max, values.at(-1));
  const odd = new Histogram();
  for (const value of [0, 1e-9, 1e12]) odd.add(value);
  assert.equal(odd.read().count, 3);
});

eachBuild('events tell of jobs, with their names and ends, and of a crash', async (start) => {
  const runtime = await start();
  const told = [];
  const listen = ({ detail }) => told.push(detail);
  runtime.addEventListener('task', listen);
  await runtime.post('empty', { range: [0, 5], name: 'mine', priority: 'high' });
  await runtime.post('fail', { range: [0, 5], args: { at: 0, code: 9 } }).catch(() => {});
  await runtime.postMany('empty', [{ range: [0, 1] }]);
  runtime.removeEventListener('task', listen);
  await runtime.post('empty', { range: [0, 5] });
  assert.deepEqual(
    told.map(({ name, kernel, priority, status }) => [name, kernel, priority, status]),
    [
      ['mine', 'empty', 'high', 'done'],
      ['fail', 'fail', 'normal', 'failed'],
      ['empty', 'empty', 'normal', 'done'],
    ].map((row, i) => (i === 2 ? [told[2].name, ...row.slice(1)] : row)),
  );
  assert.equal(told[1].error.failure, 9);
  assert.equal(told[0].iterations, 5);
  const crashes = [];
  runtime.addEventListener('worker-crash', ({ detail }) => crashes.push(detail));
  runtime.replaceWorker(1);
  await until(() => crashes.length && runtime.workers.running === 2);
  assert.deepEqual(crashes, [{ worker: 1, reason: 'replaceWorker() ended it' }]);
});

eachBuild('jobs are measures of the timeline', async (start) => {
  const runtime = await start({ measure: true });
  const entries = [];
  const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
  observer.observe({ entryTypes: ['measure'] });
  await runtime.post('spin', { range: [0, 1000], args: { cost: 10 }, name: 'seen' });
  await until(() => entries.some(({ name }) => name === 'seen'));
  observer.disconnect();
  const { detail, duration } = entries.find(({ name }) => name === 'seen');
  assert.equal(detail.devtools.track, 'Filch');
  assert(duration > 0);
});

eachBuild('jobs are published on diagnostics channels', async (start) => {
  const runtime = await start();
  const told = [];
  const listen = (message, name) => told.push([name, message.kernel, message.status]);
  for (const name of ['filch:post', 'filch:settle']) channel(name).subscribe(listen);
  await runtime.post('empty', { range: [0, 1] });
  for (const name of ['filch:post', 'filch:settle']) channel(name).unsubscribe(listen);
  await runtime.post('empty', { range: [0, 1] });
  assert.deepEqual(
    told.map(([name, kernel]) => [name, kernel]),
    [
      ['filch:post', 'empty'],
      ['filch:settle', 'empty'],
    ],
  );
  assert.equal(told[1][2], 'done');
});

eachMode("an await keeps the caller's asynchronous context", async (start) => {
  const runtime = await start();
  const context = new AsyncLocalStorage();
  const posts = [
    () => runtime.post('empty', { range: [0, 1] }),
    () => runtime.run('empty', { range: [0, 1] }),
    () => runtime.ready(),
  ];
  const seen = posts.flatMap((post, i) =>
    [0, 1].map((k) =>
      context.run(`${i} ${k}`, async () => {
        await post();
        return context.getStore();
      }),
    ),
  );
  assert.deepEqual(await Promise.all(seen), ['0 0', '0 1', '1 0', '1 1', '2 0', '2 1']);
});
