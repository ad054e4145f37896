// The promises of Piscina 5's documentation, tried on Filch: sizes, limits, aborts, ends, options
// of threads, their deaths.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  ArgumentError,
  CancelledError,
  ClosedError,
  OptionsError,
  QueueFullError,
  Runtime,
  WorkerLostError,
} from '../../../web/index.js';
import {
  builds,
  eachBuild,
  ENDLESS,
  Gate,
  inProcess,
  moduleOf,
  startAt,
  until,
} from '../helpers.mjs';

const script = (name) => new URL(`../../fixtures/plugins/${name}.js`, import.meta.url);
const THREAD = { fields: { out: 'array u8', length: 'state u32' } };
const RUIN = { fields: { how: 'value u32' } };
const post = (runtime) => runtime.post('empty', { range: [0, 1] });

/** The report of the kernel about its thread. */
async function thread(options) {
  const runtime = await startAt({
    module: await moduleOf(builds[0]),
    workers: 1,
    memory: 2 ** 24,
    mode: 'threads',
    threadOptions: options,
  });
  try {
    await runtime.define('thread', script('thread'), THREAD);
    const out = runtime.alloc(Uint8Array, 100_000);
    const { state } = await runtime.run('thread', { range: [0, 1], args: { out } });
    return JSON.parse(Buffer.from(out.slice(0, state.length)));
  } finally {
    await runtime.close();
  }
}

eachBuild(
  'the pool starts with the first number of threads, grows to the most, shrinks to one, and ends with none',
  async (start) => {
    const runtime = await start({ workers: 1, maxWorkers: 3 });
    const jobs = Array.from({ length: 100 }, () => post(runtime));
    assert.equal(runtime.workers.running, 1);
    await Promise.all(jobs);
    await runtime.resize(3);
    assert.equal(runtime.workers.running, 3);
    assert.throws(() => runtime.resize(4), ArgumentError);
    await runtime.close();
    assert.equal(runtime.workers.running, 0);
  },
);

eachBuild('a most below the first number is no error: the first number counts', async (start) => {
  const runtime = await start({ workers: 2, maxWorkers: 1 });
  assert.equal(runtime.workers.running, 2);
  await runtime.resize(1);
  await runtime.resize(2);
});

eachBuild('idle threads end after idleTimeout, and with Infinity never', async (start) => {
  const [brief, endless] = [
    await start({ idleTimeout: 20 }),
    await start({ idleTimeout: Infinity }),
  ];
  await Promise.all([post(brief), post(endless)]);
  await until(() => brief.workers.running === 0);
  await sleep(60);
  assert.equal(endless.workers.running, 2);
  await Promise.all([post(brief), post(endless)]);
});

eachBuild(
  'with a signal that was aborted before, nothing runs, and the reason is kept',
  async (start) => {
    const runtime = await start();
    const visits = runtime.alloc(Uint32Array, 1);
    const reason = new Error('changed my mind');
    const job = runtime.post('visit', {
      range: [0, 1],
      args: { visits },
      signal: AbortSignal.abort(reason),
    });
    await assert.rejects(
      job,
      (error) =>
        error instanceof CancelledError && error.reason === reason && error.cause === reason,
    );
    await post(runtime);
    assert.equal(visits[0], 0);
  },
);

eachBuild(
  'a job that is aborted in the queue leaves at once, and its neighbours stay',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 1 });
    const gate = new Gate(runtime);
    const [held] = await gate.hold();
    const controller = new AbortController();
    const [before, aborted, after] = [
      gate.post(),
      gate.post({ signal: controller.signal }),
      gate.post(),
    ];
    assert.equal(runtime.stats().queued, 3);
    controller.abort();
    assert.deepEqual([aborted.status, runtime.stats().queued], ['cancelled', 2]);
    await assert.rejects(aborted, CancelledError);
    gate.open();
    await Promise.all([held, before, after]);
  },
);

eachBuild('an abort of a running job does not end the worker', async (start) => {
  const runtime = await start();
  const crashes = [];
  runtime.addEventListener('worker-crash', (event) => crashes.push(event));
  const controller = new AbortController();
  const jobs = Array.from({ length: 4 }, () =>
    runtime.post('spin', { range: ENDLESS, args: { cost: 10 }, signal: controller.signal }),
  );
  const other = runtime.post('spin', { range: [0, 1e6], args: { cost: 10 } });
  await until(() => jobs[0].status === 'running' && jobs[0].progress > 0);
  controller.abort();
  for (const job of jobs) await assert.rejects(job, CancelledError);
  assert.equal((await other).iterations, 1e6);
  assert.deepEqual([runtime.workers.running, crashes.length], [2, 0]);
});

eachBuild('no listener is left on a signal', async (start) => {
  const runtime = await start();
  const { signal } = new AbortController();
  await Promise.all(
    Array.from({ length: 20 }, () => runtime.run('empty', { range: [0, 1], signal })),
  );
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  assert.throws(() => runtime.post('empty', { range: [0, 1], signal: {} }), /AbortSignal/);
});

eachBuild('one post beyond maxQueue is refused, and the others are not affected', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 2, maxQueue: 2 });
  const gate = new Gate(runtime);
  const jobs = [...(await gate.hold()), gate.post(), gate.post(), gate.post()];
  assert.throws(() => gate.post(), QueueFullError);
  await assert.rejects(runtime.run('empty', { range: [0, 1] }), QueueFullError);
  gate.open();
  for (const job of jobs) assert.equal((await job).iterations, 1);
});

eachBuild('with maxQueue 0 no post waits', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 1, maxQueue: 0 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold();
  assert.throws(() => gate.post(), QueueFullError);
  gate.open();
  await held;
  await post(runtime);
});

eachBuild(
  'terminate() rejects running and waiting jobs, and new posts are refused',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 1 });
    const gate = new Gate(runtime);
    const jobs = [...(await gate.hold()), gate.post(), gate.post()];
    const ended = runtime.terminate();
    for (const job of jobs) await assert.rejects(job, CancelledError);
    await ended;
    assert.equal(runtime.workers.running, 0);
    assert.throws(() => post(runtime), ClosedError);
  },
);

eachBuild(
  'close({ drain }) lets running and waiting jobs end; with a time limit, those that end in time',
  async (start) => {
    const patient = await start({ workers: 1, taskSlots: 1 });
    const jobs = Array.from({ length: 30 }, () => post(patient));
    await patient.close({ drain: true });
    assert(jobs.every(({ status }) => status === 'done'));
    const hasty = await start({ workers: 1 });
    const job = hasty.post('spin', { range: ENDLESS, args: { cost: 10 } });
    await hasty.close({ drain: true, timeout: 30 });
    await assert.rejects(job, CancelledError);
  },
);

eachBuild('a job may be pending for ever, and closing twice is one close', async (start) => {
  const runtime = await start();
  const job = runtime.post('forever', { range: ENDLESS });
  assert.equal(runtime.close(), runtime.close());
  await assert.rejects(job, CancelledError);
});

eachBuild('env, argv, execArgv, workerData reach the threads', async () => {
  const told = await thread({
    env: { A: '1' },
    argv: ['x', 2],
    execArgv: ['--no-warnings'],
    workerData: { deep: [1, 'a'] },
  });
  assert.deepEqual(told, {
    env: { A: '1' },
    argv: ['x', '2'],
    execArgv: ['--no-warnings'],
    workerData: { deep: [1, 'a'] },
  });
  const plain = await thread({});
  assert.deepEqual([plain.argv, plain.execArgv, plain.workerData], [[], [], undefined]);
  assert.equal(plain.env.PATH, process.env.PATH);
});

eachBuild('options that threads cannot have are refused', async () => {
  for (const bad of ['x', 5, null])
    await assert.rejects(Runtime.start({ threadOptions: bad }), OptionsError);
  for (const threadOptions of [{ workerData: () => {} }, { execArgv: ['--no-such-flag'] }]) {
    await assert.rejects(
      Runtime.start({ mode: 'threads', threadOptions }),
      (error) => error.code === 'WORKER_START',
    );
  }
});

for (const [what, how, options] of [
  ['uses up its heap, of limited size', 0, { resourceLimits: { maxOldGenerationSizeMb: 16 } }],
  ['exits', 1, {}],
]) {
  eachBuild(
    `a function that ${what}: its task fails, the others go on, another thread comes`,
    async (start) => {
      const runtime = await start({ threadOptions: options });
      const crashes = [];
      runtime.addEventListener('worker-crash', ({ detail }) => crashes.push(detail));
      await runtime.define('ruin', script('ruin'), RUIN);
      const other = runtime.post('spin', { range: [0, 2e6], args: { cost: 10 }, grain: 100 });
      await assert.rejects(runtime.run('ruin', { range: [0, 1], args: { how } }), WorkerLostError);
      // The lost thread may have had a part of the job.
      await other.catch((error) => assert(error instanceof WorkerLostError));
      await until(() => runtime.workers.running === 2);
      assert.equal(crashes.length, 1);
      const again = await Promise.all(
        Array.from({ length: 50 }, () => runtime.run('ruin', { range: [0, 1], args: { how: 2 } })),
      );
      assert(again.every(({ iterations }) => iterations === 1));
    },
  );
}

eachBuild('events tell of threads that start and of tasks that end', async (start) => {
  const runtime = await start({ workers: 1, maxWorkers: 2 });
  const events = [];
  for (const type of ['worker-start', 'task'])
    runtime.addEventListener(type, ({ detail }) => events.push(detail.worker ?? detail.status));
  await runtime.resize(2);
  await post(runtime);
  await post(runtime);
  assert.deepEqual(events, [1, 'done', 'done']);
});

eachBuild(
  'an idle pool does not keep the process alive, and a pool that works does',
  async (start, t, file) => {
    const idle = await inProcess(`await start(); console.log('up');`, { file });
    assert.deepEqual([idle.code, idle.stdout], [0, 'up']);
    const busy = await inProcess(
      `(await start()).run('spin', { range: [0, 3000], args: { cost: 20000 } }).then(() => console.log('done'));`,
      { file },
    );
    assert.deepEqual([busy.code, busy.stdout], [0, 'done']);
  },
);

eachBuild('sizes count outstanding, queued, and settled jobs', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 2 });
  const gate = new Gate(runtime);
  const jobs = [...(await gate.hold()), gate.post(), gate.post(), gate.post()];
  const { outstanding, queued } = runtime.stats();
  assert.deepEqual([outstanding, queued], [4, 2]);
  gate.open();
  await Promise.all(jobs);
  const after = runtime.stats();
  assert.deepEqual([after.outstanding, after.queued, after.jobs.done], [0, 0, 4]);
});
