// The caller's queueOrder is foreign code: it may throw, return any value, and call the runtime.
import assert from 'node:assert/strict';

import { bothModes, until } from '../helpers.mjs';
import { bomb, reported, spin, works } from './foreign.mjs';

bothModes(
  'a queueOrder that throws changes the order alone, and is reported once',
  async (start) => {
    let calls = 0;
    const told = await reported(async () => {
      const runtime = await start({
        taskSlots: 1,
        queueOrder: () => (++calls % 3 ? 0 : bomb()),
      });
      const jobs = Array.from({ length: 20 }, () => runtime.post('spin', spin));
      await Promise.all(jobs);
      assert.equal(runtime.stats().queued, 0);
      await works(runtime);
    });
    assert(calls > 3);
    assert.deepEqual(told, ['foreign']);
  },
);

bothModes('a queueOrder may return any value', async (start) => {
  const values = [NaN, 'x', Symbol('s'), 1n, null, { valueOf: bomb }, Object.create(null)];
  await reported(async () => {
    const runtime = await start({
      taskSlots: 1,
      queueOrder: () => values[(values.length * Math.random()) | 0],
    });
    await Promise.all(Array.from({ length: 50 }, () => runtime.post('spin', spin)));
    await works(runtime);
  });
});

bothModes('a queueOrder may call the runtime', async (start) => {
  let runtime;
  const jobs = [];
  const acts = [
    () => jobs.push(runtime.post('spin', spin)),
    () => jobs.at(-1)?.cancel(),
    () => (jobs.at(-2).priority = 'high'),
    () => jobs.at(-3).pause(),
    () => jobs.at(-3).resume(),
    () => jobs[3].cancel(),
  ];
  let calls = 0;
  runtime = await start({
    taskSlots: 1,
    queueOrder: (a, b) => {
      if (jobs.length > 3 && calls < 200) acts[calls++ % acts.length]();
      return b.id - a.id;
    },
  });
  for (let i = 0; i < 40; i++) jobs.push(runtime.post('spin', spin));
  await until(() =>
    jobs.every((job) => (job.resume(), ['done', 'cancelled'].includes(job.status))),
  );
  assert(calls > acts.length);
  await works(runtime);
});
