// The runtime in a block that an Emscripten application gave of its memory; in Node and in pages.

const within = globalThis.process?.versions?.node ? '../../build/' : '/';
const { default: startApp } = await import(`${within}embed-app.mjs`);
const filch = await import(within === '/' ? '/index.js' : '../../web/index.js');
const {
  ForeignMemoryError,
  KernelTrapError,
  OptionsError,
  OutOfMemoryError,
  PluginError,
  Runtime,
} = filch;
const module = new URL(`${within}filch-placed-test.wasm`, import.meta.url);

const MIB = 2 ** 20;
const CANARY = 0xa5;

function equal(got, wanted) {
  if (!Object.is(got, wanted)) throw new Error(`${got} where ${wanted} should be`);
}

async function rejects(promise, Wrong, text) {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  );
  if (!(error instanceof Wrong) || !text.test(error.message))
    throw new Error(`${error} where a ${Wrong.name} with ${text} should be`);
}

/** A block of the application's, with bytes around it that no thread may write to. */
function block(app, bytes) {
  const whole = app._malloc(bytes + 8192);
  const [address, buffer] = [whole + 4096 + 8, app.wasmMemory.buffer]; // no multiple of 64
  new Uint8Array(buffer, whole, bytes + 8192).fill(CANARY);
  const around = [
    new Uint8Array(buffer, whole, address - whole),
    new Uint8Array(buffer, address + bytes, whole + bytes + 8192 - address - bytes),
  ];
  const check = () =>
    equal(
      around.every((part) => part.every((byte) => byte === CANARY)),
      true,
    );
  return { region: { address, bytes }, check, free: () => app._free(whole) };
}

export async function kernels_see_the_applications_arrays_and_it_sees_theirs() {
  const app = await startApp();
  const { region, check, free } = block(app, 4 * MIB);
  const runtime = await Runtime.start({ module, workers: 2, memory: app.wasmMemory, region });
  equal(runtime.mode, 'threads');
  equal(runtime.memory.size, 4 * MIB);
  await rejects((async () => runtime.alloc(Uint8Array, 4 * MIB))(), OutOfMemoryError, /are free/);
  app._begin_counting();
  const [n, expected] = [100_000, (100_000 * 100_001) / 2];
  const at = app._numbers(n);
  const a = new Float64Array(app.wasmMemory.buffer, at, n);
  const b = runtime.alloc(Float64Array, n).fill(1);
  for (let i = 0; i < 20; i++)
    equal((await runtime.reduce('dot', { range: [0, n], args: { a, b } })).sum, expected);
  equal(app._sum(b.byteOffset, n), n);
  const { state } = await runtime.run('spin', {
    range: [0, n],
    args: { cost: 10, owners: new Uint8Array(app.wasmMemory.buffer, at, n) },
  });
  equal(typeof state.sum, 'bigint');
  equal(
    new Uint8Array(app.wasmMemory.buffer, at, n).every((owner) => owner === 1 || owner === 2),
    true,
  );
  equal((await runtime.run('fib', { args: { n: 25 } })).state.result, 75025n);
  const before = app._turns();
  // The application's own thread goes on.
  while (app._turns() === before) await new Promise((resolve) => setTimeout(resolve));
  app._end_counting();
  await rejects((async () => runtime.free(a))(), ForeignMemoryError, /alloc\(\)/);
  await rejects(
    (async () => runtime.post('dot', { range: [0, 1], args: { a: new Float64Array(1), b } }))(),
    ForeignMemoryError,
    /memory/,
  );
  await rejects(runtime.run('trap', { range: [0, 9], args: { at: 5 } }), KernelTrapError, /trap/);
  equal((await runtime.reduce('dot', { range: [0, n], args: { a: b, b } })).sum, n);
  check();
  await runtime.close();
  check();
  free();
}

export async function the_memory_grows_meanwhile() {
  const memory = new WebAssembly.Memory({
    initial: (16 * MIB) / 65536,
    maximum: (256 * MIB) / 65536,
    shared: true,
  });
  const region = { address: MIB, bytes: 2 * MIB };
  const runtime = await Runtime.start({ module, workers: 2, memory, region });
  const long = runtime.post('spin', { range: [0, 2 ** 40], args: { cost: 10 } });
  const n = 100_000;
  const at = 65536 * memory.grow(100);
  const shared = new Float64Array(memory.buffer, at, n);
  shared.forEach((_, i) => (shared[i] = i + 1));
  const { sum } = await runtime.reduce('dot', {
    range: [n - 1000, n],
    args: { a: shared, b: shared },
    priority: 'high',
  });
  let expected = 0;
  for (let i = n - 1000; i < n; i++) expected += (i + 1) ** 2;
  equal(sum, expected);
  long.cancel();
  await long.catch(() => {});
  await runtime.close();
}

export async function two_runtimes_beside_each_other_with_plugins() {
  const app = await startApp();
  const blocks = [block(app, 3 * MIB), block(app, 3 * MIB)];
  const runtimes = await Promise.all(
    blocks.map(({ region }) =>
      Runtime.start({ module, workers: 2, memory: app.wasmMemory, region }),
    ),
  );
  const n = 20_000;
  const sums = await Promise.all(
    runtimes.map(async (runtime, i) => {
      await runtime.load(new URL(`${within}plugins/kernels.wasm`, import.meta.url));
      const data = new Float32Array(app.wasmMemory.buffer, app._malloc(4 * n), n).fill(2);
      await runtime.run('scale', {
        range: [0, n],
        args: { data, factor: 3 + i, operation: 1, power: 2 },
      });
      return data.every((value) => value === data[0]) && data[0];
    }),
  );
  equal(sums.every((sum) => sum > 0) && sums[0] !== sums[1], true);
  await rejects(
    runtimes[0].load(new URL(`${within}plugins/kernels.wasm`, import.meta.url)),
    PluginError,
    /already/,
  );
  for (const { check } of blocks) check();
  await Promise.all(runtimes.map((runtime) => runtime.close()));
}

export async function bad_regions_are_refused_and_nothing_is_touched() {
  const app = await startApp();
  const { region, check } = block(app, MIB);
  const memory = app.wasmMemory;
  const start = (options) => Runtime.start({ module, workers: 1, ...options });
  await rejects(start({ memory }), OptionsError, /region/);
  await rejects(start({ region }), OptionsError, /memory/);
  await rejects(start({ memory: 2 ** 24, region }), OptionsError, /memory/);
  await rejects(
    start({ memory: new WebAssembly.Memory({ initial: 1 }), region }),
    OptionsError,
    /shared/,
  );
  for (const bad of [
    {},
    { address: 0, bytes: MIB },
    { address: 64, bytes: 0 },
    { address: 1.5, bytes: 64 },
    5,
  ]) {
    await rejects(start({ memory, region: bad }), OptionsError, /address, bytes/);
  }
  await rejects(
    start({ memory, region: { address: region.address, bytes: 2 ** 32 } }),
    OptionsError,
    /ends at/,
  );
  await rejects(
    start({ memory, region: { address: region.address, bytes: 4096 } }),
    OptionsError,
    /module alone/,
  );
  await rejects(start({ memory, region, taskSlots: 60_000 }), OutOfMemoryError, /runtime itself/);
  await rejects(
    start({ memory, region, module: new URL(`${within}filch.wasm`, import.meta.url) }),
    Error,
    /built to be placed/,
  );
  check();
}
