// Recursions and joins at their limits, in the runtime that start() gives without options.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JobError, KernelError, KernelTrapError } from '../../../web/index.js';
import { builds, moduleOf, startAt } from '../helpers.mjs';

/** With threads (1, 2, and more workers than cores) and without; no other option. */
for (const file of builds) {
  for (const options of [{ workers: 1 }, { workers: 2 }, { workers: 4 }, { mode: 'cooperative' }]) {
    const what = options.mode ?? `${options.workers} workers`;
    const each = (name, body) =>
      test(`${name}, ${what} [${file.replace('.wasm', '')}]`, { timeout: 120_000 }, async (t) => {
        const runtime = await startAt({ module: await moduleOf(file), ...options });
        t.after(() => runtime.close());
        await body(runtime);
        // After each case no memory is in use, and jobs run.
        assert.equal((await runtime.run('fib', { args: { n: 20 } })).state.result, 6765n);
        assert.equal(runtime.stats().outstanding, 0);
      });

    each('a million joins run one after the other', async (runtime) => {
      assert.equal(
        (await runtime.run('chain', { args: { links: 1_000_000 } })).state.done,
        1_000_000,
      );
    });

    // rayon's issue 592: a join that runs any task on top of its own frame may run one that needs a
    // lock of that frame, and never returns.
    each('a join does not reenter a call that holds a lock', async (runtime) => {
      const words = runtime.alloc(Uint32Array, 1 + 30);
      const jobs = Array.from({ length: 4 }, (_, seed) =>
        runtime.post('reenter', { args: { sections: 200, seed, words } }),
      );
      for (const { state } of await Promise.all(jobs)) assert(state.calls > 200);
      assert(words.subarray(1).every((word) => word === 0));
    });

    each('a loop may post loops', async (runtime) => {
      const visits = runtime.alloc(Uint32Array, 100);
      await runtime.run('nest', { range: [0, 1000], args: { inner: 100, visits } });
      assert(visits.every((n) => n === 1000));
    });

    each('a task may have 128 children, and one more is an error', async (runtime) => {
      assert.equal((await runtime.run('crowd', { args: { count: 128 } })).state.left, 0);
      await assert.rejects(runtime.run('crowd', { args: { count: 129 } }), (error) => {
        return (
          error instanceof JobError &&
          error.code === 'TOO_MANY_CHILDREN' &&
          /more than 128 children/.test(error.message)
        );
      });
    });

    each('a recursion may be deep, and is an error far deeper', async (runtime) => {
      assert.equal((await runtime.run('deep', { args: { depth: 900 } })).state.leaves, 900);
      await assert.rejects(runtime.run('deep', { args: { depth: 10_000_000 } }), (error) => {
        return (
          error instanceof JobError &&
          (error.code === 'TOO_DEEP' || error.code === 'STACK_OVERFLOW')
        );
      });
    });

    each('children without a join are an error', async (runtime) => {
      await assert.rejects(
        runtime.run('unjoined', {}),
        (error) => error instanceof JobError && error.code === 'NOT_JOINED',
      );
    });

    each('a leaf that fails or traps fails its tree', async (runtime) => {
      for (const at of [0, 333, 999]) {
        const leaf = { n: 1000, at };
        await assert.rejects(
          runtime.run('forkfail', { args: { ...leaf, how: 0 } }),
          (error) => error instanceof KernelError && error.failure === 7,
        );
        await assert.rejects(
          runtime.run('forkfail', { args: { ...leaf, how: 1 } }),
          KernelTrapError,
        );
      }
    });
  }
}

for (const workers of [1, 2]) {
  test(`fib(40) in the default pool, ${workers} workers`, { timeout: 120_000 }, async (t) => {
    const runtime = await startAt({ module: await moduleOf(builds[0]), workers });
    t.after(() => runtime.close());
    assert.equal((await runtime.run('fib', { args: { n: 40 } })).state.result, 102334155n);
  });
}
