// Kernels that fail: their own codes, traps, stack overflows. The job fails, and everything else
// goes on.
import assert from 'node:assert/strict';

import {
  CorruptError,
  JobError,
  KernelError,
  KernelTrapError,
  StackOverflowError,
} from '../../../web/index.js';
import { eachBuild, eachMode, moduleUrl } from '../helpers.mjs';

async function goesOn(runtime) {
  const visits = runtime.alloc(Uint32Array, 1e5);
  await runtime.post('visit', { range: [0, 1e5], args: { visits } });
  assert(visits.every((n) => n === 1));
  runtime.free(visits);
}

for (const mode of ['threads', 'cooperative']) {
  eachBuild(`a job fails with its kernel's own code, ${mode}`, async (start) => {
    const runtime = await start({ mode });
    for (const code of [1, 77, 65535]) {
      const job = runtime.post('fail', { range: [100, 1100], args: { at: 500, code } });
      const error = await job.catch((e) => e);
      assert(error instanceof KernelError && error instanceof JobError, `${error}`);
      assert.equal(error.code, 'KERNEL_FAILED');
      assert.equal(error.failure, code);
      assert.equal(error.kernel, 'fail');
      assert.equal(error.job, job.id);
      assert(error.range[0] <= 500 && 500 < error.range[1], `${error.range}`);
      assert(error.iterations < 1000);
      assert.match(
        error.message,
        new RegExp(`kernel "fail".*\\[${error.range.join(', ')}\\).*code ${code}`),
      );
      assert.equal(job.status, 'failed');
    }
    await goesOn(runtime);
  });

  eachBuild(`a trap fails its job, ${mode}`, async (start) => {
    const runtime = await start({ mode });
    const other = runtime.post('spin', { range: [0, 1e5], args: { cost: 100 } });
    const job = runtime.post('trap', { range: [0, 100], args: { at: 50 }, grain: 10 });
    const error = await job.catch((e) => e);
    assert(error instanceof KernelTrapError && error instanceof JobError, `${error}`);
    assert.equal(error.code, 'KERNEL_TRAPPED');
    const [begin, end] = error.range; // a chunk of 10 at most, wherever a thief has split the loop
    assert(begin <= 50 && 50 < end && end - begin <= 10, `${error.range}`);
    assert.equal(error.reason, 'unreachable');
    assert(error.iterations <= 100 - (end - begin));
    assert.match(error.message, new RegExp(`kernel "trap".*\\[${begin}, ${end}\\): unreachable`));
    assert.equal((await other).iterations, 1e5);
    await goesOn(runtime);
    assert.equal(runtime.workers.running, mode === 'threads' ? 2 : 0);
  });

  eachBuild(`a thousand traps leave the runtime whole, ${mode}`, async (start) => {
    const runtime = await start({ mode, taskSlots: 16 });
    const jobs = Array.from({ length: 1000 }, (_, i) =>
      runtime.post('trap', { range: [0, 4], args: { at: i % 5 } }),
    );
    const codes = await Promise.all(
      jobs.map((job) =>
        job.then(
          () => 'OK',
          (error) => error.code,
        ),
      ),
    );
    codes.forEach((code, i) => assert.equal(code, i % 5 < 4 ? 'KERNEL_TRAPPED' : 'OK'));
    assert.deepEqual(runtime.workers.reason, mode === 'threads' ? '' : 'it was asked for');
    await goesOn(runtime);
  });

  eachBuild(`a stack overflow fails its job, ${mode}`, async (start, _t, file) => {
    const runtime = await start({ mode, stackBytes: 2 ** 17 });
    const bytes = (n) => ({ range: [0, 10], args: { bytes: n } });
    assert.equal((await runtime.post('overflow', bytes(2 ** 16))).state.count, 10n);
    for (const overflow of [2 ** 17 + 2048, 2 ** 22, 2 ** 31]) {
      const error = await runtime.post('overflow', bytes(overflow)).catch((e) => e);
      // filch-plain.wasm has no check that throws before the stack overflows.
      if (file === 'filch-plain.wasm') return assert(error instanceof CorruptError, `${error}`);
      assert(error instanceof StackOverflowError, `${error}`);
      assert.equal(error.code, 'STACK_OVERFLOW');
      assert.match(error.message, /"stackBytes"/);
    }
    await goesOn(runtime);
    const roomy = await start({ mode, stackBytes: 2 ** 20 });
    assert.equal((await roomy.post('overflow', bytes(2 ** 17 + 2048))).state.count, 10n);
  });
}

eachBuild('errors can be cloned and logged', async (start) => {
  const runtime = await start();
  const error = await runtime.post('trap', { range: [0, 9], args: { at: 5 } }).catch((e) => e);
  assert.deepEqual(Object.keys(error).sort(), ['iterations', 'job', 'kernel', 'range', 'reason']);
  assert.equal(structuredClone(error).message, error.message);
  assert.match(error.stack, /^KernelTrapError: job 1|^Error: job 1/);
});

eachMode('a trap as totals are combined', async (start) => {
  const runtime = await start();
  await runtime.load(moduleUrl('plugins/brittle.wasm'));
  const options = { range: [0, 1000], grain: 10, deterministic: true };
  for (let i = 0; i < 10; i++) {
    const before = runtime.reduce('brittle', { ...options, args: { fault: 1, bytes: 0 } });
    const after = runtime.reduce('brittle', { ...options, args: { fault: 0, bytes: 0 } });
    await assert.rejects(before, (error) => {
      const { iterations, message } = error;
      return (
        error instanceof KernelTrapError &&
        iterations === 1000 &&
        /combined: unreachable/.test(message)
      );
    });
    assert.deepEqual(await after, { count: 1000n, fault: 0, bytes: 0 });
  }
  await goesOn(runtime);
  const last = runtime.reduce('brittle', { ...options, args: { fault: 1, bytes: 0 } });
  last.catch(() => {});
  await runtime.close({ drain: true });
  await assert.rejects(last, KernelTrapError);
});

// The plug-in's code has no check of its own, in either build: the red zone below the stack tells.
eachMode('an overrun stack as totals are combined ends the runtime', async (start) => {
  const runtime = await start({ stackBytes: 2 ** 17 });
  await runtime.load(moduleUrl('plugins/brittle.wasm'));
  const options = { range: [0, 1000], grain: 10, deterministic: true };
  const brittle = (bytes) => runtime.reduce('brittle', { ...options, args: { fault: 2, bytes } });
  assert.deepEqual(await brittle(2 ** 16), { count: 1000n, fault: 2, bytes: 2 ** 16 });
  await goesOn(runtime);
  const overruns = brittle(2 ** 17 + 2048);
  await assert.rejects(overruns, (error) => {
    return (
      error instanceof CorruptError && /job \d+ .kernel "brittle". overran/.test(error.message)
    );
  });
});

eachMode('a kernel submits a loop with arguments that are no memory', async (start) => {
  const runtime = await start();
  await runtime.load(moduleUrl('plugins/astray.wasm'));
  const astray = (more) => runtime.run('astray', { range: [0, 20], grain: 1, args: { more } });
  for (let i = 0; i < 10; i++) await assert.rejects(astray(1), KernelTrapError);
  await astray(0);
  await goesOn(runtime);
  const last = astray(1);
  last.catch(() => {});
  await runtime.close({ drain: true });
  await assert.rejects(last, KernelTrapError);
});
