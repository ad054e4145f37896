// More posts than there are task slots.
import assert from 'node:assert/strict';

import { QueueFullError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, inProcess, until } from '../helpers.mjs';

for (const workers of [1, 2]) {
  eachBuild(`10,000 posts at once start in order, with ${workers} workers`, async (start) => {
    const runtime = await start({ workers });
    const n = 10_000;
    const counter = runtime.alloc(Uint32Array, 1);
    const order = runtime.alloc(Uint32Array, n);
    const jobs = Array.from({ length: n }, (_, slot) =>
      runtime.post('ticket', { range: [0, 1], args: { counter, order, slot } }),
    );
    assert.equal(jobs.at(-1).status, 'queued');
    const results = await Promise.all(jobs);
    assert(results.every((result) => result.iterations === 1));
    assert.equal(counter[0], n);
    // Workers take tasks in order. A worker may draw the ticket of its task late, but never early.
    order.forEach((ticket, slot) =>
      assert(ticket >= slot + 2 - workers, `job ${slot} was number ${ticket}`),
    );
    if (workers === 1) order.forEach((ticket, slot) => assert.equal(ticket, slot + 1));
  });
}

eachBuild('one slot is enough', async (start) => {
  const runtime = await start({ taskSlots: 1 });
  const visits = runtime.alloc(Uint32Array, 500);
  const jobs = Array.from({ length: 500 }, (_, i) =>
    runtime.post('visit', { range: [i, i + 1], args: { visits } }),
  );
  await Promise.all(jobs);
  assert(visits.every((n) => n === 1));
});

eachBuild('a post that waits has the arguments of the time of the post', async (start) => {
  const runtime = await start({ taskSlots: 2 });
  const args = { cost: 0, sum: 0 };
  const jobs = Array.from({ length: 100 }, (_, i) => {
    args.sum = i;
    return runtime.post('spin', { range: [0, 0], args });
  });
  args.sum = 12345;
  for (const [i, job] of jobs.entries()) assert.equal((await job).state.sum, BigInt(i));
});

eachBuild('a post past maxQueue is a typed error, and nothing is lost', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 2, maxQueue: 3 });
  const gate = new Gate(runtime);
  const held = await gate.hold(1);
  const jobs = [gate.post(), gate.post(), gate.post(), gate.post()];
  assert.throws(
    () => gate.post(),
    (e) =>
      e instanceof QueueFullError &&
      e.code === 'QUEUE_FULL' &&
      /2 jobs.*3 wait.*"maxQueue"/.test(e.message),
  );
  assert.throws(() => gate.post({ priority: 'high' }), QueueFullError);
  jobs[3].cancel();
  const again = gate.post();
  gate.open();
  await Promise.all([...held, ...jobs.slice(0, 3), again]);
  await assert.rejects(jobs[3]);
});

eachBuild('with maxQueue 0 no post waits for a slot', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 1, maxQueue: 0 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  assert.throws(() => gate.post(), QueueFullError);
  gate.open();
  await held;
  await gate.post();
});

eachBuild('an urgent post overtakes posts that wait for a slot', async (start) => {
  const runtime = await start({ workers: 1, taskSlots: 32 });
  const gate = new Gate(runtime);
  const counter = runtime.alloc(Uint32Array, 1);
  const order = runtime.alloc(Uint32Array, 202);
  const post = (slot, priority) =>
    runtime.post('ticket', { range: [0, 1], args: { counter, order, slot }, priority });
  const [held] = await gate.hold(1);
  const jobs = Array.from({ length: 200 }, (_, slot) => post(slot, 'normal'));
  jobs.push(post(200, 'high'), post(201, 'low'));
  const another = post(0, 'high');
  another.cancel();
  assert.equal(
    another.status,
    'queued',
    'what waits for a slot is cancelled at once: this has one',
  );
  gate.open();
  await Promise.all([held, ...jobs]);
  await assert.rejects(another);
  assert.equal(order[200], 1);
  assert(
    order[201] > 150,
    'the least urgent job comes last, but for one pick in 61 that begins there: no job starves',
  );
});

eachBuild('a job can be posted as soon as another settles', async (start) => {
  const runtime = await start({ taskSlots: 3 });
  let left = 300;
  const next = () => (left-- > 0 ? runtime.post('empty', { range: [0, 1] }).then(next) : undefined);
  await Promise.all([next(), next(), next(), next(), next()]);
  assert(left < 0);
});

eachBuild('the event loop turns while many jobs settle', async (start) => {
  const runtime = await start({ taskSlots: 16384 });
  const jobs = Array.from({ length: 10_000 }, () => runtime.post('empty', { range: [0, 1] }));
  // The owner is busy while all jobs end, so that all settle at once.
  const ended = () => runtime.stats().workers.reduce((sum, worker) => sum + worker.iterations, 0);
  while (ended() < 10_000);
  let turns = 0;
  let running = true;
  const turn = () => {
    turns++;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all(jobs);
  running = false;
  assert(turns >= 5, `${turns} turns`);
});

eachBuild('the event loop turns while short jobs are awaited one after another', async (start) => {
  const runtime = await start();
  let [since, most] = [0, 0]; // jobs since the last turn of the event loop
  let beat = setImmediate(function turn() {
    since = 0;
    beat = setImmediate(turn);
  });
  for (let i = 0; i < 3000; i++) {
    await runtime.post('empty', { range: [0, 1] });
    most = Math.max(most, ++since);
  }
  clearImmediate(beat);
  assert.ok(most < 20, `${most} jobs without a turn`);
});

eachBuild(
  'a post without a place on the way to a worker starts without the end of another job',
  async (start) => {
    const runtime = await start({ workers: 1, taskSlots: 4 });
    const long = runtime.post('forever', { range: ENDLESS });
    await until(() => long.progress > 0);
    for (let round = 0; round < 10; round++) {
      // A job that is cancelled while it waits for a worker leaves its item in the queue, and the
      // queue has only four places.
      for (let i = 0; i < 4; i++) {
        const job = runtime.post('empty', { range: [0, 1] });
        job.cancel();
        await job.catch(() => {});
      }
      const jobs = [0, 1].map(() => runtime.post('empty', { range: [0, 1] }));
      await Promise.all(jobs);
    }
    assert.equal(long.status, 'running');
    long.cancel();
    await assert.rejects(long);
  },
);

eachBuild('settled jobs leave no memory behind', async (start, t, file) => {
  const { code, stdout, stderr } = await inProcess(
    `
    const runtime = await start();
    const burst = async () => {
      for (let round = 0; round < 10; round++) {
        const jobs = Array.from({ length: 2000 }, () => runtime.post('spin', { range: [0, 1], args: { cost: 1 } }));
        jobs.forEach((job, i) => i % 5 || job.cancel());
        await Promise.allSettled(jobs);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
      gc();
      return process.memoryUsage().heapUsed;
    };
    await burst();
    const before = await burst();
    for (let i = 0; i < 3; i++) await burst();
    console.log(Math.round((await burst() - before) / 1024));
    `,
    { file, flags: ['--expose-gc'] },
  );
  assert.equal(code, 0, stderr);
  assert(Number(stdout) < 1024, `${stdout} KiB more after 80,000 jobs`);
});
