// Every runtime.call() settles, whatever becomes of its worker, its module, its task slot, or its
// answer.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  ArgumentError,
  CancelledError,
  CorruptError,
  PluginError,
  QueueFullError,
  TimeoutError,
  WorkerLostError,
} from '../../../web/index.js';
import { eachBuild, eachMode, Gate, inProcess, until } from '../helpers.mjs';

const url = new URL('../../fixtures/modules/tasks.js', import.meta.url);
const strange = new URL('../../fixtures/modules/strange.js', import.meta.url);
const add = (runtime) => runtime.call(url, 'add', [1, 2]);

eachMode('slots of cancelled asynchronous functions go to calls that wait', async (start) => {
  const runtime = await start({ taskSlots: 2 });
  await add(runtime);
  for (let i = 0; i < 10; i++) {
    const job = runtime.call(url, 'later', [i, 20]);
    await until(() => job.status === 'running' || job.status === 'done');
    await sleep(1);
    job.cancel('no more');
    await job.catch(() => {});
  }
  const never = Array.from({ length: 2 }, () => runtime.call(url, 'later', [0, 400]));
  await until(() => never.every(({ status }) => status === 'running'));
  await sleep(20);
  const waiting = add(runtime);
  assert.equal(waiting.status, 'queued');
  for (const job of never) job.cancel();
  assert.equal(await waiting, 3);
});

eachMode(
  'a call is cancelled after the return of its function, before the owner has its result',
  async (start) => {
    const runtime = await start({ workers: 2 });
    await add(runtime);
    const never = runtime.call(url, 'never');
    const end = performance.now() + 2000;
    // The owner handles no completion in this loop.
    while (never.progress < 1 && performance.now() < end && runtime.mode === 'threads');
    never.cancel('enough');
    await assert.rejects(never, CancelledError);
    await assert.rejects(runtime.call(url, 'never', [], { timeout: 1 }), TimeoutError);
  },
);

eachBuild(
  'a worker is replaced before the owner learns that its function is asynchronous',
  async (start) => {
    const runtime = await start({ workers: 1 });
    await add(runtime);
    const never = runtime.call(url, 'never');
    const after = runtime.call(url, 'add', [1, 1]);
    while (never.progress < 1);
    runtime.replaceWorker(0);
    await assert.rejects(never, WorkerLostError);
    assert.equal(await after, 2);
  },
);

eachBuild('slots of functions whose worker has died are free again', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 1 });
  await add(runtime);
  for (let i = 0; i < 3; i++) {
    const never = runtime.call(url, 'never');
    await until(() => never.status === 'running');
    await sleep(5);
    const waiting = add(runtime);
    runtime.replaceWorker(0);
    await assert.rejects(never, WorkerLostError);
    assert.equal(await waiting, 3);
  }
});

eachBuild('workers die while results are on their way', async (start) => {
  const runtime = await start({ workers: 2 });
  await add(runtime);
  const jobs = [];
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 20; i++)
      jobs.push(runtime.call(url, i % 2 ? 'large' : 'later', i % 2 ? [2 ** 18] : [i, 1]));
    await sleep(3 + round);
    runtime.replaceWorker(round % 2);
  }
  const ends = await Promise.allSettled(jobs);
  assert(
    ends.every(({ status, reason }) => status === 'fulfilled' || reason instanceof WorkerLostError),
    ends.find(({ reason }) => reason)?.reason,
  );
  assert(ends.some(({ status }) => status === 'fulfilled'));
  assert.equal(await add(runtime), 3);
  assert.equal(runtime.memory.used, 0);
});

for (const how of ['close', 'terminate']) {
  eachMode(
    `${how}() settles calls whose functions have not ended, one with a large result`,
    async (start) => {
      const runtime = await start();
      await add(runtime);
      const jobs = [
        ['never', []],
        ['later', [1, 300]],
        ['large', [2 ** 22]],
        ['add', [1, 2]],
      ].map(([name, args]) => runtime.call(url, name, args));
      await until(() => jobs[0].status !== 'queued');
      const settled = Promise.allSettled(jobs);
      await runtime[how]();
      for (const { status, reason } of await settled)
        assert(status === 'fulfilled' || reason instanceof CancelledError, `${status} ${reason}`);
    },
  );
}

eachBuild('workers that start later have the modules of calls', async (start) => {
  const runtime = await start({ workers: 1, maxWorkers: 3, idleTimeout: 30 });
  assert.equal(await runtime.call(url, 'count'), 1);
  await runtime.resize(3);
  assert.deepEqual(
    await Promise.all(Array.from({ length: 30 }, () => add(runtime))),
    Array(30).fill(3),
  );
  await until(() => runtime.workers.running === 0);
  assert.deepEqual(
    await Promise.all(Array.from({ length: 30 }, () => add(runtime))),
    Array(30).fill(3),
  );
  await until(() => runtime.workers.running === 0);
  const missing = runtime.call(new URL('../../fixtures/modules/none.js', import.meta.url), 'add');
  await assert.rejects(
    missing,
    (error) => error instanceof PluginError && /none\.js/.test(error.message),
  );
  await runtime.resize(1);
  assert.equal(await add(runtime), 3);
});

eachBuild(
  'a cancelled function that goes on keeps only its own worker from later calls',
  async (start) => {
    const runtime = await start({ workers: 2, idleTimeout: 20 });
    await add(runtime);
    const never = runtime.call(url, 'never');
    await until(() => never.status === 'running');
    never.cancel();
    await assert.rejects(never, CancelledError);
    await sleep(60);
    assert.equal(await Promise.race([add(runtime), sleep(5000, 'nothing', { ref: false })]), 3);
  },
);

eachBuild(
  'a worker that starts later cannot import a module, and its calls fail',
  async (start, t) => {
    const runtime = await start({ workers: 1 });
    assert.equal(await runtime.call(strange, 'add', [1, 2]), 3);
    process.env.FILCH_TEST_REFUSED = 'yes';
    t.after(() => delete process.env.FILCH_TEST_REFUSED);
    runtime.replaceWorker(0);
    await assert.rejects(
      runtime.call(strange, 'add', [1, 2]),
      (error) => error instanceof PluginError && /refused/.test(error.message),
    );
    assert.equal(await add(runtime), 3);
  },
);

eachMode('an error that cannot be cloned reaches the caller in another form', async (start) => {
  const runtime = await start();
  for (const name of ['bare', 'bareLater', 'getter', 'getterLater', 'thenThrows']) {
    await assert.rejects(
      runtime.call(strange, name),
      (error) => error instanceof Error && error.code !== 'WORKER_LOST',
      name,
    );
  }
  const [shallow] = await runtime.call(strange, 'deep', [1000]);
  assert(Array.isArray(shallow));
  await assert.rejects(
    runtime.call(strange, 'deep', [50_000]),
    (error) => error instanceof WorkerLostError || error.cause instanceof RangeError,
  );
  assert.equal(await add(runtime), 3);
});

eachBuild('a call whose result was overwritten fails as CORRUPT', async (start) => {
  const runtime = await start({ workers: 1 });
  await add(runtime);
  const array = runtime.alloc(Uint8Array, 64);
  await runtime.call(strange, 'add', [1, 1]);
  const one = add(runtime);
  const two = runtime.call(strange, 'scribble', [array, 8192]);
  while (two.progress < 1); // the owner handles no completion here
  await assert.rejects(one, CorruptError);
  assert.equal(await add(runtime), 3);
});

eachMode(
  'a buffer that is listed twice, or detached, is refused before the call runs',
  async (start) => {
    const runtime = await start();
    const array = new Uint8Array(8);
    assert.throws(
      () => runtime.call(url, 'sum', [array], { transfer: [array.buffer, array.buffer] }),
      ArgumentError,
    );
    assert.equal(array.length, 8);
    structuredClone(0, { transfer: [array.buffer] });
    assert.throws(() => runtime.call(url, 'sum', [1], { transfer: [array.buffer] }), ArgumentError);
    assert.equal(runtime.stats().outstanding, 0);
    assert.equal(runtime.memory.used, 0);
  },
);

eachMode('a call is cancelled, aborted, or refused while its module is imported', async (start) => {
  const runtime = await start({ taskSlots: 1, maxQueue: 3 });
  const abort = new AbortController();
  const jobs = [
    runtime.call(url, 'add', [1, 2]),
    runtime.call(url, 'add', [1, 2], { signal: abort.signal }),
    runtime.call(url, 'add', [1, 2]),
  ];
  assert.throws(() => runtime.call(url, 'add', [1, 2]), QueueFullError);
  abort.abort('changed');
  jobs[2].cancel('other');
  const [first, second, third] = await Promise.allSettled(jobs);
  assert.equal(first.value, 3);
  assert.deepEqual([second.reason.reason, third.reason.reason], ['changed', 'other']);
  assert.equal(runtime.memory.used, 0);
});

eachBuild(
  'a refused call of a missing module is no unhandled rejection',
  async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `const runtime = await start({ taskSlots: 1, maxQueue: 1 })
     const wait = runtime.post('forever', { range: [0, 1e15] }), queued = runtime.post('empty', { range: [0, 1] })
     try { runtime.call('file:///none.js', 'add') } catch (error) { console.log(error.code) }
     await new Promise((resolve) => setTimeout(resolve, 300))
     await runtime.close()`,
      { file },
    );
    assert.deepEqual([code, stdout], [0, 'QUEUE_FULL'], stderr);
  },
);

eachBuild('a call is as urgent as its dependents, with a slot or without', async (start) => {
  const runtime = await start({ workers: 1 });
  await add(runtime);
  const gate = new Gate(runtime);
  await gate.hold();
  const order = [];
  const call = (name, options) => {
    const job = runtime.call(url, 'add', [1, 1], options);
    job.then(() => order.push(name));
    return job;
  };
  const others = Array.from({ length: 5 }, (_, i) => call(`other ${i}`));
  const first = call('first', { priority: 'low' });
  const second = call('second', { priority: 'high', after: first });
  assert.equal(first.priority, 'high');
  first.priority = 'low';
  assert.equal(first.priority, 'high');
  gate.open();
  await Promise.all([...others, first, second]);
  assert(order.indexOf('first') < 2, order.join());
});
