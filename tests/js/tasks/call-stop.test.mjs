// A running runtime.call() is stopped: its job settles at once, its slot and its memory stay until
// the function has ended, and a function that goes on for too long loses its worker.
import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import threads from 'node:worker_threads';

import {
  CancelledError,
  DependencyError,
  MemoryInUseError,
  OptionsError,
  TimeoutError,
} from '../../../web/index.js';
import { ENDLESS, eachBuild, eachMode, until } from '../helpers.mjs';

const url = new URL('../../fixtures/modules/tasks.js', import.meta.url);
const add = (runtime) => runtime.call(url, 'add', [1, 2]);

/** { job, words } of a call that runs until words[0] is set; and the crashes of workers. */
async function running(runtime, options) {
  await add(runtime); // the module is there
  const crashes = [];
  runtime.addEventListener('worker-crash', ({ detail }) => crashes.push(detail.reason));
  const words = runtime.alloc(Int32Array, 2);
  const job = runtime.call(url, 'busy', [words], options);
  job.catch(() => {});
  await until(() => Atomics.load(words, 1) === 1);
  return { job, words, crashes };
}

function isFreed(runtime, array) {
  try {
    runtime.free(array);
    return true;
  } catch (error) {
    assert(error instanceof MemoryInUseError);
    return false;
  }
}

/** Milliseconds until the promise has rejected, and its error. */
async function rejected(promise) {
  const begin = performance.now();
  const error = await promise.then(assert.fail, (thrown) => thrown);
  return { error, ms: performance.now() - begin };
}

eachBuild('cancel(), a signal, and a timeout settle a running call at once', async (start) => {
  const runtime = await start({ callGrace: Infinity, workers: 3 });
  const abort = new AbortController();
  const ways = [
    [{}, CancelledError, (job) => job.cancel('enough'), 'enough'],
    [{ signal: abort.signal }, CancelledError, () => abort.abort('no more'), 'no more'],
    [{ timeout: 500 }, TimeoutError, () => {}, 'timeout of 500 ms'],
  ];
  for (const [options, Kind, stop, reason] of ways) {
    const { job, words } = await running(runtime, options);
    stop(job);
    const { error, ms } = await rejected(job);
    assert(error instanceof Kind, String(error));
    assert.equal(error.reason, reason);
    assert.equal(error.message, `job ${job.id} (function "busy") was cancelled: "${reason}"`);
    assert.equal(error.kernel, 'busy');
    assert(ms < 2000, `after ${ms} ms`);
    assert.equal(job.status, 'cancelled');
    assert.equal(job.progress, 0);
    assert.equal(runtime.stats().outstanding, 0);
    assert.equal(await add(runtime), 3);
    assert.equal(Atomics.load(words, 0), 0); // the function still runs
    Atomics.store(words, 0, 1);
  }
});

eachBuild('the slot and the memory stay until the function has returned', async (start) => {
  const runtime = await start({ callGrace: Infinity, taskSlots: 1 });
  const { job, words, crashes } = await running(runtime);
  const used = runtime.memory.used;
  job.cancel();
  await assert.rejects(job, CancelledError);
  assert.equal(runtime.memory.used, used);
  assert.throws(
    () => runtime.free(words),
    (error) =>
      error instanceof MemoryInUseError &&
      error.job === job.id &&
      /was stopped/.test(error.message),
  );
  const next = add(runtime);
  await sleep(20);
  assert.equal(next.status, 'queued');
  Atomics.store(words, 0, 1);
  assert.equal(await next, 3);
  runtime.free(words);
  assert.equal(runtime.memory.used, 0);
  assert.deepEqual(crashes, []);
  assert.equal(await add(runtime), 3);
});

eachBuild('a function that never returns loses its worker', async (start) => {
  const runtime = await start({ workers: 1, callGrace: 30, taskSlots: 1 });
  for (let i = 0; i < 3; i++) {
    const { job, words, crashes } = await running(runtime);
    const next = add(runtime);
    job.cancel();
    await assert.rejects(job, CancelledError);
    assert.equal(await next, 3);
    assert.equal(crashes.length, 1);
    assert.match(crashes[0], /function "busy" of job \d+ was stopped, and went on for 30 ms/);
    runtime.free(words);
    assert.equal(runtime.memory.used, 0);
  }
});

eachBuild('a function that returns within the grace keeps its worker', async (start) => {
  const runtime = await start({ workers: 1, callGrace: 200 });
  for (const name of ['busy', 'busyThenLarge', 'busyThenLater', 'busyThenFails']) {
    await add(runtime);
    const before = await runtime.call(url, 'count');
    const crashes = [];
    runtime.addEventListener('worker-crash', () => crashes.push(name));
    const words = runtime.alloc(Int32Array, 2);
    const job = runtime.call(url, name, [words]);
    await until(() => Atomics.load(words, 1) === 1);
    job.cancel();
    await assert.rejects(job, CancelledError);
    Atomics.store(words, 0, 1);
    assert.equal(await runtime.call(url, 'count'), before + 1, name);
    await until(() => isFreed(runtime, words)); // an answer by message comes when it comes
    assert.equal(runtime.memory.used, 0);
    if (name === 'busyThenFails') await sleep(300);
    assert.deepEqual(crashes, []);
  }
});

eachBuild('a function that ended while the owner was busy keeps its worker', async (start) => {
  const runtime = await start({ workers: 1, callGrace: 20 });
  for (const name of ['busy', 'busyThenLater']) {
    const { crashes } = await running(runtime).then(async ({ job, words, ...rest }) => {
      Atomics.store(words, 0, 1);
      await job;
      return rest;
    });
    const words = runtime.alloc(Int32Array, 2);
    const job = runtime.call(url, name, [words]);
    await until(() => Atomics.load(words, 1) === 1);
    job.cancel();
    Atomics.store(words, 0, 1);
    Atomics.wait(words, 0, 1, 100); // this thread is not there
    await assert.rejects(job, CancelledError);
    await sleep(60);
    assert.equal(await add(runtime), 3);
    assert.deepEqual(crashes, [], name);
  }
});

eachBuild('a promise that never settles loses its worker, too', async (start) => {
  const runtime = await start({ workers: 1, callGrace: 30 });
  await add(runtime);
  const crashes = [];
  runtime.addEventListener('worker-crash', ({ detail }) => crashes.push(detail.reason));
  const words = runtime.alloc(Int32Array, 2);
  for (const [name, args] of [
    ['never', []],
    ['keep', [words]],
  ]) {
    const never = runtime.call(url, name, args);
    const next = add(runtime);
    await until(() => never.status === 'running');
    never.cancel();
    await assert.rejects(never, CancelledError);
    assert.equal(await next, 3);
  }
  assert.equal(crashes.length, 2);
  runtime.free(words);
  assert.equal(runtime.memory.used, 0);
});

eachBuild('dependents of a stopped call fail at once', async (start) => {
  const runtime = await start({ callGrace: Infinity });
  const { job, words } = await running(runtime);
  const dependent = runtime.call(url, 'add', [1, 1], { after: job });
  const dependent2 = runtime.post('empty', { range: [0, 1], after: [dependent] });
  job.cancel('enough');
  for (const each of [dependent, dependent2]) await assert.rejects(each, DependencyError);
  await assert.rejects(runtime.call(url, 'add', [1, 1], { after: job }), DependencyError);
  Atomics.store(words, 0, 1);
});

eachBuild('a worker that ends by other means ends its stopped call', async (start) => {
  const runtime = await start({ workers: 1, callGrace: Infinity });
  const { job, words } = await running(runtime);
  job.cancel();
  await assert.rejects(job, CancelledError);
  const next = add(runtime);
  runtime.replaceWorker(0);
  assert.equal(await next, 3);
  runtime.free(words);
  assert.equal(runtime.memory.used, 0);
});

eachBuild(
  'jobs that another worker runs, or that wait, are not lost with the worker',
  async (start) => {
    const runtime = await start({ workers: 2, callGrace: 30 });
    const { job } = await running(runtime);
    const loop = runtime.post('spin', { range: [0, 2e6], args: { cost: 1 } });
    job.cancel();
    await assert.rejects(job, CancelledError);
    const calls = Array.from({ length: 50 }, () => add(runtime));
    assert.deepEqual(await Promise.all(calls), Array(50).fill(3));
    assert.equal((await loop).iterations, 2e6);
  },
);

/** Calls `before`, and awaits it, before a worker's thread is terminated. */
function beforeTerminate(t, before) {
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    async terminate() {
      await before();
      return super.terminate();
    }
  };
  syncBuiltinESMExports();
  t.after(() => {
    threads.Worker = Worker;
    syncBuiltinESMExports();
  });
}

for (const [kernel, options] of [
  ['spin', { range: ENDLESS, args: { cost: 100 } }],
  ['fib', { args: { n: 90 } }],
]) {
  eachBuild(`a worker that is ended begins nothing more: ${kernel}`, async (start, t) => {
    let words;
    let next;
    let before;
    beforeTerminate(t, async () => {
      if (!words) return;
      Atomics.store(words, 0, 1); // the function ends before its thread does
      words = undefined;
      await sleep(50);
      before = next.status;
    });
    const runtime = await start({ workers: 1, callGrace: 30 });
    const stopped = await running(runtime);
    next = runtime.post(kernel, options);
    const waiting = Array.from({ length: 10 }, () =>
      runtime.call(url, 'add', [1, 2], { priority: 'low' }),
    );
    words = stopped.words;
    stopped.job.cancel();
    await assert.rejects(stopped.job, CancelledError);
    await until(() => next.status === 'running'); // on the new worker
    assert.equal(before, 'queued');
    next.cancel();
    await assert.rejects(next, CancelledError);
    assert.deepEqual(await Promise.all(waiting), Array(10).fill(3));
    assert.equal(stopped.crashes.length, 1);
    runtime.free(stopped.words);
    assert.equal(runtime.memory.used, 0);
  });
}

eachBuild('close() takes no longer with stopped calls', async (start) => {
  const runtime = await start({ workers: 1 });
  const { job } = await running(runtime);
  const begin = performance.now();
  const closed = runtime.close();
  const { error } = await rejected(job);
  assert(error instanceof CancelledError);
  await closed;
  assert(performance.now() - begin < 3000);
});

eachMode('waiting calls are stopped as before, and do not begin', async (start) => {
  const runtime = await start({ workers: 1 });
  const before = await runtime.call(url, 'count');
  const gate = runtime.call(url, 'later', [0, 40]);
  const stopped = [runtime.call(url, 'count'), runtime.call(url, 'count', [], { timeout: 1 })];
  stopped[0].cancel('no');
  await assert.rejects(stopped[0], CancelledError);
  if (runtime.mode === 'threads') await assert.rejects(stopped[1], TimeoutError);
  await gate;
  await Promise.allSettled(stopped);
  if (runtime.mode === 'threads') assert.equal(await runtime.call(url, 'count'), before + 1);
});

eachBuild('the grace is milliseconds, or Infinity', async (start) => {
  for (const callGrace of [0, -1, NaN, '5', null])
    await assert.rejects(start({ callGrace }), OptionsError);
});
