// Workers that die: their jobs fail, the others go on, and new workers take their places.
import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

import { ArgumentError, ClosedError, JobError, WorkerLostError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, inProcess, likeABrowser, until } from '../helpers.mjs';

/** Collects the worker threads that are started. */
function watchThreads(t) {
  const { Worker } = threads;
  const started = [];
  threads.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      started.push(this);
    }
  };
  syncBuiltinESMExports();
  t.after(() => {
    threads.Worker = Worker;
    syncBuiltinESMExports();
  });
  return started;
}

async function goesOn(runtime) {
  const visits = runtime.alloc(Uint32Array, 1e5);
  await runtime.post('visit', { range: [0, 1e5], args: { visits } });
  assert(visits.every((n) => n === 1));
  runtime.free(visits);
}

eachBuild('a worker that dies in its kernel fails its job, and is replaced', async (start, t) => {
  const threadsStarted = watchThreads(t);
  const runtime = await start();
  const gate = new Gate(runtime);
  const owners = await gate.hold(2);
  const waiting = gate.post();
  await threadsStarted[0].terminate();
  const lost = await Promise.any(
    owners.map((job) =>
      job.then(
        () => Promise.reject(),
        (error) => error,
      ),
    ),
  );
  assert(lost instanceof WorkerLostError && lost instanceof JobError, `${lost}`);
  assert.equal(lost.code, 'WORKER_LOST');
  assert.equal(lost.kernel, 'gate');
  assert.match(lost.message, /kernel "gate".*died/);
  gate.open();
  const outcomes = await Promise.allSettled([...owners, waiting]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [
    'fulfilled',
    'fulfilled',
    'rejected',
  ]);
  await until(() => runtime.workers.running === 2, 'a new worker');
  assert.equal(runtime.workers.reason, '');
  assert.equal(threadsStarted.length, 3);
  await goesOn(runtime);
});

eachBuild('workers that die at rest are replaced', async (start, t) => {
  const threadsStarted = watchThreads(t);
  const runtime = await start();
  await goesOn(runtime);
  await Promise.all(threadsStarted.slice(0, 2).map((thread) => thread.terminate()));
  await goesOn(runtime);
  await until(() => runtime.workers.running === 2, 'two new workers');
  await goesOn(runtime);
});

eachBuild('replaceWorker() ends a kernel that does not return', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  const [stuck] = await gate.hold(1);
  const [worker] = [0, 1].filter((w) => runtime.stats().workers[w].tasks > 0);
  stuck.cancel('it hangs');
  runtime.replaceWorker(worker);
  assert.equal(runtime.workers.running, 1);
  assert.match(
    runtime.workers.reason,
    new RegExp(`worker ${worker} died, and another is starting.*replaceWorker`),
  );
  const error = await stuck.catch((e) => e);
  assert(['CANCELLED', 'WORKER_LOST'].includes(error.code), `${error}`);
  await until(() => runtime.workers.running === 2, 'a new worker');
  assert.equal(runtime.workers.reason, '');
  await goesOn(runtime);
  for (const bad of [undefined, -1, 2, 0.5, '0']) {
    assert.throws(
      () => runtime.replaceWorker(bad),
      (e) => e instanceof ArgumentError && /0 to 1/.test(e.message),
    );
  }
  const cooperative = await start({ mode: 'cooperative' });
  assert.throws(() => cooperative.replaceWorker(0), /cooperative/);
});

eachBuild('a worker is given up for lost only when its thread has ended', async (start, t) => {
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    async terminate() {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return super.terminate();
    }
  };
  syncBuiltinESMExports();
  t.after(() => {
    threads.Worker = Worker;
    syncBuiltinESMExports();
  });
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const [stuck] = await gate.hold(1);
  const began = performance.now();
  runtime.replaceWorker(0);
  await assert.rejects(stuck, { code: 'WORKER_LOST' });
  assert(performance.now() - began >= 390);
});

eachBuild(
  'replaceWorker() of a thread that cannot be ended settles everything, and stops the runtime',
  async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `const runtime = await start({ module: (await import('node:fs')).readFileSync(module) });
     const gate = runtime.alloc(Uint32Array, 2);
     const jobs = [runtime.post('gate', { range: [0, 1], args: { gate } })];
     while (!gate[1]) await new Promise((resolve) => setTimeout(resolve, 1));
     jobs.push(runtime.post('forever', { range: [0, 1e15] }));
     runtime.replaceWorker(0);
     console.log(runtime.mode, (await Promise.allSettled(jobs)).map(({ reason }) => reason.code).join());
     try { runtime.post('empty', { range: [0, 1] }); } catch (error) { console.log(error.code, error.message.includes('close() and start again')); }
     await runtime.close();
     process.exit();`,
      { file, before: likeABrowser('?immortal&vendor=Apple%20Computer') },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'threads WORKER_LOST,WORKER_LOST\nSTOPPED true');
  },
);

eachBuild('every job settles while workers die at any moment', async (start) => {
  const runtime = await start({ workers: 3, taskSlots: 32 });
  const jobs = [];
  for (let round = 0; round < 8; round++) {
    for (let i = 0; i < 100; i++) {
      jobs.push(
        i % 4
          ? runtime.post('spin', { range: [0, 200], args: { cost: 500 } })
          : runtime.post('iterate', { range: [0, 200], args: { cost: 500 } }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 5 + round));
    runtime.replaceWorker(round % 3);
  }
  const outcomes = await Promise.all(
    jobs.map((job) =>
      job.then(
        ({ iterations }) => iterations,
        (error) => error.code,
      ),
    ),
  );
  const lost = outcomes.filter((outcome) => outcome === 'WORKER_LOST').length;
  assert(
    outcomes.every((outcome) => outcome === 200 || outcome === 'WORKER_LOST'),
    `${new Set(outcomes)}`,
  );
  assert(lost <= 8 * 2, `${lost} lost`);
  await until(() => runtime.workers.running === 3, 'all workers');
  await goesOn(runtime);
});

eachBuild(
  'replacements are bounded; without workers everything settles, and posts are refused',
  async (start, t) => {
    const threadsStarted = watchThreads(t);
    const runtime = await start({ workers: 1 });
    const job = runtime.post('forever', { range: ENDLESS });
    const waiting = runtime.post('forever', { range: ENDLESS });
    const never = [];
    for (let i = 0; i <= 16; i++) {
      await until(() => runtime.workers.running === 1, 'a new worker');
      if (i === 16)
        never.push(
          runtime.post('sieve', { range: [0, 2 ** 30], args: { limit: 2 ** 31 }, priority: 'low' }),
        );
      if (i === 16)
        while (never.length < 300)
          never.push(runtime.post('empty', { range: [0, 2 ** 50], priority: 'low' }));
      await threadsStarted.at(-1).terminate();
    }
    const refused = new Promise((resolve) => job.catch(resolve));
    assert.equal((await refused).code, 'WORKER_LOST');
    await assert.rejects(waiting, { code: 'WORKER_LOST' });
    for (const each of never) await assert.rejects(each, { code: 'WORKER_LOST' });
    await until(() => runtime.workers.reason, 'the reason');
    assert.equal(threadsStarted.length, 17);
    assert.equal(runtime.workers.running, 0);
    assert.match(runtime.workers.reason, /worker 0 died and was not replaced/);
    assert.throws(
      () => runtime.post('empty', { range: [0, 1] }),
      (e) => e instanceof ClosedError && /not replaced/.test(e.message),
    );
    await runtime.close();
  },
);
