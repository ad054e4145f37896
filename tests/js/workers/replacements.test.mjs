// Replacements of dead workers: how many there may be, and what happens to a replacement that is
// not needed any more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { OptionsError } from '../../../web/index.js';
import { builds, eachBuild, inProcess, moduleOf, startAt, until } from '../helpers.mjs';

/** A minute passes when minute() is called. */
const MINUTES = `
  const wait = globalThis.setTimeout;
  const calls = [];
  globalThis.setTimeout = (call, ms, ...rest) => ms === 60_000 ? calls.push(call) : wait(call, ms, ...rest);
  const minute = () => calls.splice(0).forEach((call) => call());
`;

eachBuild(
  'past the limit jobs fail and posts are refused, until a replacement may start again',
  async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `const runtime = await start({ workers: 1, replacementLimit: 2 });
       const told = [];
       runtime.addEventListener('replacement-limit', ({ detail }) => told.push(detail));
       const until = async (holds) => { while (!holds()) await new Promise((resolve) => wait(resolve, 1)); };
       const gate = runtime.alloc(Uint32Array, 2);
       const ring = runtime.ring('record', { args: { by: 1 }, encode: (view, n) => (view.setUint32(0, n, true), 4), decode: (view) => view.getUint32(0, true) });
       for (let round = 0; round < 2; round++) {
         const jobs = [];
         minute();
         for (let i = 0; i < 3; i++) {
           await until(() => runtime.workers.running === 1);
           if (i === 2) {
             jobs.push(runtime.post('gate', { range: [0, 1], args: { gate } }));
             while (!gate[1]) await new Promise((resolve) => wait(resolve, 1));
             for (let k = 0; k < 40; k++) jobs.push(runtime.post(k % 2 ? 'fib' : 'empty', k % 2 ? { args: { n: 20 } } : { range: [0, 5] }));
             gate[1] = 0;
           }
           runtime.replaceWorker(0);
           await until(() => runtime.workers.running === 0);
         }
         const ends = await Promise.allSettled(jobs);
         console.log(ends.length, [...new Set(ends.map(({ reason }) => reason.code))].join());
         try { runtime.post('empty', { range: [0, 1] }); } catch (error) { console.log(error.code, /worker 0 died and was not replaced: replaceWorker/.test(error.message)); }
         minute();
         await until(() => runtime.workers.running === 1);
         console.log((await runtime.run('fib', { args: { n: 20 } })).state.result, runtime.workers.reason, runtime.stats().outstanding);
         for (let k = 0; k < 1000; k++) await runtime.run('empty', { range: [0, 5] });
       }
       console.log(told.length, told[0].worker, /not replaced/.test(told[0].reason));
       await runtime.close();`,
      { file, before: MINUTES },
    );
    assert.equal(code, 0, stderr);
    const round = ['41 WORKER_LOST', 'STOPPED true', '6765n  0'];
    assert.deepEqual(stdout.split('\n'), [...round, ...round, '2 0 true']);
  },
);

eachBuild('workers beside the one that is not replaced go on', async (start) => {
  const runtime = await start({ replacementLimit: 0 });
  const told = [];
  runtime.addEventListener('replacement-limit', ({ detail }) => told.push(detail));
  const loop = runtime.post('spin', { range: [0, 1e9], args: { cost: 10 } });
  await until(() => runtime.stats().workers[1].chunks > 0); // it runs in the loop
  runtime.replaceWorker(1);
  await until(() => told.length === 1);
  await assert.rejects(loop, { code: 'WORKER_LOST' });
  assert.equal((await runtime.run('empty', { range: [0, 5] })).iterations, 5);
  assert.match(runtime.workers.reason, /worker 1 died and was not replaced/);
  assert.equal(runtime.workers.running, 1);
  for (const replacementLimit of [-1, 0.5, '16', NaN])
    await assert.rejects(start({ replacementLimit }), OptionsError);
});

eachBuild('jobs fail, too, where the last worker ends because fewer are wanted', async (start) => {
  const runtime = await start({ workers: 2, replacementLimit: 0 });
  const told = [];
  runtime.addEventListener('replacement-limit', ({ detail }) => told.push(detail));
  runtime.replaceWorker(0);
  await until(() => told.length === 1);
  const loop = runtime.post('spin', { range: [0, 1e9], args: { cost: 10 } });
  const lost = assert.rejects(loop, { code: 'WORKER_LOST', message: /worker 0 .*not replaced/ });
  await runtime.resize(1);
  await lost;
  assert.equal(runtime.workers.running, 0);
  assert.throws(() => runtime.post('empty', { range: [0, 5] }), { code: 'STOPPED' });
});

test('Infinity: a worker is always replaced', async (t) => {
  const module = await moduleOf(builds[0]);
  const runtime = await startAt({ module, workers: 1, replacementLimit: Infinity });
  t.after(() => runtime.close());
  for (let i = 0; i < 17; i++) {
    runtime.replaceWorker(0);
    await until(() => runtime.workers.running === 1);
  }
  assert.equal((await runtime.run('empty', { range: [0, 5] })).iterations, 5);
});

eachBuild('a replacement that is not needed any more ends', async (start) => {
  const runtime = await start({ workers: 2 });
  runtime.replaceWorker(1);
  await sleep(5);
  await runtime.resize(1);
  await until(() => runtime.workers.reason === '');
  assert.equal(runtime.workers.running, 1);
  await runtime.resize(2);
  assert.equal(runtime.workers.running, 2);
  runtime.replaceWorker(1);
  await runtime.resize(1);
  await runtime.resize(2);
  await until(() => runtime.workers.running === 2);
  const idle = await start({ workers: 2, idleTimeout: 20 });
  idle.replaceWorker(1);
  await until(() => idle.workers.running === 0 && idle.workers.reason === '');
  await sleep(150);
  assert.equal(idle.workers.running, 0);
  assert.equal((await idle.run('empty', { range: [0, 5] })).iterations, 5);
});

eachBuild(
  'of two workers that start together, one that fails costs no job',
  async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `const threads = (await import('node:worker_threads')).default;
     let refuses = false;
     const { Worker } = threads;
     threads.Worker = class extends Worker {
       constructor(...args) {
         if (refuses) { refuses = false; throw new Error('no thread'); }
         super(...args);
       }
     };
     (await import('node:module')).syncBuiltinESMExports();
     const runtime = await start({ workers: 2, idleTimeout: 500, replacementLimit: 0 });
     await runtime.run('empty', { range: [0, 5] });
     while (runtime.workers.running) await new Promise((resolve) => setTimeout(resolve, 5));
     refuses = true;
     console.log((await runtime.run('empty', { range: [0, 5] })).iterations, refuses, runtime.workers.reason);
     await runtime.resize(1); // the other one goes: the first is started again
     console.log((await runtime.run('empty', { range: [0, 5] })).iterations, runtime.workers.running, runtime.workers.reason);
     await runtime.close();`,
      { file },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '5 false worker 0 did not start: no thread\n5 1');
  },
);

eachBuild('close() while replacements start leaves no thread', async (start, t, file) => {
  const { code, stdout, stderr } = await inProcess(
    `const threads = (await import('node:worker_threads')).default;
     let left = 0;
     const { Worker } = threads;
     threads.Worker = class extends Worker {
       constructor(...args) { super(...args); left++; this.on('exit', () => left--); }
     };
     (await import('node:module')).syncBuiltinESMExports();
     for (const wait of [0, 5, 40]) {
       const runtime = await start();
       runtime.replaceWorker(0);
       runtime.replaceWorker(1);
       await new Promise((resolve) => setTimeout(resolve, wait));
       await runtime.close();
       console.log(left);
     }`,
    { file },
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.split('\n'), Array(3).fill('0'));
});
