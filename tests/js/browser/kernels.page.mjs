// Kinds of kernels, in a page: fork functions, reductions, many loops at once, plug-ins. Run there
// by runtime.test.mjs, in each engine.
import {
  ENDLESS,
  ensure,
  equal,
  rejection,
  savedHalfway,
  until,
  withRuntime,
} from './runtime-side.mjs';

/** Numbers whose sum depends on the order of rounding; the same numbers each time. */
function rough(runtime, n) {
  const [a, b] = [runtime.alloc(Float64Array, n), runtime.alloc(Float64Array, n)];
  let x = 1;
  for (let i = 0; i < n; i += 1) {
    x = (x * 48271) % 0x7fffffff;
    a[i] = (x / 2 ** 31 - 0.5) * 10 ** (x % 12);
    b[i] = 1 / (1 + (x % 1000));
  }
  return { a, b };
}

export async function fork_kernels_give_known_answers() {
  await withRuntime({}, async (runtime) => {
    equal((await runtime.post('fib', { args: { n: 22 } })).state.result, 17711n, 'fib');
    equal((await runtime.post('queens', { args: { n: 9 } })).state.solutions, 352n, 'queens');
    const data = runtime.alloc(Uint32Array, 60_000);
    for (let i = 0; i < data.length; i += 1) data[i] = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    const wanted = data.slice().sort();
    await runtime.post('sort', {
      args: { data, scratch: runtime.alloc(Uint32Array, data.length) },
    });
    ensure(
      data.every((value, i) => value === wanted[i]),
      'not sorted',
    );
  });
}

export async function a_recursion_is_shared() {
  await withRuntime({}, async (runtime) => {
    let workers = [];
    while (workers.length < 2) {
      const done = await runtime.post('fib', { args: { n: 27 } });
      equal(done.state.result, 196418n, 'fib');
      workers = done.workers;
    }
  });
}

export async function a_deterministic_reduction_has_the_same_bits_on_any_workers() {
  const n = 100_000;
  const sums = [];
  for (const workers of [1, 2, 2]) {
    await withRuntime({ workers }, async (runtime) => {
      const args = rough(runtime, n);
      for (const grain of [undefined, 7, 1000]) {
        sums.push(
          (await runtime.reduce('dot', { range: [3, n], args, deterministic: true, grain })).sum,
        );
      }
      const { sum } = await runtime.reduce('dot', { range: [3, n], args });
      ensure(
        Math.abs(sum - sums[0]) <= 1e-6 * Math.abs(sums[0]),
        `the fast one is far off: ${sum}, ${sums[0]}`,
      );
    });
  }
  equal(new Set(sums).size, 1, 'different sums');
}

export async function a_saved_reduction_comes_to_the_same_bits() {
  const { saved, result } = await withRuntime({}, (runtime) =>
    savedHalfway((scale) => {
      const n = 50_000 * scale;
      return runtime.post('dot', {
        range: [3, n],
        args: rough(runtime, n),
        deterministic: true,
        grain: 1,
      });
    }),
  );
  await withRuntime({ workers: 1 }, async (runtime) => {
    const job = runtime.restore(saved);
    ensure(job.progress > 0, 'it begins anew');
    const { total, iterations } = await job;
    equal([total, iterations], [result.total, result.iterations], 'what it came to');
  });
}

export async function many_loops_as_one_job() {
  await withRuntime({}, async (runtime) => {
    const n = 3000;
    const visits = runtime.alloc(Uint32Array, n);
    const { iterations } = await runtime.postMany(
      'visit',
      Array.from({ length: n }, (_, i) => ({ range: [i, i + 1], args: { visits } })),
    );
    equal(iterations, n, 'loops');
    ensure(
      visits.every((count) => count === 1),
      'a loop was lost, or ran twice',
    );
    const { states } = await runtime.postMany(
      'iterate',
      [1n, 2n, 3n].map((x) => ({ range: [0, 10], args: { cost: 1, x } })),
    );
    const alone = await Promise.all(
      [1n, 2n, 3n].map((x) => runtime.post('iterate', { range: [0, 10], args: { cost: 1, x } })),
    );
    equal(
      states,
      alone.map(({ state }) => state),
      'states',
    );
  });
}

export async function a_plugin_comes_and_goes_while_a_job_runs() {
  await withRuntime({}, async (runtime) => {
    const long = runtime.post('forever', { range: ENDLESS });
    await until(() => long.progress > 0);
    const plugin = await runtime.load('/plugins/kernels.wasm');
    equal([...plugin.kernels].sort(), ['mean', 'scale', 'tribonacci'], 'kernels');
    const data = runtime.alloc(Float32Array, 5000).fill(2);
    const { state } = await runtime.run('scale', {
      range: [0, 5000],
      args: { data, factor: 3, operation: 1, power: 2 },
    });
    equal(state.count, 5000n, 'count');
    ensure(
      data.every((value) => value === 500),
      'not scaled',
    );
    const numbers = runtime.alloc(Float64Array, 2000).fill(0.5);
    equal(
      await runtime.reduce('mean', { range: [0, 2000], args: { data: numbers } }),
      { sum: 1000, count: 2000n },
      'mean',
    );
    equal(
      (await runtime.run('tribonacci', { args: { n: 20 } })).state.result,
      35890n,
      'tribonacci',
    );
    equal(long.status, 'running', 'the job that it came beside');
    await runtime.unload(plugin);
    equal(runtime.kernels.scale, undefined, 'unloaded');
  });
}

export async function a_kernel_in_javascript() {
  await withRuntime({}, async (runtime) => {
    const fields = { data: 'array f64', bad: 'value f64', sum: 'state i32', big: 'state u64' };
    await runtime.define('sum', new URL('/tests/fixtures/plugins/sum.js', location.href), {
      kind: 'parallel',
      fields,
    });
    const data = runtime.alloc(Float64Array, 10_000).fill(3);
    const { state } = await runtime.run('sum', {
      range: [0, 10_000],
      args: { data, bad: -1, sum: 5 },
    });
    equal(state, { sum: 30_005, big: 10_000n }, 'sum');
    const error = await rejection(
      runtime.run('sum', { range: [0, 10_000], args: { data, bad: 3 } }),
      'a kernel that throws',
    );
    equal(error.name, 'KernelTrapError', 'name');
    ensure(/element \d+ is 3, seen by worker [01]/.test(error.message), error.message);
  });
}
