// The examples of Piscina 5's README with functions that take and return any values, as calls.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';

import { CancelledError, QueueFullError, TimeoutError } from '../../../web/index.js';
import { eachBuild, ENDLESS, Gate, until } from '../helpers.mjs';

const url = new URL('../../fixtures/plugins/functions.js', import.meta.url);

eachBuild('a basic run calls the default export', async (start) => {
  const runtime = await start();
  assert.equal(await runtime.call(url, 'default', [{ a: 4, b: 6 }]), 10);
  assert.equal(await runtime.call(url.href, 'thread'), false);
});

eachBuild(
  'several functions of one file are called by name, synchronous and asynchronous',
  async (start) => {
    const runtime = await start();
    const results = await Promise.all([
      runtime.call(url, 'add', [4, 6]),
      runtime.call(url, 'multiply', [4, 6]),
      runtime.call(url, 'later', [4, 6]),
    ]);
    assert.deepEqual(results, [10, 24, 10]);
  },
);

eachBuild('each worker imports a module once, and calls begin after the import', async (start) => {
  const runtime = await start({ workers: 1 });
  const counts = [];
  for (let i = 0; i < 5; i++) counts.push(await runtime.call(url, 'count'));
  assert.deepEqual(counts, [1, 2, 3, 4, 5]);
});

eachBuild('arguments and results are cloned', async (start) => {
  const runtime = await start();
  const value = {
    date: new Date(0),
    map: new Map([[1, new Set(['a'])]]),
    bytes: Uint8Array.of(1, 2),
    big: 5n,
    none: undefined,
  };
  value.itself = value;
  assert.deepEqual(await runtime.call(url, 'echo', [value]), value);
  assert.equal(await runtime.call(url, 'echo'), undefined);
});

eachBuild('buffers of the transfer list are moved', async (start) => {
  const runtime = await start();
  const array = new Uint8Array(1000);
  const job = runtime.call(url, 'fill', [array, 7], { transfer: [array.buffer] });
  assert.equal(array.length, 0);
  const filled = await job;
  assert(filled.length === 1000 && filled.every((byte) => byte === 7));
});

eachBuild("an error has its class's name, message, stack, and cause", async (start) => {
  const runtime = await start();
  for (const name of ['fail', 'reject']) {
    await assert.rejects(runtime.call(url, name, ['wrong']), (error) => {
      assert.match(error.message, /wrong/);
      assert.match(String(error.stack), /functions\.js/);
      return error.cause instanceof Error;
    });
  }
  assert.equal(await runtime.call(url, 'add', [1, 1]), 2);
});

eachBuild(
  'a missing module or function, and a value that cannot be cloned, are errors',
  async (start) => {
    const runtime = await start();
    await assert.rejects(async () => runtime.call(url, 'missing'), /missing/);
    await assert.rejects(async () => runtime.call(url, 'value'), /value/);
    await assert.rejects(async () => runtime.call(new URL('./nowhere.js', url), 'add'), /nowhere/);
    await assert.rejects(async () => runtime.call(url, 'echo', [() => {}]));
    await assert.rejects(async () => runtime.call(url, 'notCloned'));
    assert.equal(await runtime.call(url, 'add', [1, 1]), 2);
  },
);

eachBuild('a call is cancelled before its start, and in the queue', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 1 });
  const reason = new Error('changed my mind');
  await assert.rejects(
    async () => runtime.call(url, 'add', [1, 1], { signal: AbortSignal.abort(reason) }),
    (error) => error.reason === reason,
  );
  const gate = new Gate(runtime);
  await gate.hold();
  const controller = new AbortController();
  const waiting = runtime.call(url, 'add', [1, 1], { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(
    waiting,
    (error) => error instanceof CancelledError && error.reason === reason,
  );
  gate.open();
  assert.equal(await runtime.call(url, 'add', [1, 1]), 2);
});

eachBuild('a call has a time limit', async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  await gate.hold();
  await assert.rejects(runtime.call(url, 'add', [1, 1], { timeout: 20 }), TimeoutError);
  gate.open();
});

eachBuild('calls and loops begin in one order of priority', async (start) => {
  const runtime = await start({ workers: 1 });
  await runtime.call(url, 'add', [0, 0]);
  const gate = new Gate(runtime);
  await gate.hold();
  const order = [];
  const call = (name, priority) =>
    runtime.call(url, 'echo', [name], { priority, name }).then((told) => order.push(told));
  const calls = [call('low', 'low'), call('normal', 'normal'), call('high', 'high')];
  gate.open();
  await Promise.all(calls);
  assert.deepEqual(order, ['high', 'normal', 'low']);
});

eachBuild(
  'calls have back-pressure: needsDrain, a full queue, a stream that waits',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 2, maxQueue: 'auto' });
    await runtime.call(url, 'echo'); // every worker has the module, before one of them is held
    const gate = new Gate(runtime);
    await gate.hold();
    const calls = [1, 2, 3].map((n) => runtime.call(url, 'echo', [n]));
    assert.equal(runtime.needsDrain, true);
    await assert.rejects(async () => runtime.call(url, 'echo', [4]), QueueFullError);
    gate.open();
    assert.deepEqual(await Promise.all(calls), [1, 2, 3]);
    const lines = [];
    for await (const line of Readable.from(Array.from({ length: 50 }, (_, i) => `line ${i}`))) {
      if (runtime.needsDrain) await runtime.ready();
      lines.push(runtime.call(url, 'echo', [line]));
    }
    assert.equal((await Promise.all(lines)).at(-1), 'line 49');
  },
);

eachBuild('histograms count calls', async (start) => {
  const runtime = await start();
  await Promise.all(Array.from({ length: 10 }, () => runtime.call(url, 'busy', [2])));
  const { runTime, jobs } = runtime.stats();
  assert.equal(jobs.done, 10);
  assert(runTime.mean >= 1.5, `${runTime.mean}`);
});

eachBuild('calls run beside loops, and close() ends the calls', async (start) => {
  const runtime = await start();
  const loop = runtime.post('spin', { range: ENDLESS, args: { cost: 10 } });
  assert.equal(await runtime.call(url, 'later', [1, 2], { priority: 'high' }), 3);
  const busy = runtime.call(url, 'busy', [200]);
  await until(() => busy.status === 'running');
  await runtime.terminate();
  await assert.rejects(busy, CancelledError);
  await assert.rejects(loop, CancelledError);
});
