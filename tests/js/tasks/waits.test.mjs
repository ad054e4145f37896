// Jobs that wait for an event, a promise, another job, or a time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { ArgumentError, CancelledError, JobError, NotSavableError } from '../../../web/index.js';
import { ENDLESS, bothModes, eachBuild, eachMode, inProcess, until } from '../helpers.mjs';

const SCHEMA = {
  kind: 'sequential',
  fields: {
    event: 'value u32',
    milliseconds: 'value f64',
    asked: 'state u32',
    passed: 'state u32',
    timeouts: 'state u32',
    closed: 'state u32',
  },
};
const SCRIPT = new URL('../../fixtures/modules/rests.js', import.meta.url);

/** A loop of `rest`, which waits so often; without an event for so many milliseconds. */
const rest = (runtime, { event, milliseconds = 0, times = 1, kernel = 'rest', ...options }) =>
  runtime.post(kernel, {
    range: [0, times],
    args: { event: event?.id ?? 0, milliseconds },
    ...options,
  });

eachMode('a job waits for an event, and passes once for each permit', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  assert.equal(await runtime.event('go'), event, 'a name names one event');
  assert.deepEqual([event.name, event.permits, event.waiting, event.isSet], ['go', 0, 0, false]);
  const job = rest(runtime, { event, times: 3 });
  await until(() => event.waiting === 1);
  assert.equal(job.status, 'running');
  for (let round = 0; round < 2; round++) {
    event.pulse();
    await until(() => event.waiting === 1 && event.permits === 0);
  }
  assert.equal(job.progress, 2 / 3);
  event.pulse(2);
  assert.equal((await job).state.passed, 3);
  assert.equal(event.permits, 1);
});

eachMode('a permit before the wait is not lost, and a set event lets all pass', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  event.pulse(2);
  assert.equal((await rest(runtime, { event, times: 2 })).state.passed, 2);
  const jobs = [1, 2, 3].map(() => rest(runtime, { event, times: 2 }));
  await until(() => event.waiting === 3);
  event.set();
  for (const job of jobs) assert.equal((await job).state.passed, 2);
  assert(event.isSet);
  event.reset();
  assert(!event.isSet);
  const job = rest(runtime, { event });
  await until(() => event.waiting === 1);
  job.cancel();
  await assert.rejects(job, CancelledError);
});

eachMode('a kernel in JavaScript waits with its state kept', async (start) => {
  const runtime = await start();
  await runtime.define('script', SCRIPT, SCHEMA);
  const event = await runtime.event('go');
  const job = rest(runtime, { event, times: 3, kernel: 'script' });
  await until(() => event.waiting === 1);
  event.pulse(2);
  await until(() => event.waiting === 1 && event.permits === 0);
  event.close();
  assert.deepEqual((await job).state, { asked: 0, passed: 2, timeouts: 0, closed: 1 });
  const timed = rest(runtime, { milliseconds: 5, times: 2, kernel: 'script' });
  assert.deepEqual((await timed).state, { asked: 0, passed: 0, timeouts: 2, closed: 0 });
});

eachMode('a job waits for a time, not less and not much more', async (start) => {
  const runtime = await start();
  await runtime.event('any'); // from then on jobs may wait
  const begin = performance.now();
  const long = rest(runtime, { milliseconds: 300 });
  const jobs = Array.from({ length: 20 }, (_, i) => rest(runtime, { milliseconds: 10 + i }));
  for (const job of jobs) assert.equal((await job).state.timeouts, 1);
  assert(performance.now() - begin >= 29);
  assert.equal((await long).state.timeouts, 1);
  const took = performance.now() - begin;
  assert(took >= 300 && took < 5000, `${took} ms`);
});

eachMode('a job waits for an event or a time, whichever comes first', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  assert.equal((await rest(runtime, { event, milliseconds: 5 })).state.timeouts, 1);
  const job = rest(runtime, { event, milliseconds: 1e6 });
  await until(() => event.waiting === 1);
  event.pulse();
  assert.equal((await job).state.passed, 1);
  assert.equal(event.permits, 0);
});

eachMode('the event of a promise is set when it is fulfilled, and else closed', async (start) => {
  const runtime = await start();
  const [good, bad] = await Promise.all([
    runtime.event(sleep(5)),
    runtime.event(sleep(5).then(() => Promise.reject(new Error('no')))),
  ]);
  const jobs = [good, bad].map((event) => rest(runtime, { event }));
  assert.equal((await jobs[0]).state.passed, 1);
  assert.equal((await jobs[1]).state.closed, 1);
  assert(good.isSet && bad.isClosed);
  // and so is that of another job
  const gate = await runtime.event('gate');
  const first = rest(runtime, { event: gate });
  const ends = await runtime.event(first);
  const second = rest(runtime, { event: ends });
  await until(() => ends.waiting === 1);
  gate.pulse();
  assert.equal((await second).state.passed, 1);
});

eachMode('leaves of a tree wait, each without a worker', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  const job = runtime.post('resttree', { args: { n: 6, event: event.id, milliseconds: 0 } });
  await until(() => event.waiting === 64);
  assert.equal((await runtime.post('empty', { range: [0, 100] })).iterations, 100);
  event.pulse(63);
  await until(() => event.waiting === 1);
  event.set();
  assert.equal((await job).state.passed, 64);
  const timed = runtime.post('resttree', { args: { n: 3, event: 0, milliseconds: 5 } });
  assert.equal((await timed).state.passed, 0);
});

eachMode('cancel, a timeout, and a failure end a wait at once', async (start) => {
  const runtime = await start();
  const event = await runtime.event('never');
  for (const kernel of ['rest', 'resttree']) {
    const post = (options) =>
      kernel === 'rest'
        ? rest(runtime, { event, ...options })
        : runtime.post(kernel, { args: { n: 3, event: event.id, milliseconds: 0 }, ...options });
    const waiting = kernel === 'rest' ? 1 : 8;
    const job = post();
    await until(() => event.waiting === waiting);
    job.cancel('enough');
    await assert.rejects(job, CancelledError);
    await until(() => event.waiting === 0);
    await assert.rejects(post({ timeout: 20 }), { code: 'TIMEOUT' });
    await until(() => event.waiting === 0);
  }
  event.pulse();
  assert.equal((await rest(runtime, { event })).state.passed, 1, 'no permit is lost');
});

eachMode('a job that is paused as it waits goes on after resume() only', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  const job = rest(runtime, { event });
  await until(() => event.waiting === 1);
  await job.pause();
  event.pulse();
  await sleep(20);
  assert.equal(job.status, 'paused');
  assert.equal(job.progress, 0);
  job.resume();
  assert.equal((await job).state.passed, 1);
});

eachMode('100,000 waits in 256 slots: the rest is back-pressure', async (start) => {
  const runtime = await start({ taskSlots: 256, maxQueue: 100_000 });
  const event = await runtime.event('go');
  let passed = 0;
  const count = ({ state }) => {
    passed += state.passed;
  };
  const jobs = Array.from({ length: 100_000 }, () => rest(runtime, { event }).then(count));
  await until(() => event.waiting >= 240); // 16 are for urgent ones
  event.pulse(50_000);
  await until(() => passed === 50_000 && event.waiting >= 240, 'half of them', 40_000);
  event.set();
  await Promise.all(jobs);
  assert.equal(passed, 100_000);
});

eachBuild('the worker that ran a job may end while the job waits', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  const jobs = [1, 2, 3, 4].map(() => rest(runtime, { event, times: 2 }));
  await until(() => event.waiting === 4);
  for (const worker of [0, 1]) runtime.replaceWorker(worker);
  event.set();
  for (const job of jobs) assert.equal((await job).state.passed, 2);
});

eachBuild('a waiting job is taken for no fault, however long it waits', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  const jobs = [
    rest(runtime, { event }),
    runtime.post('resttree', { args: { n: 1, event: event.id, milliseconds: 0 } }),
  ];
  await sleep(5500);
  event.set();
  assert.equal((await jobs[0]).state.passed, 1);
  assert.equal((await jobs[1]).state.passed, 2);
});

bothModes('bad input: a typed error each', async (start) => {
  const runtime = await start();
  const early = rest(runtime, { milliseconds: 1 });
  await assert.rejects(early, (error) => error instanceof JobError && error.code === 'NO_WAIT');
  for (const bad of [undefined, null, 5, {}, Symbol('s')])
    await assert.rejects(runtime.event(bad), ArgumentError);
  const thenable = {
    get then() {
      throw new Error('foreign');
    },
  };
  await assert.rejects(runtime.event(thenable), { name: 'ArgumentError' });
  const event = await runtime.event('go');
  for (const bad of [0, -1, 1.5, NaN, '1', 2 ** 31, null])
    assert.throws(() => event.pulse(bad), ArgumentError);
  const nothing = rest(runtime, {});
  await assert.rejects(nothing, { code: 'BAD_ARGUMENT' });
  const waiting = rest(runtime, { event });
  await until(() => event.waiting === 1);
  await assert.rejects(waiting.save(), (error) => {
    assert(error instanceof NotSavableError);
    return /^it waits/.test(error.reason);
  });
  event.close();
  event.close();
  assert(event.isClosed && !event.isSet && event.permits === 0 && event.waiting === 0);
  assert.equal((await waiting).state.closed, 1);
  for (const use of ['set', 'reset', 'pulse']) assert.throws(() => event[use](), /"go" is closed/);
  assert.notEqual(await runtime.event('go'), event);
  const many = [];
  await assert.rejects(
    async () => {
      for (;;) many.push(await runtime.event(`${many.length}`));
    },
    { code: 'TOO_MANY_EVENTS' },
  );
  assert(many.length > 1000);
  for (const each of many) each.close();
  await runtime.event('again');
  await runtime.close();
  assert.throws(() => event.set(), { code: 'STOPPED' });
  await assert.rejects(runtime.event('go'), { code: 'STOPPED' });
});

bothModes('kernels in JavaScript that ask for no wait: a typed error each', async (start) => {
  const runtime = await start();
  await runtime.event('any');
  const bad = [
    '{}',
    '-1',
    'NaN',
    '{ event: -1 }',
    '{ event: 1.5 }',
    '{ timeout: 1, done: -1 }',
    `'x'`,
  ];
  for (const [i, text] of bad.entries()) {
    const url = `data:text/javascript,export default ({ wait }) => wait(${encodeURIComponent(text)})`;
    await runtime.define(`bad${i}`, url, { kind: 'sequential' });
    await assert.rejects(runtime.post(`bad${i}`, { range: [0, 1] }), /wait\(\) takes/);
  }
  const far = `data:text/javascript,export default ({ wait }) => wait({ timeout: 1, done: 5 })`;
  await runtime.define('far', far, { kind: 'sequential' });
  await assert.rejects(runtime.post('far', { range: [0, 1] }), { code: 'BAD_ARGUMENT' });
  const parallel = `data:text/javascript,export default ({ wait }) => wait(1)`;
  await runtime.define('parallel', parallel, { kind: 'parallel' });
  await assert.rejects(runtime.post('parallel', { range: [0, 1] }), { code: 'NO_WAIT' });
});

bothModes('the runtime closes with jobs that wait', async (start) => {
  const runtime = await start();
  const event = await runtime.event('never');
  const jobs = [
    rest(runtime, { event }),
    rest(runtime, { milliseconds: 1e9 }),
    runtime.post('resttree', { args: { n: 2, event: event.id, milliseconds: 0 } }),
    runtime.post('forever', { range: ENDLESS }),
  ];
  await until(() => event.waiting === 5);
  const ends = Promise.allSettled(jobs);
  await runtime.close();
  for (const { reason } of await ends) assert(reason instanceof CancelledError, `${reason}`);
});

test('a job that waits keeps the process, and a closed runtime does not', async () => {
  const { stdout, stderr } = await inProcess(`
    const runtime = await start();
    await runtime.event('any');
    const wait = (milliseconds) =>
      runtime.post('rest', { range: [0, 1], args: { event: 0, milliseconds } });
    const { state } = await wait(200);
    wait(1e8).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    await runtime.close();
    console.log(state.timeouts);
  `);
  assert.equal(stdout, '1', stderr);
});

eachMode('a job whose wait is over gets its turn among endless loops and trees', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  const jobs = [0, 1, 2].map(() => rest(runtime, { event, times: 3 }));
  const timed = rest(runtime, { milliseconds: 20 });
  await until(() => event.waiting === 3);
  const endless = [
    ...[0, 1].map(() => runtime.post('forever', { range: ENDLESS })),
    runtime.post('fib', { args: { n: 60 } }),
  ];
  await until(() => endless.every(({ status }) => status === 'running'));
  event.set();
  for (const job of jobs) assert.equal((await job).state.passed, 3);
  assert.equal((await timed).state.timeouts, 1);
  for (const job of endless) {
    job.cancel();
    await assert.rejects(job, CancelledError);
  }
});

bothModes('a chunk that cannot wait has not waited', async (start) => {
  const runtime = await start();
  const event = await runtime.event('go');
  const text =
    'export default ({ args, wait, waited }) => waited ? 0 : wait({ event: args.event })';
  const fields = { event: 'value u32' };
  await runtime.define('once', `data:text/javascript,${encodeURIComponent(text)}`, {
    kind: 'sequential',
    fields,
  });
  await runtime.post('fib', { args: { n: 10 } }); // leaves its result to its worker
  const loops = [1, 2, 3].map(() => ({ range: [0, 1], args: { event: event.id } }));
  const failure = await runtime.postMany('once', loops).catch((error) => error);
  assert.equal(failure.code, 'NO_WAIT', `${failure}`);
});

bothModes(
  'a promise whose then() throws is one that rejects, and costs no event',
  async (start) => {
    const runtime = await start();
    const thenable = {
      then() {
        throw new Error('foreign');
      },
    };
    for (let i = 0; i < 1100; i++) {
      const event = await runtime.event(thenable);
      await until(() => event.isClosed);
    }
  },
);
