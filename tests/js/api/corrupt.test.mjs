// Shared memory that was overwritten ends a runtime: with one CorruptError, not with a trap.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { unsigned } from '../../../web/wasm/address.js';
import { beforeHeap, builds, ENDLESS, eachMode, Gate, moduleOf, startAt } from '../helpers.mjs';

const tasks = new URL('../../fixtures/modules/tasks.js', import.meta.url);

/** What no promise of the tests carries. */
const strays = [];
process.on('unhandledRejection', (error) => strays.push(error));
process.on('uncaughtException', (error) => strays.push(error));
after(() => assert.deepEqual(strays, []));

/** The owner's exports of the runtime that `start` makes. */
async function withExports(start) {
  const { instantiate } = WebAssembly;
  let exports;
  WebAssembly.instantiate = async (...args) => {
    const instance = await instantiate(...args);
    exports = instance.exports;
    return instance;
  };
  try {
    return { runtime: await start(), exports };
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

const isCorrupt = (error) => {
  assert.equal(error.name, 'CorruptError');
  assert.equal(error.code, 'CORRUPT');
  assert.match(error.message, /the runtime's memory is corrupt: /);
  return true;
};

async function checkEnded(runtime, array) {
  const refused = { name: 'ClosedError', message: /the runtime's memory is corrupt: / };
  for (const use of [
    () => runtime.alloc(Uint8Array, 1),
    () => runtime.free(array),
    () => runtime.post('spin', { range: [0, 1], args: { cost: 1 } }),
    () => runtime.postMany('spin', []),
    () => runtime.call(new URL('../../fixtures/modules/tasks.js', import.meta.url), 'add', [1, 2]),
    () => runtime.ring('visit', { encode: () => 0, decode: () => 0 }),
  ]) {
    assert.throws(use, (error) => {
      assert.ok(isCorrupt(error.cause));
      return (
        assert.throws(() => {
          throw error;
        }, refused) ?? true
      );
    });
  }
  await assert.rejects(runtime.load(new URL('file:///none.wasm')), refused);
  assert.equal(runtime.stats().outstanding, 0);
  assert.equal(runtime.stats().queued, 0);
  await runtime.close({ drain: true });
  await runtime.terminate();
}

/** Overwrites all that lies before the heap: the module's data, and the runtime's region. */
const overwrite = (runtime, array) => beforeHeap(runtime, array).fill(255);

eachMode(
  'a trap in a call of the owner settles all jobs, and the runtime refuses more',
  async (start) => {
    const runtime = await start({ taskSlots: 4 });
    const array = runtime.alloc(Uint8Array, 64);
    const spin = (more) => runtime.post('spin', { range: ENDLESS, args: { cost: 100 }, ...more });
    const running = [spin(), spin(), spin()];
    const late = spin({ after: [running[0]] });
    const queued = Array.from({ length: 5 }, () => spin());
    const batch = runtime.postMany('spin', [{ range: [0, 1], args: { cost: 1 } }]);
    overwrite(runtime, array);
    runtime.stats();
    for (const job of [...running, late, ...queued, batch]) await assert.rejects(job, isCorrupt);
    await checkEnded(runtime, array);
  },
);

eachMode('a post that traps throws the error', async (start) => {
  const runtime = await start();
  const array = runtime.alloc(Uint8Array, 64);
  const job = runtime.post('spin', { range: ENDLESS, args: { cost: 100 } });
  overwrite(runtime, array);
  const post = () => runtime.post('spin', { range: [0, 1], args: { cost: 1 } });
  assert.throws(post, { name: 'CorruptError', code: 'CORRUPT' });
  await assert.rejects(job, isCorrupt);
  await checkEnded(runtime, array);
});

eachMode('the first call that traps may be any', async (start) => {
  for (const use of [
    (runtime, job) => job.cancel('no more'),
    (runtime, job) => job.pause(),
    (runtime, job) => (job.priority = 'high'),
    (runtime, job) => job.progress,
    (runtime, job) => job.status,
    (runtime, job) => assert.rejects(job.save()),
    (runtime) => runtime.stats(),
  ]) {
    const runtime = await start();
    const array = runtime.alloc(Uint8Array, 64);
    const job = runtime.post('spin', { range: ENDLESS, args: { cost: 100 } });
    overwrite(runtime, array);
    await use(runtime, job);
    await assert.rejects(job, (error) => ['CorruptError', 'AbortError'].includes(error.name));
    await checkEnded(runtime, array);
  }
});

eachMode('rings and pauses settle, too', async (start) => {
  const runtime = await start();
  const array = runtime.alloc(Uint8Array, 64);
  const gate = new Gate(runtime);
  const jobs = [gate.post(), gate.post()];
  const paused = runtime.post('spin', { range: ENDLESS, args: { cost: 100 } });
  const rest = paused.pause();
  const ring = runtime.ring('record', {
    args: { by: 1 },
    encode: () => 4,
    decode: () => 0,
    bytes: 4096,
  });
  const sends = Array.from({ length: 2000 }, (_, i) => ring.send(i));
  overwrite(runtime, array);
  runtime.stats();
  const results = await Promise.allSettled([...jobs, ...sends]);
  for (const { status, reason } of results) {
    assert.equal(status, 'rejected');
    assert.equal(reason.code, 'CORRUPT');
  }
  await rest;
  await assert.rejects(paused, isCorrupt);
  await checkEnded(runtime, array);
});

const nowhere = async ({ runtime, exports }) => {
  const array = runtime.alloc(Uint8Array, 64);
  const busy = runtime.post('spin', { range: [0, 20], args: { cost: 20_000 } });
  const job = runtime.post('spin', { range: [0, 10], args: { cost: 10 } });
  const other = runtime.post('spin', { range: [0, 10], args: { cost: 10 }, after: [job] });
  // The generation in the state of the second task's slot, which begins behind the arguments of the
  // first: every item of the task is stale.
  const state = unsigned(exports.filch_host_task_args(2 ** 16)) + 64;
  new Uint32Array(array.buffer)[state / 4 + 1] ^= 2 ** 20;
  await busy;
  for (const each of [job, other]) await assert.rejects(each, isCorrupt);
  await checkEnded(runtime, array);
};

const unanswered = async ({ runtime }) => {
  const array = runtime.alloc(Uint32Array, 16);
  const first = await runtime.call(tasks, 'add', [1, 2]);
  assert.equal(first, 3);
  const one = runtime.call(tasks, 'add', [1, 2]);
  const two = runtime.call(tasks, 'add', [3, 4]);
  while (two.progress < 1); // the owner handles no completion here
  // The heap's next block has the call: its answer "comes by message".
  const words = new Uint32Array(array.buffer);
  const at = words.indexOf(1, (array.byteOffset + array.byteLength) / 4);
  words[at] = 3;
  await assert.rejects(one, { name: 'CorruptError', message: /its answer has not come/ });
  assert.equal(await two, 7);
  assert.equal(await runtime.call(tasks, 'add', [5, 6]), 11);
};

const slow = async ({ runtime }) => {
  await runtime.call(tasks, 'add', [1, 2]); // an import waits for a worker at the gate
  const paused = runtime.post('spin', { range: ENDLESS, args: { cost: 100 } });
  await paused.pause();
  const after = runtime.post('spin', { range: [0, 1], args: { cost: 1 }, after: [paused] });
  const later = runtime.call(tasks, 'later', [5, 4700]);
  const gate = new Gate(runtime);
  const [held] = await gate.hold();
  assert.equal(await later, 5);
  gate.open();
  await held;
  assert.equal(paused.status, 'paused');
  paused.cancel();
  await assert.rejects(paused, { name: 'AbortError' });
  await assert.rejects(after, { code: 'DEPENDENCY_FAILED' });
  assert.equal(await runtime.call(tasks, 'add', [1, 2]), 3);
};

/** Its function has not ended when the watch looks, and no task runs. */
const patient = async ({ runtime }) => {
  assert.equal(await runtime.call(tasks, 'later', [5, 3300]), 5);
  assert.equal(await runtime.call(tasks, 'add', [1, 2]), 3);
};

/** Overwrites the list of free slots: then the module has none, though no task is posted. */
const full = async ({ runtime }) => {
  const array = runtime.alloc(Uint32Array, 16);
  const { buffer, byteOffset, length } = beforeHeap(runtime, array);
  const words = new Uint32Array(buffer, byteOffset, length / 4);
  const before = words.slice();
  const gate = new Gate(runtime);
  const [held] = await gate.hold();
  // The head: how many are free in its upper half, the first one's number in the lower.
  const head = words.findIndex(
    (word, i) =>
      i % 2 === 0 && word === before[i] + 1 - 65536 && words[i + 1] === before[i + 1] + 1,
  );
  assert.ok(head > 0);
  gate.open();
  await held;
  words[head] = 0;
  const job = runtime.post('spin', { range: [0, 10], args: { cost: 10 } });
  await assert.rejects(job, isCorrupt);
  await checkEnded(runtime, array);
};

/** All at a time: each takes the seconds that the watch takes. */
test('what the watch sees', { timeout: 60_000, concurrency: true }, async (t) => {
  const module = await moduleOf(builds[0]);
  const cases = [
    ['a task that no worker finds any more ends the runtime', nowhere, 'threads', 1],
    ['the same, in the cooperative mode', nowhere, 'cooperative', 1],
    ['a call whose answer does not come fails alone', unanswered, 'threads', 1],
    ['a module that has no slot, and no task', full, 'threads', 1],
    ['a slow function is no corruption in the cooperative mode either', patient, 'cooperative', 1],
    ['a pause, a long chunk, and a slow function are no corruption', slow, 'threads', 2],
  ];
  const started = [];
  for (const [, , mode, workers] of cases) {
    const parts = await withExports(() => startAt({ module, mode, workers, memory: 2 ** 24 }));
    t.after(() => parts.runtime.close());
    started.push(parts);
  }
  await Promise.all(cases.map(([name, body], i) => t.test(name, () => body(started[i]))));
});
