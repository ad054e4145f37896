// Back-pressure: bounded queues, producers that wait for a place, and the order of the queue.
import assert from 'node:assert/strict';

import { ClosedError, OptionsError, QueueFullError, Runtime } from '../../../web/index.js';
import { eachBuild, eachMode, Gate, until } from '../helpers.mjs';

eachMode('with "auto" as many posts wait as there are slots', async (start) => {
  const runtime = await start({ taskSlots: 4, maxQueue: 'auto' });
  const jobs = Array.from({ length: 8 }, () =>
    runtime.post('spin', { range: [0, 1000], args: { cost: 10 } }),
  );
  assert.throws(() => runtime.post('empty', { range: [0, 1] }), QueueFullError);
  assert.equal(runtime.stats().queued, 4);
  await Promise.all(jobs);
  await runtime.post('empty', { range: [0, 1] });
});

eachMode(
  'a producer that waits by needsDrain, ready(), or the event never overruns the queue',
  async (start) => {
    const runtime = await start({ taskSlots: 4, maxQueue: 2 });
    let drained = 0;
    runtime.addEventListener('drain', () => drained++);
    assert.equal(runtime.needsDrain, false);
    await runtime.ready();
    let waited = 0;
    const jobs = [];
    for (let i = 0; i < 200; i++) {
      if (runtime.needsDrain) {
        waited++;
        await runtime.ready();
      }
      jobs.push(runtime.post('spin', { range: [0, 100], args: { cost: 1 } }));
    }
    await Promise.all(jobs);
    assert(waited > 10, `${waited}`);
    assert.equal(runtime.needsDrain, false);
    // Without a wait the queue fills, and the event tells when the queue is empty.
    for (let i = 0; i < 6; i++) jobs.push(runtime.post('empty', { range: [0, 1] }));
    const before = drained;
    assert.equal(runtime.needsDrain, true);
    await until(() => drained === before + 1);
    assert.equal(runtime.stats().queued, 0);
  },
);

eachBuild('ready() ends with the runtime', async (start) => {
  const runtime = await start({ taskSlots: 1 });
  const gate = new Gate(runtime);
  const [job] = await gate.hold();
  const ready = runtime.ready();
  setTimeout(() => gate.open(), 20);
  const closing = runtime.close();
  await assert.rejects(ready, ClosedError);
  await closing;
  await job.catch(() => {});
  await assert.rejects(runtime.ready(), ClosedError);
});

eachBuild('cancelled posts free their places in the queue', async (start) => {
  const runtime = await start({ taskSlots: 1, maxQueue: 1, workers: 1 });
  const gate = new Gate(runtime);
  await gate.hold();
  let drained = false;
  runtime.addEventListener('drain', () => (drained = true));
  const waiting = runtime.post('empty', { range: [0, 1] });
  assert.throws(() => runtime.post('empty', { range: [0, 1] }), QueueFullError);
  waiting.cancel();
  await waiting.catch(() => {});
  await until(() => drained);
  const next = runtime.post('empty', { range: [0, 1] });
  gate.open();
  await next;
});

const orders = {
  fifo: ['a', 'b', 'c', 'd'],
  lifo: ['d', 'c', 'b', 'a'],
  byName: ['d', 'c', 'b', 'a'],
  byKernel: ['b', 'd', 'a', 'c'],
};
const functions = {
  byName: (a, b) => (a.name < b.name ? 1 : -1),
  byKernel: (a, b) => Number(a.kernel > b.kernel) - Number(a.kernel < b.kernel),
};
for (const [order, want] of Object.entries(orders)) {
  eachBuild(`the queue's order: ${order}`, async (start) => {
    const runtime = await start({
      taskSlots: 1,
      workers: 1,
      queueOrder: functions[order] ?? order,
    });
    const gate = new Gate(runtime);
    await gate.hold();
    const ended = [];
    runtime.addEventListener('task', ({ detail }) => ended.push(detail.name));
    const post = (name, kernel, priority) =>
      runtime.post(kernel, {
        range: [0, 1],
        args: kernel === 'spin' ? { cost: 1 } : {},
        name,
        priority,
      });
    const jobs = [
      post('a', 'spin'),
      post('b', 'empty'),
      post('c', 'spin'),
      post('d', 'empty'),
      post('first', 'empty', 'high'),
    ];
    gate.open();
    await Promise.all(jobs);
    assert.deepEqual(
      ended.filter((name) => name !== 'gate'),
      ['first', ...want],
    );
  });
}

eachBuild('bad options of the queue are refused', async () => {
  for (const bad of [
    { maxQueue: -1 },
    { maxQueue: 'most' },
    { queueOrder: 'random' },
    { queueOrder: 7 },
  ]) {
    await assert.rejects(Runtime.start(bad), OptionsError);
  }
});
