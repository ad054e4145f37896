// post()'s option "timeout".
import assert from 'node:assert/strict';

import { ArgumentError, CancelledError, JobError, TimeoutError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, eachMode, inProcess } from '../helpers.mjs';

const timedOut = (ms) => (error) => {
  assert(
    error instanceof TimeoutError && error instanceof CancelledError && error instanceof JobError,
  );
  assert.equal(error.name, 'TimeoutError');
  assert.equal(error.code, 'TIMEOUT');
  assert.equal(error.reason, `timeout of ${ms} ms`);
  assert.match(
    error.message,
    /^job \d+ \(kernel "\w+"\) was cancelled after \d+ of \d+ iterations: "timeout of/,
  );
  return true;
};

eachMode('a running loop times out', async (start) => {
  const runtime = await start();
  await runtime.post('empty', { range: [0, 1] }); // the workers are at work
  const began = performance.now();
  const job = runtime.post('forever', { range: ENDLESS, timeout: 200 });
  await assert.rejects(job, timedOut(200));
  const ms = performance.now() - began;
  assert(ms > 190 && ms < 3000, `${ms} ms`);
  assert.equal(job.status, 'cancelled');
  assert((await job.catch((error) => error)).iterations > 0);
  assert.equal((await runtime.post('empty', { range: [0, 5] })).iterations, 5);
});

eachBuild(
  'jobs time out that are paused, or wait for a worker, a slot, or another job',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 2 });
    const gate = new Gate(runtime);
    const [held] = await gate.hold(1);
    const jobs = [0, 1, 2].map(() => gate.post({ timeout: 30 }));
    const after = gate.post({ after: held, timeout: 30 });
    const paused = gate.post({ timeout: 30 });
    await paused.pause();
    for (const job of [...jobs, paused, after]) await assert.rejects(job, timedOut(30));
    assert.equal(held.status, 'running');
    assert.equal(gate.words[1], 1);
    gate.open();
    await held;
  },
);

eachMode('a job that is done in time stays done', async (start) => {
  const runtime = await start();
  const jobs = Array.from({ length: 200 }, (_, i) =>
    runtime.post('empty', { range: [0, 1], timeout: 100 + i }),
  );
  await Promise.all(jobs);
  await new Promise((resolve) => setTimeout(resolve, 350));
  assert(jobs.every((job) => job.status === 'done'));
});

eachBuild(
  'a cancel before the timeout counts, a cancel after the timeout does not',
  async (start) => {
    const runtime = await start({ workers: 1 });
    const gate = new Gate(runtime);
    const [held] = await gate.hold(1);
    const [early, late] = [0, 1].map(() => gate.post({ range: [0, 2], grain: 1, timeout: 30 }));
    early.cancel('mine');
    await assert.rejects(
      early,
      (error) => error.constructor === CancelledError && error.reason === 'mine',
    );
    await assert.rejects(late, timedOut(30));
    late.cancel('mine');
    await assert.rejects(late, timedOut(30));
    const both = held;
    both.cancel('mine');
    gate.open();
    await Promise.allSettled([both]);
  },
);

eachBuild('bad timeouts are refused', async (start) => {
  const runtime = await start();
  for (const timeout of [0, -1, NaN, Infinity, 2 ** 31, '50', 50n, null, {}]) {
    assert.throws(
      () => runtime.post('empty', { range: [0, 1], timeout }),
      (e) =>
        e.constructor === ArgumentError &&
        /"timeout" of post\(\) must be milliseconds, more than 0/.test(e.message),
    );
  }
  for (const timeout of [0.5, 2 ** 31 - 1, undefined]) {
    assert.equal(
      (await runtime.post('empty', { range: [0, 1], timeout }).catch((error) => error))
        .iterations <= 1,
      true,
    );
  }
});

eachBuild('a timeout does not keep the process alive', async (start, t, file) => {
  for (const mode of ['threads', 'cooperative']) {
    const { code, stdout, ms } = await inProcess(
      `const runtime = await start({ mode: '${mode}' });
       await runtime.post('empty', { range: [0, 1], timeout: 600_000 });
       const job = runtime.post('forever', { range: [0, 1e15], timeout: 100 });
       process.on('exit', () => console.log(job.status));`,
      { file },
    );
    assert.deepEqual([code, stdout], [0, 'cancelled']);
    assert(ms < 15_000, `${ms} ms`);
  }
});
