// The number of workers of a runtime: resize(), idleTimeout, and the end by close() or terminate().
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  ArgumentError,
  CancelledError,
  ClosedError,
  OptionsError,
  Runtime,
  WorkerLostError,
} from '../../../web/index.js';
import { eachBuild, ENDLESS, Gate, inProcess, until } from '../helpers.mjs';

eachBuild(
  'a running loop goes on through resize(), and every iteration runs once',
  async (start) => {
    const runtime = await start({ workers: 1, maxWorkers: 4, taskSlots: 8 });
    const started = [];
    runtime.addEventListener('worker-start', ({ detail }) => started.push(detail.worker));
    const n = 200_000;
    const visits = runtime.alloc(Uint32Array, n);
    const job = runtime.post('visit', { range: [0, n], args: { visits }, grain: 1 });
    const endless = runtime.post('spin', { range: ENDLESS, args: { cost: 100 } });
    const tree = runtime.post('fib', { args: { n: 30 } });
    for (const count of [4, 2, 3, 1, 4, 1, 2]) {
      await runtime.resize(count);
      assert.equal(runtime.workers.running, count);
    }
    assert.deepEqual(started.slice(0, 3), [1, 2, 3]);
    assert.equal(endless.status, 'running');
    endless.cancel();
    await endless.catch(() => {});
    await job;
    assert(visits.every((times) => times === 1));
    assert.equal((await tree).state.result, 832040n);
    assert.equal(runtime.workers.reason, '');
  },
);

eachBuild('several calls of resize() at once, and close() among them', async (start) => {
  const runtime = await start({ workers: 2, maxWorkers: 3 });
  await Promise.all([runtime.resize(3), runtime.resize(1), runtime.resize(2)]);
  assert.equal(runtime.workers.running, 2);
  const resizes = [runtime.resize(3), runtime.resize(1)];
  await runtime.close();
  await Promise.all(resizes);
  assert.throws(() => runtime.resize(2), ClosedError);
});

eachBuild('resize() waits for a kernel, and close() ends the wait', async (start) => {
  const runtime = await start({ workers: 2 });
  const gate = new Gate(runtime);
  await gate.hold(2);
  let resized = false;
  const resize = runtime.resize(1).then(() => (resized = true));
  await sleep(50);
  assert.equal(resized, false);
  gate.open();
  await resize;
  assert.equal(runtime.workers.running, 1);
  await runtime.resize(2);
  gate.shut();
  await gate.hold(2);
  const never = runtime.resize(1);
  await runtime.terminate();
  await never;
});

eachBuild(
  'a worker that is killed while resize() removes workers is not replaced',
  async (start) => {
    const runtime = await start({ workers: 2 });
    const gate = new Gate(runtime);
    const jobs = await gate.hold(2);
    const resize = runtime.resize(1);
    runtime.replaceWorker(1);
    await resize;
    await assert.rejects(Promise.race(jobs), WorkerLostError);
    gate.open();
    const ends = await Promise.allSettled(jobs);
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    await sleep(100);
    assert.equal(runtime.workers.running, 1);
    await runtime.resize(2);
    await runtime.post('empty', { range: [0, 1000] });
  },
);

eachBuild('resize() refuses bad numbers of workers', async (start) => {
  const runtime = await start({ workers: 1, maxWorkers: 2 });
  for (const bad of [0, 3, -1, 1.5, '2', undefined, NaN]) {
    assert.throws(
      () => runtime.resize(bad),
      (error) => error instanceof ArgumentError && /1 to 2/.test(error.message),
    );
  }
  assert.throws(() => new Error() && runtime.resize(), ArgumentError);
  const alone = await start({ mode: 'cooperative' });
  assert.throws(() => alone.resize(1), /cooperative/);
  for (const bad of [
    { maxWorkers: 31 },
    { maxWorkers: 0 },
    { idleTimeout: 0 },
    { background: 'stop' },
    { threadOptions: 1 },
    { debug: 'yes' },
  ]) {
    await assert.rejects(Runtime.start(bad), OptionsError);
  }
});

eachBuild(
  'idle workers are stopped after idleTimeout, and start again for the next job',
  async (start) => {
    const runtime = await start({ idleTimeout: 30 });
    await until(() => runtime.workers.running === 0);
    assert.equal(
      (await runtime.post('spin', { range: [0, 100], args: { cost: 1 } })).iterations,
      100,
    );
    assert.equal(runtime.workers.running > 0, true);
    await until(() => runtime.workers.running === 0);
    const gate = new Gate(runtime);
    await gate.hold(2);
    await sleep(100); // longer than the limit: the workers are not idle
    assert.equal(runtime.workers.running, 2);
    gate.open();
  },
);

eachBuild('close({ drain }) waits for outstanding jobs, and refuses new ones', async (start) => {
  const runtime = await start({ taskSlots: 2 });
  const jobs = Array.from({ length: 20 }, () =>
    runtime.post('spin', { range: [0, 10_000], args: { cost: 10 } }),
  );
  const closing = runtime.close({ drain: true });
  assert.throws(() => runtime.post('empty', { range: [0, 1] }), ClosedError);
  await closing;
  for (const job of jobs) assert.equal(job.status, 'done');
});

eachBuild('close({ drain, timeout }) waits no longer than the timeout', async (start) => {
  const runtime = await start();
  const job = runtime.post('spin', { range: ENDLESS, args: { cost: 100 } });
  const begin = performance.now();
  await runtime.close({ drain: true, timeout: 50 });
  const took = performance.now() - begin;
  assert(took >= 45 && took < 2000, `${took}`);
  await assert.rejects(
    job,
    (error) => error instanceof CancelledError && error.reason === 'runtime closed',
  );
});

eachBuild('terminate() waits for no job', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  const [job] = await gate.hold();
  const begin = performance.now();
  await runtime.terminate();
  assert(performance.now() - begin < 900);
  await assert.rejects(job, CancelledError);
  assert.equal(runtime.close(), runtime.close());
});

eachBuild('options of threads reach Node', async (start) => {
  const runtime = await start({
    threadOptions: { resourceLimits: { maxOldGenerationSizeMb: 32 }, name: 'filch' },
  });
  await runtime.post('empty', { range: [0, 1] });
});

eachBuild('debug: arrays that were not freed are reported', async () => {
  const { stderr, code } = await inProcess(`
    const runtime = await start({ debug: true });
    runtime.free(runtime.alloc(Uint8Array, 10));
    function careless() { return runtime.alloc(Float32Array, 1000); }
    careless();
    await runtime.close();
  `);
  assert.equal(code, 0);
  assert.match(
    stderr,
    /1 arrays were not freed before close\(\), 4032 bytes:\nFloat32Array of 1000\n.*careless/,
  );
});

eachBuild('debug: a console that throws does not fail close()', async (start, t) => {
  const runtime = await start({ debug: true });
  runtime.alloc(Uint8Array, 10);
  t.mock.method(console, 'warn', () => {
    throw new Error('no console');
  });
  await runtime.close();
});

eachBuild('`using` frees an array at the end of its block', async (start) => {
  if (!Symbol.dispose) return;
  const runtime = await start();
  const array = runtime.alloc(Uint8Array, 100);
  array[Symbol.dispose]();
  assert.equal(runtime.memory.used, 0);
  const late = runtime.alloc(Uint8Array, 100);
  await runtime.close();
  late[Symbol.dispose]();
});

for (const [background, left] of [
  ['pause', 0],
  ['slow', 1],
  ['run', 2],
]) {
  eachBuild(`a hidden page: ${background}`, async (start, t, file) => {
    const { stdout, stderr, code } = await inProcess(
      `
        const until = async (condition) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2)); };
        const show = (state) => {
          document.visibilityState = state;
          document.dispatchEvent(new Event('visibilitychange'));
        };
        const runtime = await start({ background: ${JSON.stringify(background)} });
        const job = runtime.post('spin', { range: [0, 2e7], args: { cost: 20 } });
        await until(() => job.progress > 0);
        show('hidden');
        await until(() => runtime.workers.running === ${left});
        await new Promise((resolve) => setTimeout(resolve, 20));
        const before = job.progress;
        await new Promise((resolve) => setTimeout(resolve, 60));
        console.log(job.progress > before);
        show('visible');
        await job;
        await until(() => runtime.workers.running === 2);
        await runtime.close();
      `,
      {
        file,
        before: `globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });`,
      },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, String(left > 0));
  });
}
