// The runtime in a page, whole: run there by runtime.test.mjs, in each engine.
import { Runtime } from '/index.js';
import {
  ENDLESS,
  equal,
  Gate,
  rejection,
  TEST_MODULE,
  until,
  withRuntime,
} from './runtime-side.mjs';

export async function starts_with_threads() {
  await withRuntime({}, (runtime) => {
    equal([runtime.mode, runtime.modeReason, runtime.workers.running], ['threads', '', 2], 'mode');
  });
}

/**
 * Costs grow, so the upper half, which a thief takes, is most of the work. Each worker must have
 * run a part of the loop.
 */
export async function a_skewed_loop_is_stolen() {
  await withRuntime({}, async (runtime) => {
    const n = 4000;
    const costs = runtime.alloc(Uint32Array, n);
    const owners = runtime.alloc(Uint8Array, n);
    for (let i = 0; i < n; i += 1) costs[i] = 40 * i;
    const before = runtime.stats().workers;
    const { workers, iterations, state } = await runtime.post('spin', {
      range: [0, n],
      args: { costs, cost: 0, owners },
    });
    equal([workers, iterations], [[0, 1], n], 'helpers');
    equal([...new Set(owners)].sort(), [1, 2], 'owners of iterations');
    const splits = runtime
      .stats()
      .workers.reduce((sum, worker, i) => sum + worker.splits - before[i].splits, 0);
    if (splits < 1) throw new Error('no worker took a part of the loop from another');
    const alone = await withRuntime({ workers: 1 }, async (other) => {
      const table = other.alloc(Uint32Array, n);
      table.set(costs);
      return (await other.post('spin', { range: [0, n], args: { costs: table, cost: 0 } })).state
        .sum;
    });
    equal(state.sum, alone, 'the sum, by two workers and by one');
  });
}

/**
 * The loop's worker yields the loop, and is then held in a gate, so that the other worker has to
 * take the loop up.
 */
export async function a_sequential_loop_moves_between_workers() {
  await withRuntime({}, async (runtime) => {
    const [first, second] = [new Gate(runtime), new Gate(runtime)];
    const range = [0, 400_000];
    const args = { cost: 200, x: 1n };
    const holds = [first.post()];
    await until(() => first.reached); // one worker is held
    const moved = runtime.post('iterate', { range, args });
    await until(() => moved.progress > 0); // the other one runs the loop
    holds.push(second.post());
    await until(() => second.reached); // it has yielded the loop, and is held now
    first.open();
    const { workers, state } = await moved;
    second.open();
    await Promise.all(holds);
    equal(workers, [0, 1], 'workers that ran the loop');
    equal(
      state,
      (await runtime.post('iterate', { range, args })).state,
      'the same loop, moved or not',
    );
  });
}

export async function a_cancel_stops_a_running_loop_and_leaves_the_workers() {
  await withRuntime({}, async (runtime) => {
    const job = runtime.post('forever', { range: ENDLESS });
    await until(() => job.progress > 0);
    const start = performance.now();
    job.cancel('enough');
    const error = await rejection(job, 'a cancelled job');
    const took = performance.now() - start;
    equal([error.name, error.reason], ['AbortError', 'enough'], 'error');
    if (!(error.iterations > 0)) throw new Error('it does not say how much was done');
    if (took > 1000) throw new Error(`the cancel took ${took} ms`);
    equal(
      (
        await runtime.post('visit', {
          range: [0, 10],
          args: { visits: runtime.alloc(Uint32Array, 10) },
        })
      ).iterations,
      10,
      'after',
    );
  });
}

export async function a_signal_cancels_what_waits() {
  await withRuntime({ workers: 1, taskSlots: 1 }, async (runtime) => {
    const first = runtime.post('forever', { range: ENDLESS });
    const stop = new AbortController();
    const second = runtime.post('empty', { range: [0, 1], signal: stop.signal });
    stop.abort(new Error('changed my mind'));
    equal((await rejection(second, 'an aborted post')).reason.message, 'changed my mind', 'reason');
    first.cancel();
    await rejection(first, 'a cancelled job');
  });
}

export async function a_trap_costs_one_task() {
  await withRuntime({}, async (runtime) => {
    const error = await rejection(
      runtime.post('trap', { range: [0, 1000], args: { at: 500n } }),
      'a trap',
    );
    equal(error.code, 'KERNEL_TRAPPED', 'code');
    if (!(error.range[0] <= 500 && 500 < error.range[1])) throw new Error(`range ${error.range}`);
    equal(
      (
        await rejection(
          runtime.post('overflow', { range: [0, 1], args: { bytes: 2 ** 22 } }),
          'a stack overflow',
        )
      ).kernel,
      'overflow',
      'kernel',
    );
    const n = 1000;
    const visits = runtime.alloc(Uint32Array, n);
    await runtime.post('visit', { range: [0, n], args: { visits } });
    equal(
      visits.every((count) => count === 1),
      true,
      'each iteration once, after a trap and a stack overflow',
    );
  });
}

export async function ten_thousand_posts_start_in_order_and_settle() {
  await withRuntime({ workers: 1 }, async (runtime) => {
    const n = 10_000;
    const counter = runtime.alloc(Uint32Array, 1);
    const order = runtime.alloc(Uint32Array, n);
    const used = runtime.memory.used;
    const jobs = Array.from({ length: n }, (_, slot) =>
      runtime.post('ticket', { range: [0, 1], args: { counter, order, slot } }),
    );
    await Promise.all(jobs);
    equal(
      order.findIndex((ticket, slot) => ticket !== slot + 1),
      -1,
      'the first one out of order',
    );
    equal(runtime.memory.used, used, 'shared memory in use');
  });
}

export async function known_answers() {
  await withRuntime({ module: undefined }, async (runtime) => {
    const { state } = await runtime.post('sieve', {
      range: [0, Math.floor(1e8 / 2 ** 19) + 1],
      args: { limit: 1e8 },
    });
    equal(state.count, 5761455n, 'primes up to 10^8');
    const input = runtime.alloc(Uint8Array, 102_400);
    for (let i = 0; i < input.length; i += 1) input[i] = i % 251;
    const parts = Math.ceil(input.length / 16384);
    const tree = runtime.alloc(Uint32Array, 9 * parts);
    await runtime.post('blake3', { range: [0, parts], args: { input, bytes: input.length, tree } });
    const hash = [...new Uint8Array(tree.slice(0, 8).buffer)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    equal(
      hash,
      'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085',
      "BLAKE3's test vector of 102400 bytes",
    );
  });
}

export async function two_runtimes_in_one_page() {
  await withRuntime({}, (one) =>
    withRuntime({}, async (two) => {
      const foreign = two.alloc(Uint32Array, 4);
      let error;
      try {
        one.post('visit', { range: [0, 4], args: { visits: foreign } });
      } catch (thrown) {
        error = thrown;
      }
      equal(error?.name, 'ForeignMemoryError', "the other runtime's memory");
      const done = await Promise.all(
        [one, two].map((r) =>
          r.post('visit', { range: [0, 4], args: { visits: r.alloc(Uint32Array, 4) } }),
        ),
      );
      equal(
        done.map(({ iterations }) => iterations),
        [4, 4],
        'both work',
      );
    }),
  );
}

export async function close_settles_everything_and_bad_posts_are_refused() {
  const runtime = await Runtime.start({ module: TEST_MODULE, workers: 2 });
  for (const range of [
    [5, 1],
    [0.5, 1],
    [-1, 1],
    [0, 2 ** 53],
  ]) {
    try {
      runtime.post('empty', { range });
    } catch (error) {
      equal(error.name, 'BadRangeError', `range ${range}`);
      continue;
    }
    throw new Error(`range ${range} was accepted`);
  }
  const jobs = Array.from({ length: 300 }, () => runtime.post('forever', { range: ENDLESS }));
  const settled = Promise.allSettled(jobs);
  await Promise.all([runtime.close(), runtime.close()]);
  equal(new Set((await settled).map(({ status }) => status)), new Set(['rejected']), 'all settled');
  try {
    runtime.post('empty', { range: [0, 1] });
  } catch (error) {
    equal(error.name, 'ClosedError', 'a post after close');
    return;
  }
  throw new Error('a post after close was accepted');
}

export async function a_missing_module_is_named() {
  const error = await rejection(
    Runtime.start({ module: new URL('/not-there.wasm', location.href) }),
    'a missing module',
  );
  equal(error.name, 'ModuleError', 'name');
  if (!error.message.includes('not-there.wasm')) throw new Error(error.message);
}
