// A record of a batch that traps, throws, overruns its stack, or loses its worker is the only one
// that fails: the others run once.
import assert from 'node:assert/strict';

import {
  CorruptError,
  CancelledError,
  DependencyError,
  KernelError,
  KernelTrapError,
  StackOverflowError,
  WorkerLostError,
} from '../../../web/index.js';
import { ENDS, FAILS, FINE, THROWS } from '../../fixtures/modules/picky.js';
import { eachBuild, eachMode, until } from '../helpers.mjs';

const range = (n) => Array.from({ length: n }, (_, i) => i);
const picky = new URL('../../fixtures/modules/picky.js', import.meta.url);

/** Starts a runtime with the kernel 'picky', and loops that do as `kinds` says. */
async function open(start, kinds, options) {
  const runtime = await start(options);
  await runtime.define('picky', picky, {
    fields: { record: 'array u8', runs: 'array u32', waits: 'option u32' },
  });
  const runs = runtime.alloc(Uint32Array, kinds.length);
  const records = kinds.map((kind, i) => {
    const record = runtime.alloc(Uint32Array, 2);
    record.set([kind, i]);
    return new Uint8Array(record.buffer, record.byteOffset, 8);
  });
  const loops = (more) =>
    records.map((record) => ({ range: [0, 1], args: { record, runs, ...more } }));
  return { runtime, runs, loops };
}
const failureOf = async (job) => job.then(assert.fail, (error) => error);
const indices = (kinds, ...which) => range(kinds.length).filter((i) => which.includes(kinds[i]));

for (const inOrder of [false, true]) {
  eachMode(`a loop that throws is the only one that fails, inOrder ${inOrder}`, async (start) => {
    const kinds = range(2000).map((i) => (i % 97 === 5 ? THROWS : i % 89 === 6 ? FAILS : FINE));
    const { runtime, runs, loops } = await open(start, kinds);
    const { used } = runtime.memory;
    const job = runtime.postMany('picky', loops(), { inOrder });
    const other = runtime.post('spin', { range: [0, 100], args: { cost: 1 } });
    const error = await failureOf(job);
    await other;
    assert(
      runs.every((n) => n === 1),
      'each loop runs once',
    );
    assert.deepEqual(
      error.failures.map(({ index }) => index),
      indices(kinds, THROWS, FAILS),
    );
    for (const { index, failure, error: own } of error.failures) {
      assert(own instanceof (kinds[index] === THROWS ? KernelTrapError : KernelError), `${own}`);
      assert.deepEqual(own.range, [index, index + 1]);
      assert.equal(own.kernel, 'picky');
      if (kinds[index] === FAILS) assert.equal(failure, 9);
      else assert.match(own.reason, new RegExp(`record ${index} is bad`));
      assert.match(own.message, new RegExp(`loop ${index} of kernel "picky"`));
    }
    assert(error instanceof KernelTrapError);
    assert.match(
      error.message,
      /\d+ of 2000 loops .* failed, the first of them number 5: .*is bad/,
    );
    assert.equal(error.states.length, 2000);
    assert.equal(error.iterations, 2000 - indices(kinds, THROWS).length);
    assert.equal(job.status, 'failed');
    assert.equal(runtime.memory.used, used);
    assert.equal(runtime.stats().outstanding, 0);
  });
}

eachMode('all loops of a batch may trap', async (start) => {
  const runtime = await start();
  const loops = range(200).map(() => ({ range: [0, 3], args: { at: 1 } }));
  const error = await failureOf(runtime.postMany('trap', loops));
  assert(error instanceof KernelTrapError);
  assert.equal(error.failures.length, 200);
  assert(error.states.every(({ count }) => count === 1n));
  assert.equal(error.iterations, 0);
  assert.equal(runtime.memory.used, 0);
});

eachBuild('a loop that overruns its stack is the only one that fails', async (start, _t, file) => {
  const runtime = await start({ stackBytes: 65536 });
  const loops = range(50).map((i) => ({ range: [0, 1], args: { bytes: i === 20 ? 80_000 : 1 } }));
  const error = await failureOf(runtime.postMany('overflow', loops));
  // filch-plain.wasm has no check that throws before the stack overflows.
  if (file === 'filch-plain.wasm') return assert(error instanceof CorruptError, `${error}`);
  for (const each of [error, error.failures[0].error])
    assert(each instanceof StackOverflowError, `${each}`);
  assert.deepEqual(
    error.failures.map(({ index }) => index),
    [20],
  );
  assert.equal(error.iterations, 49);
});

eachBuild('a loop whose worker ends is the only one that fails', async (start) => {
  for (const inOrder of [false, true]) {
    const kinds = range(300).map((i) => (i === 150 || i === 151 ? ENDS : FINE));
    const { runtime, runs, loops } = await open(start, kinds);
    const error = await failureOf(runtime.postMany('picky', loops(), { inOrder }));
    assert(error instanceof WorkerLostError, `${error}`);
    assert.deepEqual(
      error.failures.map(({ index }) => index),
      [150, 151],
    );
    for (const { error: own } of error.failures) assert(own instanceof WorkerLostError);
    assert(runs.every((n) => n === 1));
  }
});

eachBuild('a loop tells its own end, where another one ends at the same time', async (start) => {
  const kinds = [ENDS, THROWS, ENDS, THROWS];
  const { runtime, loops } = await open(start, kinds, { replacementLimit: Infinity });
  for (let left = 8; left; left--) {
    await until(() => runtime.workers.running === 2);
    const { failures } = await failureOf(runtime.postMany('picky', loops()));
    assert.deepEqual(
      failures.map(({ error }) => error.code),
      kinds.map((kind) => (kind === ENDS ? 'WORKER_LOST' : 'KERNEL_TRAPPED')),
    );
  }
});

eachBuild('a batch goes on in whatever slot comes free, paused or not', async (start) => {
  const kinds = range(100).map((i) => (i === 3 ? THROWS : FINE));
  const { runtime, runs, loops } = await open(start, kinds, { workers: 1, taskSlots: 1 });
  const waits = runtime.alloc(Uint32Array, 1);
  const job = runtime.postMany('picky', loops({ waits }), { inOrder: true });
  const others = range(5).map(() => runtime.post('spin', { range: [0, 10], args: { cost: 1 } }));
  await until(() => Atomics.load(runs, 0) === 1);
  job.pause();
  Atomics.store(waits, 0, 1);
  await Promise.race([others[4], new Promise((resolve) => setTimeout(resolve, 50))]);
  assert.equal(job.status, 'paused');
  job.resume();
  const error = await failureOf(job);
  assert.equal(error.failures.length, 1);
  await Promise.all(others);
  assert(runs.every((n) => n === 1));
});

eachBuild('progress of a batch that goes on does not fall', async (start) => {
  const kinds = range(3000).map((i) => (i % 100 === 50 ? THROWS : FINE));
  const { runtime, loops } = await open(start, kinds);
  const job = runtime.postMany('picky', loops());
  let before = 0;
  while (!['failed', 'done'].includes(job.status)) {
    assert(job.progress >= before, `${job.progress} after ${before}`);
    before = job.progress;
    await new Promise(setImmediate);
  }
  await failureOf(job);
});

eachBuild('a batch that is cancelled behind a trap is cancelled', async (start) => {
  const kinds = range(50).map((i) => (i === 0 ? THROWS : FINE));
  const { runtime, runs, loops } = await open(start, kinds, { workers: 1 });
  const waits = runtime.alloc(Uint32Array, 1);
  const job = runtime.postMany('picky', loops({ waits }), { grain: 1 });
  await until(() => Atomics.load(runs, 0) === 1);
  Atomics.store(waits, 0, 1);
  // This thread hears of the trap only after its next turn, if the trap comes before the cancel.
  job.cancel('enough');
  const error = await failureOf(job);
  assert(error instanceof CancelledError && error.reason === 'enough', `${error}`);
  assert(error.iterations < 50);
  assert.equal(runs[49], 0);
});

eachMode('what depends on a batch runs only if all its loops are done', async (start) => {
  const runtime = await start({ taskSlots: 8 });
  const bad = range(20).map((i) => ({ range: [0, 1], args: { at: i === 3 ? 0 : 9, code: 5 } }));
  const spin = { range: [0, 1], args: { cost: 1 } };
  for (const kernel of ['fail', 'trap']) {
    const loops = bad.map(({ range, args: { at, code } }) => ({
      range,
      args: kernel === 'fail' ? { at, code } : { at },
    }));
    const job = runtime.postMany(kernel, loops);
    const dependents = range(3).map(() => runtime.post('spin', { ...spin, after: job }));
    const next = runtime.postMany('empty', [{ range: [0, 1] }], { after: dependents[0] });
    await failureOf(job);
    for (const each of [...dependents, next]) await assert.rejects(each, DependencyError);
  }
  const good = runtime.postMany('spin', [spin, spin]);
  await runtime.post('spin', { ...spin, after: good });
  assert.equal(good.status, 'done');
});

eachBuild('a batch settles when the runtime is closed behind a trap', async (start) => {
  const kinds = range(500).map((i) => (i % 10 === 0 ? THROWS : FINE));
  const { runtime, loops } = await open(start, kinds);
  const jobs = range(4).map(() => runtime.postMany('picky', loops()));
  const ends = Promise.allSettled(jobs);
  await new Promise(setImmediate);
  await runtime.close();
  for (const { reason } of await ends)
    assert(reason instanceof CancelledError || reason.failures, `${reason}`);
});
