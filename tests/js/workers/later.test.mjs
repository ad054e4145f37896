// Scripts of the package that are loaded at the first need, where they cannot be: the network is
// gone, or another release has been deployed. The test takes them out of a copy of the package.
import assert from 'node:assert/strict';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { after, test } from 'node:test';

import { builds, ENDLESS, moduleOf, moduleUrl, startAt, until } from '../helpers.mjs';

const web = new URL('../../../web/', import.meta.url);
const copy = new URL(`../../../build/later-${process.pid}/`, import.meta.url);
const kernel = new URL('../../package/app/kernel.js', import.meta.url);
const tasks = new URL('../../fixtures/modules/foreign.js?at=nothing', import.meta.url);
const schema = { fields: { data: 'array f64', sum: 'state i32' } };

await mkdir(copy, { recursive: true });
await cp(web, copy, { recursive: true, filter: (path) => !/\/demo(\/|$)/.test(path) });
after(() => rm(copy, { recursive: true, force: true }));
const { Runtime, PluginError } = await import(new URL('index.js', copy));
const module = await moduleOf(builds[0]);

const script = (name) => new URL(`workers/${name}.js`, copy);
const takeAway = (name) => rename(script(name), `${script(name).pathname}.away`);
const bringBack = (name) => rename(`${script(name).pathname}.away`, script(name));

async function runtimeOf(t, options) {
  const runtime = await startAt({ module, workers: 2, ...options }, Runtime);
  t.after(() => runtime.close());
  runtime.crashes = [];
  runtime.addEventListener('worker-crash', ({ detail }) => runtime.crashes.push(detail));
  return runtime;
}

/** Rejects in a typed way, and the workers go on. */
async function refused(runtime, promise) {
  await assert.rejects(promise, (error) => {
    assert(error instanceof PluginError, `${error}`);
    assert.match(error.message, /the worker cannot load a script of Filch: .*workers/);
    return true;
  });
  assert.equal((await runtime.run('empty', { range: [0, 5] })).iterations, 5);
  assert.deepEqual([runtime.workers.running, runtime.crashes], [2, []]);
}

test('call() without its code is refused, and works once the code is there', async (t) => {
  const runtime = await runtimeOf(t);
  await takeAway('callee');
  await refused(runtime, runtime.call(tasks, 'answer'));
  await refused(runtime, runtime.call(tasks, 'answer'));
  await bringBack('callee');
  assert.equal(await runtime.call(tasks, 'answer'), 1);
});

test('define() and load() without their code are refused, and work once it is there', async (t) => {
  const runtime = await runtimeOf(t);
  const loop = runtime.post('spin', { range: ENDLESS, args: { cost: 10 } });
  await takeAway('linking');
  await refused(runtime, runtime.define('sum', kernel, schema));
  await refused(runtime, runtime.load(moduleUrl('plugins/kernels.wasm')));
  await bringBack('linking');
  const [plugin] = await Promise.all([
    runtime.load(moduleUrl('plugins/kernels.wasm')),
    runtime.define('sum', kernel, schema),
  ]);
  const data = runtime.alloc(Float64Array, 100).fill(1);
  const { state } = await runtime.run('sum', { range: [0, 100], args: { data } });
  assert.equal(state.sum, 100);
  await runtime.unload(plugin);
  loop.cancel();
});

test('a plug-in that is unloaded at once, and others at the same time', async (t) => {
  const runtime = await runtimeOf(t);
  const source = moduleUrl('plugins/kernels.wasm');
  const defined = runtime.define('sum', kernel, schema);
  for (let i = 0; i < 3; i++) await runtime.unload(await runtime.load(source));
  await defined;
  runtime.replaceWorker(0);
  await until(() => runtime.crashes.length && runtime.workers.running === 2);
  const data = runtime.alloc(Float64Array, 1000).fill(1);
  for (let i = 0; i < 10; i++) {
    const { state } = await runtime.run('sum', { range: [0, 1000], args: { data } });
    assert.equal(state.sum, 1000);
  }
});

test('a worker that replaces another one, and has no code for calls, refuses them', async (t) => {
  const runtime = await runtimeOf(t, { workers: 1 });
  assert.equal(await runtime.call(tasks, 'answer'), 1);
  await takeAway('callee');
  runtime.replaceWorker(0);
  await until(() => runtime.crashes.length && runtime.workers.running === 1);
  await assert.rejects(runtime.call(tasks, 'answer'), (error) => {
    assert(error instanceof PluginError, `${error}`);
    assert.match(error.message, /its worker could not load the script workers\/callee\.js/);
    return true;
  });
  await bringBack('callee');
  assert.equal((await runtime.run('empty', { range: [0, 5] })).iterations, 5);
  runtime.replaceWorker(0);
  await until(() => runtime.crashes.length === 2 && runtime.workers.running === 1);
  assert.equal(await runtime.call(tasks, 'answer'), 1);
});

test('call() of the cooperative mode without its code is refused, and works once it is there', async (t) => {
  const runtime = await runtimeOf(t, { mode: 'cooperative' });
  await takeAway('callee-here');
  await assert.rejects(
    runtime.call(tasks, 'answer'),
    (error) => error instanceof PluginError && /call\(\) needs import\(\)/.test(error.message),
  );
  await bringBack('callee-here');
  assert.equal(await runtime.call(tasks, 'answer'), 1);
});
