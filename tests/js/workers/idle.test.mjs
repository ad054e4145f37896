// A worker that has run the application's JavaScript turns its event loop: while it is idle, now
// and then while it is busy, and before it comes home.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { eachBuild, inProcess, until } from '../helpers.mjs';

const url = new URL('../../fixtures/modules/events.js', import.meta.url);
const tasks = new URL('../../fixtures/modules/tasks.js', import.meta.url);
const kernel = new URL('../../fixtures/plugins/timer.js', import.meta.url);

for (const end of ['await runtime.terminate()', 'await runtime.close()', '']) {
  test(`no line of a function is lost at ${end || "the program's end"}`, async () => {
    const source = `
      const runtime = await start();
      await runtime.call(${JSON.stringify(url.href)}, 'print', [5]);
      ${end}`;
    const { stdout, code, stderr } = await inProcess(source);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout, [0, 1, 2, 3, 4].map((line) => `line ${line}`).join('\n'));
  });
}

eachBuild('timers and channels of functions reach idle workers', async (start) => {
  const runtime = await start();
  const words = runtime.alloc(Int32Array, 1);
  await runtime.call(url, 'timer', [words, 20]);
  await until(() => words[0] === 1);
  const name = `filch ${process.pid} ${performance.now()}`;
  await runtime.call(url, 'listen', [words, name]);
  const channel = new BroadcastChannel(name);
  for (let i = 2; i < 6; i++) {
    channel.postMessage('now');
    await until(() => words[0] === i);
  }
  channel.close();
  const [{ parks, wakes }] = runtime.stats().workers;
  assert(parks >= wakes && parks - wakes <= 1, `${parks} parks, ${wakes} wakes`);
});

eachBuild('timers run although the workers are never idle', async (start) => {
  const runtime = await start({ workers: 1 });
  const words = runtime.alloc(Int32Array, 1);
  await runtime.call(url, 'interval', [words, 1]);
  const end = performance.now() + 20_000;
  while (words[0] < 5 && performance.now() < end) await runtime.call(tasks, 'add', [1, 2]);
  assert(words[0] >= 5);
  await runtime.close();
});

eachBuild('a loop of a JavaScript kernel lets timers run', async (start) => {
  const runtime = await start({ workers: 1 });
  await runtime.define('timer', kernel, { fields: { words: 'array i32' } });
  const words = runtime.alloc(Int32Array, 1);
  const loop = runtime.post('timer', { range: [0, 1e9], grain: 1, args: { words } });
  await until(() => words[0] === 1);
  assert.equal(loop.status, 'running');
  loop.cancel();
  await loop.catch(() => {});
  await runtime.post('timer', { range: [0, 1], args: { words } });
  await until(() => words[0] === 2);
});

eachBuild('what functions leave to the garbage collector is collected', async (start) => {
  const runtime = await start({ workers: 1 });
  const calls = 300;
  let gone = 0;
  for (let i = 0; i < calls; i++) gone = await runtime.call(url, 'garbage', [2 ** 20]);
  assert(gone > calls / 3, `${gone} of ${calls}`);
});

eachBuild('an engine without Atomics.waitAsync', async (start) => {
  const runtime = await start();
  for (const worker of [0, 1]) {
    // one call for each worker
    const other = worker && runtime.call(tasks, 'later', [0, 20]);
    await runtime.call(url, 'withoutWaitAsync');
    await other;
  }
  const words = runtime.alloc(Int32Array, 1);
  await runtime.call(url, 'timer', [words, 20]);
  await until(() => words[0] === 1);
  await sleep(20);
  assert.equal(await runtime.call(tasks, 'add', [1, 2]), 3);
  await runtime.resize(1);
  assert.equal(await runtime.call(tasks, 'add', [1, 2]), 3);
});

eachBuild('idle workers use no processor time', async (start) => {
  const runtime = await start({ workers: 2 });
  for (let i = 0; i < 50; i++) await runtime.call(tasks, 'add', [1, 2]);
  await sleep(50);
  let least = Infinity; // of several windows: this process has other threads
  for (let i = 0; i < 20 && least >= 0.5; i++) {
    const [before, begin] = [process.cpuUsage(), performance.now()];
    await sleep(200);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 10 / (performance.now() - begin));
  }
  assert(least < 0.5, `${least} % of a core at least`);
});

eachBuild('an idle worker that dies is replaced, and the next post is run', async (start) => {
  const runtime = await start({ workers: 1 });
  let crashes = 0;
  runtime.addEventListener('worker-crash', () => crashes++);
  await runtime.call(url, 'endLater');
  await until(() => crashes === 1);
  assert.equal(await runtime.call(tasks, 'add', [1, 2]), 3);
  runtime.replaceWorker(0); // while it is idle
  assert.equal(await runtime.call(tasks, 'add', [1, 2]), 3);
});

eachBuild('idle workers are recalled, stop, and are started again', async (start) => {
  const runtime = await start({ workers: 2, idleTimeout: 30 });
  for (let round = 0; round < 4; round++) {
    assert.equal(await runtime.call(tasks, 'add', [1, 2]), 3);
    await sleep(round % 2 ? 60 : 5);
    await runtime.post('empty', { range: [0, 100], grain: 1 });
    if (round === 2) await runtime.resize(1);
  }
});

eachBuild('posts wake idle workers', async (start) => {
  const runtime = await start();
  await runtime.call(tasks, 'add', [1, 2]);
  for (let i = 0; i < 200; i++) {
    const { iterations } = await runtime.post('empty', { range: [0, 4], grain: 1 });
    assert.equal(iterations, 4);
    if (i % 4 === 0) await sleep(1);
  }
});
