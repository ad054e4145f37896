// Imports in workers: a module that hangs, breaks, or ends its thread costs one worker's time; a
// worker that ends meanwhile costs nothing.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { OptionsError, PluginError, TimeoutError } from '../../../web/index.js';
import { eachBuild, eachMode, ENDLESS, moduleUrl, until } from '../helpers.mjs';

const module = (query) => new URL(`../../fixtures/modules/foreign.js?${query}`, import.meta.url);
const tasks = module('at=nothing');
const answer = (runtime, query) => runtime.call(module(query), 'answer');

function crashesOf(runtime) {
  const crashes = [];
  runtime.addEventListener('worker-crash', ({ detail }) => crashes.push(detail));
  return crashes;
}

/** Rejects as a module that cannot be imported. */
const refused = (promise, text) =>
  assert.rejects(promise, (error) => {
    assert(error instanceof PluginError, `${error}`);
    assert.match(error.message, text);
    assert.match(error.source, /foreign\.js\?/);
    return true;
  });

/** A running loop moves, other work runs, and the number of workers changes. */
async function goesOn(runtime, loop) {
  const before = loop.progress;
  await runtime.run('spin', { range: [0, 1000], args: { cost: 10 } });
  assert.equal(await runtime.call(tasks, 'answer'), 1);
  await until(() => loop.progress > before, 'the loop moves');
}

for (const workers of [1, 2]) {
  eachBuild(`while imports do not end, ${workers} of ${workers} workers go on`, async (start) => {
    const runtime = await start({ workers, maxWorkers: 3, importLimit: Infinity });
    const crashes = crashesOf(runtime);
    await runtime.call(tasks, 'answer');
    const loop = runtime.post('spin', { range: [0, 1e9], args: { cost: 10 } });
    await until(() => loop.progress > 0);
    const never = [0, 1, 2].map((i) => runtime.call(module(`at=never&${i}`), 'answer'));
    never.push(runtime.define('never', module('at=never&define'), {}));
    for (const each of never) each.catch(() => {});
    await assert.rejects(
      runtime.call(module('at=never&0'), 'answer', [], { timeout: 100 }),
      TimeoutError,
    );
    await goesOn(runtime, loop);
    await runtime.resize(3);
    await runtime.load(moduleUrl('plugins/kernels.wasm'));
    await goesOn(runtime, loop);
    await runtime.resize(workers);
    assert.equal(runtime.workers.running, workers);
    assert.deepEqual(crashes, []);
    loop.cancel();
  });
}

eachMode('an import that does not end is given up at the limit', async (start, t, mode) => {
  const runtime = await start({ importLimit: 300 });
  const crashes = crashesOf(runtime);
  const query = mode === 'threads' ? 'at=never' : 'in=all&at=slow&ms=9000';
  await Promise.all([
    refused(answer(runtime, query), /not imported within 300 ms/),
    refused(runtime.define('never', module(query), {}), /not imported within 300 ms/),
  ]);
  assert.equal(await runtime.call(tasks, 'answer'), 1);
  assert.equal((await runtime.run('empty', { range: [0, 5] })).iterations, 5);
  assert.deepEqual(crashes, []);
});

eachMode(
  'close() settles calls and definitions whose imports do not end',
  async (start, t, mode) => {
    const runtime = await start({ importLimit: Infinity });
    const query = mode === 'threads' ? 'at=never' : 'in=all&at=slow&ms=9000';
    const ends = Promise.allSettled([
      answer(runtime, query),
      runtime.define('k', module(query), {}),
    ]);
    await sleep(250);
    const began = performance.now();
    await runtime.close();
    const [call, define] = await ends;
    assert.deepEqual([call.reason.code, define.reason.code], ['CANCELLED', 'STOPPED']);
    assert(performance.now() - began < 1500);
  },
);

eachBuild('a module that only a page can run is refused, and no worker ends', async (start) => {
  const runtime = await start();
  const crashes = crashesOf(runtime);
  const long = runtime.post('forever', { range: ENDLESS });
  for (let i = 0; i < 3; i++) {
    await refused(runtime.define('page', module(`at=page&${i}`), {}), /title/);
    await refused(answer(runtime, `at=page&${i}`), /title/);
    await refused(answer(runtime, `at=text&${i}`), /only text/);
  }
  assert.deepEqual([crashes, long.status, runtime.workers.running], [[], 'running', 2]);
  assert.equal(await runtime.call(tasks, 'answer'), 1);
});

eachBuild('the death of a worker is not the fault of the module that it imports', async (start) => {
  const runtime = await start();
  const crashes = crashesOf(runtime);
  for (const workers of [[1], [0, 1]]) {
    const query = `at=slow&ms=250&${workers}`;
    const call = answer(runtime, query);
    const define = runtime.define(`slow_${workers.length}`, module(`${query}&define`), {});
    await sleep(120);
    for (const worker of workers) runtime.replaceWorker(worker);
    assert.equal(await call, 1);
    await define;
    await runtime.run(`slow_${workers.length}`, { range: [0, 100] });
    await until(() => runtime.workers.running === 2);
  }
  assert.equal(crashes.length, 3);
});

eachBuild('a module that ends its thread costs two workers, and is refused', async (start) => {
  const runtime = await start();
  const crashes = crashesOf(runtime);
  const long = runtime.post('empty', { range: [0, 1] });
  await refused(answer(runtime, 'at=end'), /2 workers that imported it have ended: .*code 5/);
  assert.equal(crashes.length, 2);
  await refused(runtime.define('end', module('at=end&define'), {}), /2 workers/);
  await until(() => runtime.workers.running === 2);
  assert.equal(crashes.length, 4);
  assert.equal(await runtime.call(tasks, 'answer'), 1);
  await long;
});

eachBuild('a worker that comes later has the kernel, or says why not', async (start, t) => {
  const runtime = await start({ workers: 1, maxWorkers: 2, importLimit: 700 });
  await runtime.define(
    'strange',
    new URL('../../fixtures/plugins/strange.js', import.meta.url),
    {},
  );
  await runtime.run('strange', { range: [0, 1] });
  process.env.FILCH_TEST_REFUSED = 'yes';
  t.after(() => delete process.env.FILCH_TEST_REFUSED);
  runtime.replaceWorker(0);
  await assert.rejects(Promise.resolve(runtime.run('strange', { range: [0, 1] })), (error) => {
    assert.match(error.message, /job \d+ \(kernel "strange"\) cannot run: .*strange\.js: refused/);
    return error.code === 'PLUGIN' && /strange\.js$/.test(error.source);
  });
  assert.equal(await runtime.call(tasks, 'answer'), 1);
  process.env.FILCH_TEST_REFUSED = 'never';
  runtime.replaceWorker(0);
  await assert.rejects(
    Promise.resolve(runtime.run('strange', { range: [0, 1] })),
    (error) =>
      error.code === 'PLUGIN' && /strange\.js: it was not imported in time/.test(error.message),
  );
});

eachBuild(
  'jobs have the workers that have the kernel; the others are replaced',
  async (start, t) => {
    const runtime = await start({ workers: 2, importLimit: 700 });
    const crashes = crashesOf(runtime);
    const define = (name) =>
      runtime.define(name, new URL('../../fixtures/plugins/strange.js', import.meta.url), {});
    await define('strange');
    process.env.FILCH_TEST_REFUSED = 'yes';
    t.after(() => delete process.env.FILCH_TEST_REFUSED);
    runtime.replaceWorker(1);
    await until(() => crashes.length > 2);
    assert.match(crashes[2].reason, /^it lacks .*strange\.js: refused/);
    for (let left = 20; left; left--) await runtime.run('strange', { range: [0, 100], grain: 1 });
    delete process.env.FILCH_TEST_REFUSED;
    await until(() => runtime.workers.running === 2);
  },
);

eachBuild('the limit is milliseconds, or Infinity', async (start) => {
  for (const importLimit of [0, -1, NaN, '1', 2 ** 31])
    await assert.rejects(start({ importLimit }), OptionsError);
  const runtime = await start({ importLimit: Infinity });
  assert.equal(await answer(runtime, 'at=slow&ms=300'), 1);
});

eachBuild('the time of an import begins when a worker comes home for it', async (start) => {
  const runtime = await start({ workers: 1, importLimit: 1000 });
  const gate = runtime.alloc(Uint32Array, 2);
  const held = runtime.post('gate', { range: [0, 1], args: { gate } });
  await until(() => gate[1] === 1);
  const call = answer(runtime, 'at=nothing&late');
  await sleep(1500);
  Atomics.store(gate, 0, 1);
  assert.equal(await call, 1);
  await held;
});
