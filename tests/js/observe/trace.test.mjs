// The workers' records of their work: counters, and a trace for common tools.
import assert from 'node:assert/strict';

import { eachBuild, until } from '../helpers.mjs';

const spin = (runtime) => runtime.post('spin', { range: [0, 3e6], args: { cost: 100 } });
const of = (events, name) => events.filter((event) => event.name === name);

for (const mode of ['threads', 'cooperative']) {
  eachBuild(`a trace has each chunk, its time, and its job, ${mode}`, async (start) => {
    const runtime = await start({ mode });
    await spin(runtime);
    runtime.trace.start();
    assert(runtime.trace.running);
    const begin = performance.now() * 1000;
    const jobs = [spin(runtime), spin(runtime), runtime.post('fib', { args: { n: 20 } })];
    await Promise.all(jobs);
    const end = performance.now() * 1000;
    const { traceEvents, displayTimeUnit } = runtime.trace.stop();
    assert(!runtime.trace.running);
    assert.equal(displayTimeUnit, 'ns');
    assert.deepEqual(
      JSON.parse(JSON.stringify(traceEvents)),
      traceEvents,
      'JSON can say all of it',
    );
    for (const { kernel, id } of jobs) {
      const [from, to] = traceEvents.filter((event) => event.cat === 'job' && event.id === id);
      assert.equal(`${from.ph}${to.ph} ${from.name}`, `be ${kernel}`);
      assert(begin <= from.ts && from.ts <= to.ts && to.ts <= end);
    }
    const chunks = traceEvents.filter((event) => event.cat === 'chunk');
    for (const [i, job] of jobs.slice(0, 2).entries()) {
      const own = chunks.filter(({ args }) => args.job === job.id);
      assert.equal(
        own.reduce((sum, { args }) => sum + args.iterations, 0),
        3e6,
        `job ${i}: every iteration is in a chunk`,
      );
      assert(own.every(({ name, tid }) => name === 'spin' && tid >= 1 && tid <= 2));
      // Workers count time from the owner's origin, as exactly as the engine's clocks allow.
      assert(
        own.every(({ ts, dur }) => ts > begin - 2000 && ts + dur < end + 2000 && dur >= 0),
        `${begin} ${end} ${JSON.stringify(own[0])}`,
      );
    }
    assert(traceEvents.some(({ cat, args }) => cat === 'fork' && args.job === jobs[2].id));
    for (const tid of [1, mode === 'threads' ? 2 : 1]) {
      const own = chunks.filter((event) => event.tid === tid).sort((a, b) => a.ts - b.ts);
      for (let i = 1; i < own.length; i++)
        assert(own[i].ts >= own[i - 1].ts + own[i - 1].dur - 1, 'one after the other');
    }
    assert.equal(of(traceEvents, 'thread_name').length, 1 + (mode === 'threads' ? 2 : 1));
  });
}

eachBuild('a full ring keeps the latest events, and a new trace begins empty', async (start) => {
  const runtime = await start({ workers: 1 });
  const before = runtime.memory.used;
  runtime.trace.start({ events: 5 });
  assert.equal(runtime.memory.used, before + 8 * 32);
  const jobs = Array.from({ length: 40 }, () => runtime.post('empty', { range: [0, 1] }));
  await Promise.all(jobs);
  const { traceEvents } = runtime.trace.stop();
  const ran = traceEvents.filter((event) => event.cat === 'chunk').map((event) => event.args.job);
  assert(ran.length > 0 && ran.length <= 8);
  assert.equal(ran.at(-1), jobs.at(-1).id);
  runtime.trace.start();
  assert.equal(runtime.trace.stop().traceEvents.filter((event) => event.cat === 'chunk').length, 0);
});

// A worker may be in the middle of a record while the owner starts another trace.
eachBuild('a trace of another size writes to no memory that was given back', async (start) => {
  const runtime = await start({ workers: 2 });
  const count = () => runtime.trace.stop().traceEvents.filter(({ cat }) => cat === 'chunk').length;
  const job = runtime.post('spin', { range: [0, 1e9], grain: 1, args: { cost: 1000 } });
  for (const events of [64, 1, 8]) {
    runtime.trace.start({ events });
    const { used } = runtime.memory;
    const before = runtime.alloc(Uint8Array, 64 * 32 * 2);
    await until(() => runtime.stats().workers.every(({ chunks }) => chunks > 100));
    runtime.trace.start({ events: 1 });
    assert.equal(runtime.memory.used, used + before.byteLength, 'no block more, none less');
    assert(count() <= 2);
    assert(before.every((byte) => byte === 0));
    runtime.free(before);
  }
  job.cancel();
  await assert.rejects(job);
});

eachBuild(
  'a trace that was never started is empty, and wrong options are refused',
  async (start) => {
    const runtime = await start();
    assert(runtime.trace.stop().traceEvents.every((event) => event.ph === 'M'));
    for (const events of [0, -1, 1.5, 2 ** 21, '5', NaN]) {
      assert.throws(() => runtime.trace.start({ events }), {
        code: 'BAD_ARGUMENT',
        message: /"events" of trace.start\(\).*1 to 2\^20/,
      });
    }
    assert.throws(() => runtime.trace.start({ events: 2 ** 20 }), { code: 'OUT_OF_MEMORY' });
    assert(!runtime.trace.running);
  },
);

eachBuild('counters say how workers spent their time, and how long chunks were', async (start) => {
  const runtime = await start();
  const sum = (name) => runtime.stats().workers.reduce((total, worker) => total + worker[name], 0);
  await until(() => sum('sleeping_ns') > 0);
  const began = performance.now();
  const slept = sum('sleeping_ns');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const elapsed = (performance.now() - began) * 1e6 * 2;
  assert(sum('sleeping_ns') - slept > 0.9 * elapsed, 'an idle pool sleeps');
  const ran = sum('running_ns');
  await spin(runtime);
  assert(sum('running_ns') > ran);
  const lengths = Object.keys(runtime.stats().workers[0]).filter((name) => /^chunks_/.test(name));
  assert.equal(
    lengths.reduce((total, name) => total + sum(name), 0),
    sum('chunks'),
    'each chunk has a length',
  );
  assert(sum('steals_tried') >= sum('steals') && sum('steals_tried') > 0);
});

for (const mode of ['threads', 'cooperative']) {
  eachBuild(`the time of a worker that was never idle is counted, ${mode}`, async (start) => {
    const runtime = await start({ mode, workers: 1 });
    await spin(runtime);
    const [{ running_ns, utilization }] = runtime.stats().workers;
    assert(running_ns > 1e6 && utilization > 0, `${running_ns}, ${utilization}`);
  });
}
