// restore(): its options, and runtimes that cannot take the job.
import assert from 'node:assert/strict';

import { ArgumentError, OutOfMemoryError, SaveError, TimeoutError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, eachMode, halfway, shippedModule, until } from '../helpers.mjs';

eachMode('restore() has options, and refuses bad ones', async (start) => {
  const runtime = await start();
  const job = runtime.post('forever', { range: ENDLESS, args: { count: 5 } });
  await until(() => job.progress > 0);
  const saved = await job.save();
  job.cancel();
  await job.catch(() => {});
  const urgent = runtime.restore(saved, { priority: 'high', grain: 5 });
  assert.equal(urgent.priority, 'high');
  assert(urgent.args.count > 5n);
  urgent.cancel('enough');
  await assert.rejects(urgent, { code: 'CANCELLED', reason: 'enough' });
  await assert.rejects(runtime.restore(saved, { timeout: 30 }), TimeoutError);
  const controller = new AbortController();
  const aborted = runtime.restore(saved, { signal: controller.signal });
  controller.abort('left');
  await assert.rejects(aborted, { code: 'CANCELLED', reason: 'left' });
  assert.equal(runtime.restore(saved, { signal: controller.signal }).status, 'cancelled');
  assert.equal(runtime.memory.used, 0);
  const bad = [
    5,
    null,
    { range: [0, 1] },
    { args: {} },
    { after: job },
    { priority: 'urgent' },
    { grain: 0 },
    { timeout: 0 },
  ];
  for (const options of [...bad, { signal: {} }]) {
    assert.throws(
      () => runtime.restore(saved, options),
      (e) => e.constructor === ArgumentError && /restore\(\)/.test(e.message),
    );
  }
  const { buffer } = saved;
  for (const bytes of [
    undefined,
    null,
    'x',
    7,
    [...saved.subarray(0, 9)],
    buffer,
    new Uint16Array(64),
    new DataView(buffer),
  ]) {
    const isBad = (e) =>
      e.constructor === ArgumentError && /restore\(\) takes a Uint8Array/.test(e.message);
    assert.throws(() => runtime.restore(bytes), isBad);
  }
  await runtime.close();
  assert.throws(() => runtime.restore(saved), { code: 'STOPPED' });
});

eachBuild('restore() without memory or a slot leaves nothing behind', async (start) => {
  const runtime = await start();
  const visits = runtime.alloc(Uint32Array, 1e6);
  const { job } = await halfway(() =>
    runtime.post('visit', { range: [0, 1e6], args: { visits: visits.fill(0) }, grain: 100 }),
  );
  const saved = await job.save();
  job.resume();
  await job;
  const small = await start({ memory: 2 ** 22 });
  assert.throws(
    () => small.restore(saved),
    (e) => e instanceof OutOfMemoryError && /restore\(\)/.test(e.message),
  );
  assert.equal(small.memory.used, 0);
  const full = await start({ workers: 1, taskSlots: 1, maxQueue: 0 });
  const gate = new Gate(full);
  const [held] = await gate.hold(1);
  const { used } = full.memory;
  assert.throws(() => full.restore(saved), { code: 'QUEUE_FULL' });
  assert.equal(full.memory.used, used);
  gate.open();
  await held;
  await full.restore(saved);
});

eachBuild('restore() in a module without the kernel is a SaveError', async (start) => {
  const runtime = await start();
  const visits = runtime.alloc(Uint32Array, 10);
  const job = runtime.post('visit', { range: [0, 10], args: { visits } });
  job.pause();
  const saved = await job.save().catch(() => undefined);
  job.resume();
  await job;
  if (!saved) return;
  const shipped = await start({ module: await shippedModule() });
  assert.throws(
    () => shipped.restore(saved),
    (e) => e instanceof SaveError && /kernel "visit" is not in the module/.test(e.message),
  );
});

eachBuild('restore() takes bytes of any array, and does not change them', async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const job = runtime.post('iterate', { range: [0, 1000], args: { cost: 3 } });
  const saved = await job.save();
  gate.open();
  const want = await job;
  await held;
  const shifted = new Uint8Array(saved.length + 3).subarray(3);
  shifted.set(saved);
  const shared = runtime.alloc(Uint8Array, saved.length);
  shared.set(saved);
  for (const bytes of [shifted, shared, Buffer.from(saved), Buffer.from(shifted)]) {
    assert.deepEqual((await runtime.restore(bytes)).state, want.state);
    assert.deepEqual(Buffer.from(bytes), Buffer.from(saved), 'they are not changed');
  }
});
