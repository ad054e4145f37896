// The mode without threads: the same API, on the owner's thread, in time slices.
import assert from 'node:assert/strict';

import { CancelledError, IsolationError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, inProcess, until } from '../helpers.mjs';

const cooperative = { mode: 'cooperative' };

eachBuild('fake timers of a test do not stop the clock of the slices', async (start, t) => {
  const runtime = await start(cooperative);
  t.mock.method(performance, 'now', () => 0);
  const job = runtime.post('spin', { range: ENDLESS, args: { cost: 10 } });
  setTimeout(() => job.cancel('after slices'), 20);
  await assert.rejects(job, CancelledError);
  assert(job.progress < 1);
});

eachBuild('the cooperative mode says so, and gives the same results', async (start) => {
  const runtime = await start({ ...cooperative, workers: 4 });
  assert.equal(runtime.mode, 'cooperative');
  assert.equal(runtime.modeReason, 'it was asked for');
  assert.deepEqual(runtime.workers, { asked: 4, running: 0, reason: 'it was asked for' });
  assert.equal(runtime.stats().workers.length, 1);
  const visits = runtime.alloc(Uint32Array, 1e6);
  const result = await runtime.post('visit', { range: [0, 1e6], args: { visits } });
  assert(visits.every((n) => n === 1));
  const { times, ...rest } = result;
  assert.deepEqual(rest, { iterations: 1e6, workers: [0], state: {} });
  assert(times.running >= 0 && times.queued >= 0);
  const threads = await start();
  const post = (r) => r.post('spin', { range: [0, 5000], args: { cost: 20 } });
  assert.deepEqual((await post(runtime)).state, (await post(threads)).state);
});

eachBuild('a post does no work itself, and slices are short', async (start) => {
  const runtime = await start({ ...cooperative, frameBudget: 5 });
  const job = runtime.post('spin', { range: [0, 4000], args: { cost: 400_000 } });
  assert.equal(job.status, 'queued');
  assert.equal(runtime.stats().workers[0].tasks, 0);
  const gaps = [];
  let last = performance.now();
  let running = true;
  const turn = () => {
    gaps.push(performance.now() - last);
    last = performance.now();
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await job;
  running = false;
  assert(gaps.length > 10, `${gaps.length} turns`);
  gaps.sort((a, b) => a - b);
  assert(gaps[gaps.length >> 1] < 30, `the median gap is ${gaps[gaps.length >> 1]} ms`);
});

eachBuild('a job has progress, and is cancelled by hand and by signal', async (start) => {
  const runtime = await start(cooperative);
  const job = runtime.post('forever', { range: ENDLESS });
  await until(() => job.progress > 0 && job.status === 'running');
  job.cancel('enough');
  const error = await job.catch((e) => e);
  assert(error instanceof CancelledError && error.reason === 'enough' && error.iterations > 0);
  const { signal } = new AbortController();
  await assert.rejects(
    runtime.post('forever', { range: ENDLESS, signal: AbortSignal.timeout(30) }),
    CancelledError,
  );
  assert.equal((await runtime.post('empty', { range: [0, 5], signal })).iterations, 5);
});

eachBuild('several jobs run in turns, urgent ones first', async (start) => {
  const runtime = await start({ ...cooperative, frameBudget: 2 });
  const long = [0, 1, 2].map(() =>
    runtime.post('iterate', { range: [0, 1e6], args: { cost: 20 } }),
  );
  await until(() => long.every((job) => job.progress > 0), 'all three have begun');
  assert(long.every((job) => job.status === 'running'));
  const urgent = runtime.post('empty', { range: [0, 10], priority: 'high' });
  await urgent;
  assert(long.some((job) => job.progress < 1));
  const results = await Promise.all(long);
  assert(results.every(({ state }) => state.x === results[0].state.x && state.next === 1_000_000n));
});

eachBuild('10,000 posts start in order', async (start) => {
  const runtime = await start({ ...cooperative, taskSlots: 64 });
  const counter = runtime.alloc(Uint32Array, 1);
  const order = runtime.alloc(Uint32Array, 10_000);
  const jobs = Array.from({ length: 10_000 }, (_, slot) =>
    runtime.post('ticket', { range: [0, 1], args: { counter, order, slot } }),
  );
  await Promise.all(jobs);
  order.forEach((ticket, slot) => assert.equal(ticket, slot + 1));
});

eachBuild('a post after an idle time runs', async (start) => {
  const runtime = await start(cooperative);
  for (let i = 0; i < 20; i++) {
    assert.equal((await runtime.post('empty', { range: [0, 5] })).iterations, 5);
    if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});

eachBuild('close() works with jobs outstanding, and with none', async (start) => {
  const runtime = await start({ ...cooperative, taskSlots: 2 });
  const jobs = Array.from({ length: 5 }, () => runtime.post('forever', { range: ENDLESS }));
  await until(() => jobs[0].progress > 0);
  await runtime.close();
  for (const job of jobs)
    await assert.rejects(job, { code: 'CANCELLED', reason: 'runtime closed' });
  await (await start(cooperative)).close();
});

// A page without isolation looks like this to the package: a browser that refuses workers.
const NOT_A_NODE = (more) => `
  Object.defineProperty(process, 'type', { value: 'renderer' });
  globalThis.Worker = class { constructor() { throw new Error('no worker may be made'); } };
  globalThis.crossOriginIsolated = false;
  ${more}
`;

eachBuild(
  'a page that is not isolated is cooperative, and says which headers are missing',
  async (start, t, file) => {
    const source = `
    const bytes = (await import('node:fs')).readFileSync(module);
    const runtime = await start({ module: bytes });
    console.log(runtime.mode, (await runtime.post('empty', { range: [0, 5] })).iterations, runtime.modeReason);
    await start({ module: bytes, mode: 'threads' }).catch((error) => console.log(error.name, error.code));
  `;
    for (const [more, want] of [
      [
        '',
        /cross-origin isolated.*Cross-Origin-Opener-Policy: same-origin.*Cross-Origin-Embedder-Policy/,
      ],
      ['globalThis.isSecureContext = false;', /cross-origin isolated.*HTTPS/],
      ['globalThis.self = {}; globalThis.top = {};', /cross-origin isolated.*frame/],
      ['globalThis.crossOriginIsolated = true;', /no worker may be made/],
      ['globalThis.Worker = undefined;', /workers cannot be started/],
    ]) {
      const { code, stdout, stderr } = await inProcess(`${source}process.exit();`, {
        file,
        before: NOT_A_NODE(more),
      });
      assert.equal(code, 0, stderr);
      const [first, second] = stdout.split('\n');
      assert.match(first, /^cooperative 5 /);
      assert.match(first, want);
      assert.equal(
        second,
        more.includes('= true') ? 'WorkerStartError WORKER_START' : 'IsolationError NOT_ISOLATED',
      );
    }
    assert(IsolationError.prototype.name);
  },
);

eachBuild('after a trap the time slice goes on with the next job', async (start) => {
  const runtime = await start(cooperative);
  const gate = new Gate(runtime);
  gate.open();
  const jobs = Array.from({ length: 30 }, (_, i) =>
    i % 2 ? gate.post() : runtime.post('trap', { range: [0, 9], args: { at: 3 } }),
  );
  const outcomes = await Promise.allSettled(jobs);
  outcomes.forEach(({ status }, i) => assert.equal(status, i % 2 ? 'fulfilled' : 'rejected'));
});
