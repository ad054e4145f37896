// post()'s option "after": jobs that depend on others.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  ArgumentError,
  CancelledError,
  DependencyError,
  JobError,
  KernelError,
} from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, eachMode, until } from '../helpers.mjs';

const comesAfter = (job, cause) => (error) => {
  assert(error instanceof DependencyError && error instanceof JobError, `${error}`);
  assert.equal(error.code, 'DEPENDENCY_FAILED');
  assert.equal(error.dependency, job.id);
  assert.equal(error.iterations, 0);
  assert.equal(error.cause.constructor, cause);
  assert.equal(error.cause.job, job.id);
  const text = `did not begin: job ${job.id} \\(kernel "\\w+"\\), which it depends on, (failed|was cancelled)`;
  assert.match(error.message, new RegExp(text));
  return true;
};

/**
 * A function that posts jobs that each draw a ticket, and `order`, where the i-th job's ticket
 * stands.
 */
function tickets(runtime, length) {
  const counter = runtime.alloc(Uint32Array, 1);
  const order = runtime.alloc(Uint32Array, length);
  const post = (slot, options) =>
    runtime.post('ticket', { range: [0, 1], args: { counter, order, slot }, ...options });
  return { order, post };
}

for (const taskSlots of [1, 3, 64]) {
  eachMode(`a chain runs in its order, with ${taskSlots} slots`, async (start) => {
    const runtime = await start({ taskSlots });
    const { order, post } = tickets(runtime, 200);
    const jobs = [];
    for (let i = 0; i < 200; i++) jobs.push(post(i, { after: jobs.slice(-1) }));
    await jobs.at(-1);
    order.forEach((ticket, i) => assert.equal(ticket, i + 1));
    assert(jobs.every((job) => job.status === 'done'));
  });

  eachMode(
    `any graph, with cancels, failures, and pauses, with ${taskSlots} slots`,
    async (start) => {
      const runtime = await start({ taskSlots });
      let seed = 11 + taskSlots;
      const random = (n) => (seed = (seed * 48271) % 0x7fffffff) % n;
      const n = 400;
      const { order, post } = tickets(runtime, n);
      const jobs = [];
      const needs = [];
      const cancelled = new Set();
      const paused = new Set();
      for (let i = 0; i < n; i++) {
        const before = i
          ? [
              ...new Set(
                Array.from({ length: random(5) }, () => jobs[Math.max(0, i - 1 - random(30))]),
              ),
            ]
          : [];
        needs.push(before);
        const after = before.length === 1 ? before[0] : before;
        const fails = random(60) === 0;
        const args = { at: 0, code: 5 };
        const priority = ['high', 'normal', 'low'][random(3)];
        jobs.push(
          fails
            ? runtime.post('fail', { range: [0, 1], args, after, priority })
            : post(i, { after, priority }),
        );
        if (random(50) === 0) {
          const job = jobs[random(jobs.length)];
          job.cancel('enough');
          cancelled.add(job);
        }
        if (random(20) === 0) {
          const job = jobs[random(jobs.length)];
          job.pause();
          paused.add(job);
        }
        if (random(20) === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      for (const job of paused) job.resume();
      await Promise.allSettled(jobs);
      const broken = (job) => job.status !== 'done';
      for (const [i, job] of jobs.entries()) {
        const error = await job.then(
          () => undefined,
          (e) => e,
        );
        if (error instanceof DependencyError) {
          const need = needs[i].find(({ id }) => id === error.dependency);
          assert(broken(need));
          assert.equal(error.cause, await need.catch((e) => e));
          assert.equal(order[i], 0);
        } else if (error instanceof CancelledError) {
          assert(cancelled.has(job));
          assert.equal(order[i], 0);
        } else if (error) {
          assert(error instanceof KernelError, `${error}`);
        } else {
          assert(
            !needs[i].some(broken),
            `job ${job.id} was done, though not all was that it comes after`,
          );
          for (const need of needs[i]) assert(order[jobs.indexOf(need)] < order[i]);
        }
        if (error) assert(['cancelled', 'failed'].includes(job.status));
      }
      assert(jobs.some((job) => job.status === 'done') && jobs.some(broken));
    },
  );
}

eachMode('a dependency that is done already counts as done', async (start) => {
  const runtime = await start();
  const first = runtime.post('empty', { range: [0, 1] });
  await first;
  const second = runtime.post('empty', {
    range: [0, 1],
    after: [first, first, runtime.post('empty', { range: [0, 9] })],
  });
  assert.equal((await second).iterations, 1);
  assert.equal((await runtime.post('empty', { range: [0, 1], after: [] })).iterations, 1);
  assert.equal((await runtime.post('empty', { range: [0, 1], after: undefined })).iterations, 1);
});

eachMode('a job fails whose dependency has failed or was cancelled before', async (start) => {
  const runtime = await start();
  const failed = runtime.post('fail', { range: [0, 1], args: { at: 0, code: 5 } });
  await assert.rejects(failed);
  const job = runtime.post('empty', {
    range: [0, 1],
    after: [runtime.post('empty', { range: [0, 1] }), failed],
  });
  assert.equal(job.status, 'failed');
  await assert.rejects(job, comesAfter(failed, KernelError));
  const cancelled = runtime.post('empty', { range: [0, 1], signal: AbortSignal.abort() });
  await assert.rejects(
    runtime.post('empty', { range: [0, 1], after: cancelled }),
    comesAfter(cancelled, CancelledError),
  );
});

for (const taskSlots of [1, 64]) {
  eachBuild(
    `a job fails whose dependency fails, is cancelled, or traps later, with ${taskSlots} slots`,
    async (start) => {
      const runtime = await start({ workers: 1, taskSlots });
      const gate = new Gate(runtime);
      const [held] = await gate.hold(1);
      const bad = runtime.post('fail', { range: [0, 1], args: { at: 0, code: 5 } });
      const good = runtime.post('empty', { range: [0, 1] });
      const { order, post } = tickets(runtime, 5);
      const one = post(0, { after: [good, bad] });
      const two = post(1, { after: one });
      const three = post(2, { after: [good, two] });
      const fine = post(3, { after: good });
      assert.deepEqual(
        [one, two, three, fine].map((job) => job.status),
        ['queued', 'queued', 'queued', 'queued'],
      );
      gate.open();
      await assert.rejects(one, comesAfter(bad, KernelError));
      await assert.rejects(two, comesAfter(one, DependencyError));
      await assert.rejects(three, comesAfter(two, DependencyError));
      await Promise.all([held, fine]);
      assert.deepEqual([...order], [0, 0, 0, 1, 0]);

      gate.shut();
      const [again] = await gate.hold(1);
      const other = gate.post();
      const next = post(4, { after: other });
      const last = post(4, { after: next });
      other.cancel('enough');
      gate.open(); // a job that has a slot fails when a worker takes it
      await assert.rejects(next, comesAfter(other, CancelledError));
      await assert.rejects(last, comesAfter(next, DependencyError));
      await again;
      assert.equal(order[4], 0);
    },
  );

  eachBuild(
    `jobs that wait for dependencies hold up no other, with ${taskSlots} slots`,
    async (start) => {
      const runtime = await start({ workers: 2, taskSlots });
      const gate = new Gate(runtime);
      const [held] = await gate.hold(1);
      const waiting = Array.from({ length: 50 }, () =>
        runtime.post('empty', { range: [0, 1], after: held }),
      );
      if (taskSlots > 50)
        assert.equal((await runtime.post('empty', { range: [0, 5] })).iterations, 5);
      assert(waiting.every((job) => job.status === 'queued'));
      gate.open();
      await Promise.all(waiting);
    },
  );
}

eachBuild(
  'one job has many dependents, with few slots, and others run meanwhile',
  async (start) => {
    const runtime = await start({ taskSlots: 4 });
    const gate = new Gate(runtime);
    const first = gate.post();
    const waiting = Array.from({ length: 2000 }, () =>
      runtime.post('empty', { range: [0, 1], after: first }),
    );
    gate.open();
    await Promise.all(waiting);
  },
);

eachMode('jobs that wait for dependencies can be cancelled', async (start) => {
  const runtime = await start({ taskSlots: 3 });
  const first = runtime.post('forever', { range: ENDLESS });
  const jobs = Array.from({ length: 6 }, () =>
    runtime.post('empty', { range: [0, 1], after: first }),
  );
  await until(() => first.progress > 0);
  for (const job of jobs) {
    job.cancel('enough');
    await assert.rejects(
      job,
      (error) => error.constructor === CancelledError && error.reason === 'enough',
    );
  }
  assert.equal(first.status, 'running');
  first.cancel();
  await assert.rejects(first);
  const all = Array.from({ length: 10 }, () => runtime.post('empty', { range: [0, 1] }));
  await Promise.all(all);
});

eachMode('a common signal, and close(), cancel each job that waits', async (start) => {
  for (const taskSlots of [1, 3, 64]) {
    const runtime = await start({ taskSlots });
    const controller = new AbortController();
    for (const end of [() => controller.abort('left'), () => void runtime.close()]) {
      const jobs = [];
      const signal = controller.signal.aborted ? {} : { signal: controller.signal };
      for (let i = 0; i < 8; i++) {
        jobs.push(runtime.post('forever', { range: ENDLESS, after: jobs.slice(-3), ...signal }));
      }
      await until(() => jobs[0].progress > 0);
      end();
      for (const job of jobs)
        await assert.rejects(job, (error) => error.constructor === CancelledError);
    }
    await runtime.close();
  }
});

eachMode('a job waits for a paused dependency', async (start) => {
  const runtime = await start();
  const first = runtime.post('empty', { range: [0, 10] });
  const pausing = first.pause();
  const second = runtime.post('empty', { range: [0, 10], after: first });
  await pausing;
  await sleep(20);
  if (first.status === 'paused') assert.equal(second.status, 'queued');
  first.resume();
  await second;
});

eachMode('a job that waits for dependencies can be paused', async (start) => {
  const runtime = await start({ taskSlots: 2 });
  const gate = new Gate(runtime);
  // without threads, no job runs until this function waits
  const threads = runtime.mode === 'threads';
  const [first] = threads ? await gate.hold(1) : [runtime.post('forever', { range: [0, 1e6] })];
  const [a, b] = [0, 1].map(() => runtime.post('empty', { range: [0, 10], after: first }));
  await Promise.all([a.pause(), b.pause()]);
  gate.open();
  await first;
  await sleep(10);
  assert.deepEqual([a.status, b.status], ['paused', 'paused']);
  b.resume();
  a.resume();
  await Promise.all([a, b]);
});

eachBuild('bad dependencies are refused', async (start) => {
  const [runtime, other] = [await start(), await start()];
  const job = runtime.post('empty', { range: [0, 1] });
  const foreign = other.post('empty', { range: [0, 1] });
  const result = await job;
  const many = Array.from({ length: 17 }, () => runtime.post('empty', { range: [0, 1] }));
  for (const [after, got] of [
    [7, 'got 7'],
    [null, 'got null'],
    ['job', 'got "job"'],
    [{}, 'an object'],
    [result, 'an object'],
    [foreign, 'an object'],
    [[job, foreign], 'an object'],
    [[job, undefined], 'undefined'],
    [Promise.resolve(job), 'Promise'],
    [Object.create(job), 'an object'],
    [many, 'got 17'],
    [true, 'true'],
  ]) {
    assert.throws(
      () => runtime.post('empty', { range: [0, 1], after }),
      (error) => {
        assert.equal(error.constructor, ArgumentError);
        assert.match(
          error.message,
          /"after" of post\(\) takes jobs of this runtime, one or an array of at most 16/,
        );
        assert(error.message.includes(got), `${error.message}: ${got}`);
        return true;
      },
    );
  }
  await runtime.post('empty', { range: [0, 1], after: many.slice(1) });
  await runtime.post('empty', { range: [0, 1], after: [...many.slice(1), ...many.slice(1)] });
});

eachBuild('a long chain leaves no memory behind', async (start) => {
  const runtime = await start({ taskSlots: 16 });
  let last = runtime.post('empty', { range: [0, 1] });
  const first = new WeakRef(last);
  for (let i = 0; i < 20_000; i++) {
    last = runtime.post('empty', { range: [0, 1], after: last });
    if (i % 1000 === 0) await last;
  }
  await last;
  assert.equal(last.status, 'done');
  assert(first.deref() === undefined || first.deref().status === 'done');
});

eachBuild("dependents of a dead worker's job fail", async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const next = runtime.post('empty', { range: [0, 1], after: held });
  const last = runtime.post('empty', { range: [0, 1], after: next });
  runtime.replaceWorker(0);
  await assert.rejects(held, { code: 'WORKER_LOST' });
  await assert.rejects(next, { code: 'DEPENDENCY_FAILED', dependency: held.id });
  await assert.rejects(last, { code: 'DEPENDENCY_FAILED', dependency: next.id });
  assert.equal((await runtime.post('empty', { range: [0, 5] })).iterations, 5);
});
