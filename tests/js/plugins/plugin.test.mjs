// Kernels that are loaded while the runtime runs: of C by clang and by emcc, of AssemblyScript, in
// JavaScript; and plug-ins that are refused.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  ArgumentError,
  ClosedError,
  KernelError,
  KernelTrapError,
  ModuleError,
  PluginError,
  PluginInUseError,
} from '../../../web/index.js';
import { eachBuild, eachMode, ENDLESS, Gate, moduleUrl, until } from '../helpers.mjs';

const built = (name) => moduleUrl(`plugins/${name}.wasm`);
const script = (name) => new URL(`../../fixtures/plugins/${name}.js`, import.meta.url);
const BRIGHTEN = {
  kernels: {
    brighten: {
      kind: 'parallel',
      fields: { data: 'array u8', by: 'value u32', count: 'state u64' },
    },
  },
};
const SUM = {
  kind: 'parallel',
  fields: { data: 'array f64', bad: 'value f64', sum: 'state i32', big: 'state u64' },
};

async function tryAll(runtime) {
  const data = runtime.alloc(Float32Array, 50_000).fill(2);
  const scaled = await runtime.run('scale', {
    range: [0, 50_000],
    args: { data, factor: 3, operation: 1, power: 2 },
  });
  assert.equal(scaled.state.count, 50_000n);
  assert(data.every((value) => value === 500));
  const numbers = runtime.alloc(Float64Array, 20_000).fill(0.5);
  for (const deterministic of [false, true]) {
    const total = await runtime.reduce('mean', {
      range: [0, 20_000],
      args: { data: numbers },
      deterministic,
    });
    assert.deepEqual(total, { sum: 10_000, count: 20_000n });
  }
  assert.equal((await runtime.run('tribonacci', { args: { n: 22 } })).state.result, 121415n);
  runtime.free(data);
  runtime.free(numbers);
}

eachMode(
  'a plug-in of C, built by clang, adds a loop, a reduction, and a recursion while another job runs',
  async (start) => {
    const runtime = await start();
    const long = runtime.post('spin', { range: ENDLESS, args: { cost: 100 } });
    await until(() => long.status === 'running');
    const { used } = runtime.memory;
    const plugin = await runtime.load(built('kernels'));
    assert.deepEqual([...plugin.kernels].sort(), ['mean', 'scale', 'tribonacci']);
    assert.equal(plugin.source, built('kernels').href);
    assert.equal(runtime.kernels.scale.fields.factor.type, 'f32');
    assert.equal(long.status, 'running');
    await tryAll(runtime);
    await assert.rejects(
      runtime.run('scale', {
        range: [0, 9],
        args: { data: runtime.alloc(Float32Array, 4), factor: 1, operation: 0, power: 0 },
      }),
      KernelError,
    );
    await runtime.unload(plugin);
    assert.equal(runtime.kernels.scale, undefined);
    assert.throws(() => runtime.post('scale', {}), { code: 'UNKNOWN_KERNEL' });
    assert.equal(runtime.memory.used, used + 64);
    long.cancel();
    await long.catch(() => {});
  },
);

eachBuild('workers that start later, or replace others, have the plug-in', async (start) => {
  const runtime = await start({ workers: 1, maxWorkers: 3 });
  const plugin = await runtime.load(await readFile(built('kernels')));
  await runtime.resize(3);
  runtime.replaceWorker(0);
  await until(() => runtime.workers.running === 3);
  for (let i = 0; i < 5; i++) await tryAll(runtime);
  await runtime.unload(plugin);
  await runtime.resize(1);
  await runtime.resize(3);
  const again = await runtime.load(
    new Response(await readFile(built('kernels')), {
      headers: { 'content-type': 'application/wasm' },
    }),
  );
  await tryAll(runtime);
  await runtime.unload(again);
});

eachMode(
  'a plug-in of C, built by emcc, uses functions of libm that the host provides',
  async (start) => {
    const runtime = await start();
    await runtime.load(built('emscripten'));
    const data = runtime.alloc(Float64Array, 100);
    await runtime.run('shade', { range: [0, 100], args: { data } });
    assert(data.every((value, i) => value === Math.sin(i)));
  },
);

eachMode('the caller describes a plug-in of AssemblyScript', async (start) => {
  const runtime = await start();
  const plugin = await runtime.load(built('brighten'), BRIGHTEN);
  const data = runtime.alloc(Uint8Array, 10_000).fill(200);
  const job = await runtime.run('brighten', { range: [0, 5000], args: { data, by: 100 } });
  assert.equal(job.state.count, 5000n);
  assert(data.every((value, i) => value === (i < 5000 ? 255 : 200)));
  await assert.rejects(
    runtime.run('brighten', { range: [0, 10_001], args: { data, by: 1 } }),
    (error) => error instanceof KernelError && error.failure === 1,
  );
  await runtime.unload(plugin);
});

eachMode('a kernel in JavaScript has arguments, state, and errors', async (start) => {
  const runtime = await start();
  await runtime.define('sum', script('sum'), SUM);
  await runtime.define('sum_in_order', script('sum').href, {
    ...SUM,
    kind: 'sequential',
    fields: { ...SUM.fields, sum: 'state f64' },
  });
  const data = runtime.alloc(Float64Array, 10_000).fill(3);
  for (const kernel of ['sum', 'sum_in_order']) {
    const { state } = await runtime.run(kernel, {
      range: [0, 10_000],
      args: { data, bad: -1, sum: 5 },
    });
    assert.deepEqual(state, { sum: 30_005, big: 10_000n });
    const job = runtime.post(kernel, { range: [0, 10_000], args: { data, bad: 3 } });
    await assert.rejects(
      job,
      (error) =>
        error instanceof KernelTrapError &&
        /element \d+ is 3, seen by worker [01]/.test(error.message),
    );
    await assert.rejects(
      runtime.run(kernel, { range: [0, 10_001], args: { data, bad: -1 } }),
      (error) => error instanceof KernelError && error.failure === 2,
    );
  }
  // A kernel like any other: many at once, paused, saved, cancelled.
  const many = await runtime.postMany(
    'sum',
    Array.from({ length: 100 }, (_, i) => ({ range: [0, i], args: { data, bad: -1 } })),
  );
  assert.deepEqual(
    many.states.map(({ sum }) => sum),
    Array.from({ length: 100 }, (_, i) => 3 * i),
  );
  const job = runtime.post('sum_in_order', {
    range: [0, 10_000],
    args: { data, bad: -1 },
    grain: 1,
  });
  await job.pause();
  if (job.status === 'paused' && job.progress < 1) {
    const bytes = await job.save();
    const restored = await runtime.restore(bytes);
    assert.equal(restored.state.sum, 30_000);
  }
  job.resume();
  assert.equal((await job).state.sum, 30_000);
});

eachBuild("unload() does not wait: the plug-in's jobs must have settled", async (start) => {
  const runtime = await start();
  const plugin = await runtime.load(built('kernels'));
  const gate = new Gate(runtime);
  await gate.hold(2);
  const data = runtime.alloc(Float32Array, 10);
  const waiting = runtime.post('scale', {
    range: [0, 10],
    args: { data, factor: 1, operation: 0, power: 0 },
  });
  await assert.rejects(
    runtime.unload(plugin),
    (error) => error instanceof PluginInUseError && /"scale"/.test(error.message),
  );
  const batch = runtime.postMany('scale', [
    { range: [0, 10], args: { data, factor: 1, operation: 0, power: 0 } },
  ]);
  waiting.cancel();
  await waiting.catch(() => {});
  await assert.rejects(runtime.unload(plugin), PluginInUseError);
  gate.open();
  await batch;
  await runtime.unload(plugin);
  for (const bad of [plugin, undefined, {}, 'scale'])
    await assert.rejects(runtime.unload(bad), ArgumentError);
});

eachMode('load() says why it refuses a plug-in, and nothing is lost', async (start) => {
  const runtime = await start();
  const refused = async (promise, ...words) => {
    await assert.rejects(promise, (error) => {
      assert(error instanceof PluginError, String(error));
      for (const word of words)
        assert(error.message.includes(word), `${error.message}: no ${word}`);
      return true;
    });
    assert.equal(runtime.memory.used, 0);
  };
  await refused(runtime.load(built('importing')), '"env.besselj"', 'no such thing');
  await refused(runtime.load(built('unthreaded')), 'without threads', '-matomics');
  await refused(runtime.load(built('empty')), 'no kernel');
  await refused(runtime.load(built('newer')), 'version 99', 'build it again');
  await refused(runtime.load(built('older')), 'version 1', 'build it again');
  await refused(runtime.load(moduleUrl('filch.wasm')), 'imports', '"filch.now"');
  await refused(runtime.load(built('brighten')), '"kernels"');
  await refused(
    runtime.load(built('brighten'), { kernels: { darken: {} } }),
    '"darken"',
    'not there',
  );
  const wrong = (fields, kind) => ({ kernels: { brighten: { kind, fields } } });
  await refused(runtime.load(built('brighten'), wrong({ data: 'array u7' })), '"data"', 'array u7');
  await refused(runtime.load(built('brighten'), wrong({ data: 'list u8' })), '"data"');
  await refused(runtime.load(built('brighten'), wrong({}, 'fork')), '"fork"', '"parallel"');
  await refused(
    runtime.load(
      built('brighten'),
      wrong(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f${i}`, 'value f64']))),
    ),
    '64 bytes',
  );
  await refused(runtime.load(new Uint8Array([0, 1, 2, 3])), 'not WebAssembly');
  await assert.rejects(runtime.load('./nowhere.wasm'), ModuleError);
  await assert.rejects(runtime.load(new URL('file:///nowhere.wasm')), ModuleError);
  await assert.rejects(runtime.load(7), { code: 'BAD_OPTIONS' });
  await refused(runtime.define('bad', script('nowhere'), SUM), 'nowhere.js');
  await refused(
    runtime.define('sum', script('sum'), { kind: 'parallel', fields: { sum: 'state f64' } }),
    '"sum"',
    'u32',
  );
  await refused(runtime.define('spin', script('sum'), SUM), '"spin" already');
  await refused(runtime.define('a b', script('sum'), SUM), '"a b"');
  for (const url of [7, './sum.js', '../plugins/sum.js', '/sum.js', 'sum.js', ''])
    await assert.rejects(
      runtime.define('sum', url, SUM),
      (error) =>
        error instanceof ArgumentError && /define\(\) needs the URL of/.test(error.message),
    );
  const first = await runtime.load(built('kernels'));
  const { used } = runtime.memory;
  await assert.rejects(
    runtime.load(built('kernels')),
    (error) => error instanceof PluginError && /"\w+" already/.test(error.message),
  );
  assert.equal(runtime.memory.used, used);
  await tryAll(runtime);
  await runtime.unload(first);
  await runtime.close();
  await assert.rejects(runtime.load(built('kernels')), ClosedError);
});

eachBuild('damaged bytes are refused, or are a plug-in', async (start) => {
  const runtime = await start({ workers: 1 });
  const good = await readFile(built('kernels'));
  let seed = 1;
  const random = (n) => (seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff) % n;
  let loaded = 0;
  for (let i = 0; i < 150; i++) {
    let bytes = new Uint8Array(good);
    if (i % 3 === 0) bytes = bytes.slice(0, random(bytes.length));
    // Only the part before the code is damaged: damaged code is another kernel, and may do anything
    // in the shared memory.
    else for (let k = 0; k <= i % 5; k++) bytes[random(200)] = random(256);
    const plugin = await runtime.load(bytes).catch((error) => {
      assert(error instanceof PluginError || error.code === 'OUT_OF_MEMORY', String(error?.stack));
    });
    if (plugin) {
      loaded++;
      await runtime.unload(plugin);
    }
    assert.equal(runtime.memory.used, 0);
  }
  assert(loaded < 100);
  const plugin = await runtime.load(good);
  await tryAll(runtime);
  await runtime.unload(plugin);
});

eachBuild('close() during a load() settles both', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  await gate.hold(1);
  const loading = runtime.load(built('kernels'));
  await sleep(30);
  const loaded = loading.catch((error) =>
    assert(error instanceof PluginError || error instanceof ClosedError, String(error)),
  );
  await runtime.close();
  await loaded;
});
