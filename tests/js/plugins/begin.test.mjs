// Start functions and constructors of plug-ins: they run once for all threads, may trap, and may
// never return. Then load() rejects within the limit, and nothing else waits.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { ClosedError, KernelTrapError, PluginError } from '../../../web/index.js';
import { eachBuild, eachMode, ENDLESS, moduleUrl, until } from '../helpers.mjs';
import { ATOMIC_ADD, constant, notingStack, ODD, starting } from './starting.mjs';

/** Faults of tests/fixtures/plugins/constructed.c. */
const [NONE, TRAPS, HANGS, OVERRUNS] = [0, 1, 2, 3].map((n) => 0x7e57f001 + n);
const built = new Uint8Array(await readFile(moduleUrl('plugins/constructed.wasm')));

function constructed(fault) {
  const bytes = Buffer.from(built);
  const none = Buffer.alloc(4);
  none.writeUInt32LE(NONE);
  const at = bytes.indexOf(none);
  assert(at > 0 && bytes.indexOf(none, at + 1) < 0);
  bytes.writeUInt32LE(fault, at);
  return bytes;
}

const run = async (runtime) => {
  const { state } = await runtime.run('constructed', { range: [0, 1] });
  return state.runs;
};

const fault = (promise) =>
  promise.then(
    () => assert.fail('it was done'),
    (error) => error,
  );

/** A plug-in whose start function adds 1 to the word, and hangs where the word was `when`. */
function startsOddly(word, when) {
  const isWhen = [...constant(when), 0x46];
  const hang = [0x04, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b]; // if loop br 0 end end
  return starting(constant(word), constant(1), ATOMIC_ADD, isWhen, hang);
}

/** @returns {object[]} what the runtime says of workers that end */
function crashesOf(runtime) {
  const crashes = [];
  runtime.addEventListener('worker-crash', ({ detail }) => crashes.push(detail));
  return crashes;
}

eachMode('constructors run once for all threads', async (start) => {
  const runtime = await start({ workers: 2, maxWorkers: 3 });
  for (let i = 0; i < 3; i++) {
    const plugin = await runtime.load(constructed(NONE));
    assert.equal(await run(runtime), 1);
    if (runtime.mode === 'threads') {
      await runtime.resize(3);
      runtime.replaceWorker(0);
      await until(() => runtime.workers.running === 3);
      await runtime.resize(1);
    }
    assert.equal(await run(runtime), 1);
    await runtime.unload(plugin);
  }
  assert.equal(runtime.memory.used, 0);
});

eachMode("a trap in a constructor is load()'s error, with its cause", async (start) => {
  const runtime = await start({ workers: 2 });
  const crashes = crashesOf(runtime);
  const kinds = { [TRAPS]: WebAssembly.RuntimeError, [OVERRUNS]: RangeError };
  for (let i = 0; i < 20; i++) {
    for (const [which, Kind] of Object.entries(kinds)) {
      const error = await fault(runtime.load(constructed(Number(which))));
      assert(error instanceof PluginError, error.stack);
      assert.match(error.message, /in the bytes given cannot be linked: /);
      assert(error.cause instanceof Kind, `${error.cause}`);
      assert.match(error.cause.stack, /wasm/);
    }
  }
  assert.equal(runtime.memory.used, 0);
  const trap = await fault(runtime.run('trap', { range: [0, 9], args: { at: 3 } }));
  assert(trap instanceof KernelTrapError, trap.stack);
  await runtime.load(constructed(NONE));
  assert.equal(await run(runtime), 1);
  assert.deepEqual(crashes, []);
});

eachBuild('a constructor that hangs costs one worker, and no job', async (start) => {
  const runtime = await start({ workers: 2, importLimit: 300 });
  const crashes = crashesOf(runtime);
  const long = runtime.post('spin', { range: ENDLESS, args: { cost: 100 } });
  await until(() => long.status === 'running');
  const { used } = runtime.memory;
  const begin = performance.now();
  const loading = fault(runtime.load(constructed(HANGS)));
  await sleep(100); // this thread goes on
  await runtime.run('spin', { range: [0, 100], args: { cost: 10 }, priority: 'high' });
  const error = await loading;
  const took = performance.now() - begin;
  assert(took > 290 && took < 5000, `${took} ms`);
  assert(error instanceof PluginError, error.stack);
  assert.match(error.message, /^the plug-in in the bytes given .* did not return within 300 ms$/);
  assert.equal(error.source, 'in the bytes given');
  assert.equal(crashes.length, 1);
  assert.match(crashes[0].reason, /^the plug-in in the bytes given: its start function, or a con/);
  assert.equal(runtime.memory.used, used);
  assert.equal(long.status, 'running');
  await until(() => runtime.workers.running === 2);
  await runtime.load(constructed(NONE));
  assert.equal(await run(runtime), 1);
  long.cancel();
  await long.catch(() => {});
});

eachBuild('the only worker is replaced where a constructor hangs', async (start) => {
  const runtime = await start({ workers: 1, importLimit: 200 });
  const loading = fault(runtime.load(constructed(HANGS)));
  await sleep(100);
  const other = runtime.load(constructed(NONE));
  await runtime.run('spin', { range: [0, 100], args: { cost: 10 } });
  assert.match((await loading).message, /within 200 ms/);
  await other;
  assert.equal(await run(runtime), 1);
});

eachBuild('a start function may hang on the first worker, or on another', async (start) => {
  const runtime = await start({ workers: 2, importLimit: 200 });
  const crashes = crashesOf(runtime);
  const words = runtime.alloc(Uint32Array, 1);
  for (const when of [0, 1]) {
    words[0] = 0;
    const error = await fault(runtime.load(startsOddly(words.byteOffset, when), ODD));
    assert(error instanceof PluginError, error.stack);
    assert.match(error.message, /did not return within 200 ms/);
    assert.equal(crashes.length, when + 1);
    await until(() => runtime.workers.running === 2);
  }
  words[0] = 2;
  await runtime.load(startsOddly(words.byteOffset, 1), ODD);
  await runtime.run('odd', { range: [0, 10] });
  assert.equal(words[0], 4); // no other thread has run it
});

eachBuild('close() ends a worker in a constructor that hangs', async (start) => {
  const runtime = await start({ workers: 2 });
  const loading = fault(runtime.load(constructed(HANGS)));
  await sleep(200);
  const begin = performance.now();
  await runtime.close();
  assert(performance.now() - begin < 5000);
  const error = await loading;
  assert(error instanceof ClosedError || error instanceof PluginError, error.stack);
});

eachBuild('workers that come and go during a load() change nothing', async (start) => {
  const runtime = await start({ workers: 3 });
  for (let i = 0; i < 10; i++) {
    const loading = runtime.load(constructed(NONE));
    for (let turns = i; turns; turns--) await sleep(0);
    runtime.replaceWorker(i % 3);
    const resized = runtime.resize(1 + (i % 3));
    const plugin = await loading;
    await resized;
    assert.equal(await run(runtime), 1);
    await runtime.unload(plugin);
    await runtime.resize(3);
    await until(() => runtime.workers.running === 3);
  }
});

eachBuild('a plug-in that comes while no worker is there is linked all the same', async (start) => {
  const runtime = await start({ idleTimeout: 20 });
  await runtime.run('empty', { range: [0, 5] });
  await until(() => runtime.workers.running === 0);
  await runtime.load(constructed(NONE));
  assert.equal(await run(runtime), 1);
  const error = await fault(runtime.load(constructed(TRAPS)));
  assert(error instanceof PluginError, error.stack);
  assert.equal(await run(runtime), 1);
});

// A worker that comes later links plug-ins before it runs.
eachBuild('each worker has a stack of its own before it links a plug-in', async (start) => {
  const runtime = await start({ workers: 1, maxWorkers: 4 });
  const words = runtime.alloc(Uint32Array, 8);
  words[0] = words.byteOffset + 4;
  await runtime.load(notingStack(words.byteOffset), ODD);
  await runtime.resize(4);
  await until(() => runtime.workers.running === 4);
  const pointers = words.slice(1, 5);
  assert.equal(words[0], words.byteOffset + 20, `${words}`);
  assert.equal(new Set(pointers).size, 4, `${pointers}`);
});
