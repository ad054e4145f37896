// runtime.call(): functions of JavaScript modules as tasks.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ArgumentError,
  CancelledError,
  DependencyError,
  FreedMemoryError,
  NotSavableError,
  PluginError,
  QueueFullError,
  TimeoutError,
  WorkerLostError,
} from '../../../web/index.js';
import { builds, eachBuild, eachMode, Gate, moduleOf, startAt, until } from '../helpers.mjs';

const url = new URL('../../fixtures/modules/tasks.js', import.meta.url);

eachMode('a call gives the return value of its function', async (start) => {
  const runtime = await start();
  const job = runtime.call(url, 'add', [20, 22]);
  assert.equal(job.name, 'add');
  assert.equal(job.kernel, 'add');
  assert.deepEqual(job.args, {});
  assert.equal(await job, 42);
  assert.equal(job.status, 'done');
  assert.equal(job.progress, 1);
  assert.equal(
    await runtime.call(url.href, 'default', ['you'], { name: 'greeting' }),
    'hello, you',
  );
  assert.equal(await runtime.call(url, 'nothing'), undefined);
  assert.deepEqual(
    Object.keys(runtime.kernels).filter((name) => /call|add/.test(name)),
    [],
  );
});

const shared = { of: 'two' };
const cycle = { name: 'cycle' };
cycle.self = cycle;
const values = {
  numbers: [
    0,
    -0,
    1.5,
    NaN,
    Infinity,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    12345678901234567890n,
    -5n,
    0n,
  ],
  texts: ['', 'plain', 'ünïcödé 🦊', '\ud800 alone', 'x'.repeat(3000)],
  nothing: [undefined, null, true, false],
  nested: { a: [{ b: { c: [1, [2, [3]]] } }], '': 1, __proto__key: 2 },
  maps: new Map([
    ['a', 1],
    [{ k: 1 }, new Set([1, 'two', new Set()])],
  ]),
  dates: [new Date(0), /a+b/giu],
  arrays: [
    new Uint8Array([1, 2]),
    new Float64Array([1.5, NaN]),
    new BigInt64Array([-1n]),
    new DataView(new ArrayBuffer(3), 1),
    new ArrayBuffer(5),
  ],
  sparse: [1, , 3],
};

eachMode('values of every kind reach the function and come back unchanged', async (start) => {
  const runtime = await start();
  for (const [name, value] of Object.entries(values)) {
    const [back] = await runtime.call(url, 'same', [value]);
    assert.deepEqual(back, structuredClone(value), name);
  }
  const [a, b, c] = await runtime.call(url, 'same', [shared, shared, cycle]);
  assert.equal(a, b);
  assert.equal(c.self, c);
  const bytes = new Uint8Array(8);
  const [whole, part] = await runtime.call(url, 'same', [bytes, bytes.subarray(2, 4)]);
  assert.equal(whole.buffer, part.buffer);
  assert.equal(part.byteOffset, 2);
  class Point {
    x = 1;
  }
  assert.deepEqual((await runtime.call(url, 'same', [new Point()]))[0], { x: 1 });
  const own = Object.fromEntries([['__proto__', 5]]);
  assert.deepEqual(Object.keys((await runtime.call(url, 'same', [own]))[0]), ['__proto__']);
});

eachMode('large results come whole, transferred ones too', async (start) => {
  const runtime = await start();
  for (const bytes of [10, 1000, 5000, 2 ** 20]) {
    const array = await runtime.call(url, 'large', [bytes]);
    assert.equal(array.length, bytes);
    assert(array.every((byte) => byte === 7));
    assert.equal((await runtime.call(url, 'moved', [bytes])).length, bytes);
  }
});

eachMode('arrays of the shared memory are not copied', async (start) => {
  const runtime = await start();
  const array = runtime.alloc(Float64Array, 100);
  await runtime.call(url, 'fill', [array, 2.5]);
  assert(array.every((value) => value === 2.5));
  assert.equal(await runtime.call(url, 'sum', [array.subarray(0, 4)]), 10);
  const [back] = await runtime.call(url, 'same', [array]);
  assert.equal(back.buffer, array.buffer);
  runtime.free(array);
  assert.throws(() => runtime.call(url, 'sum', [array]), FreedMemoryError);
});

eachMode('transferred buffers are detached at the caller', async (start) => {
  const runtime = await start();
  const array = new Float32Array([1, 2, 3]);
  assert.equal(await runtime.call(url, 'sum', [array], { transfer: [array.buffer] }), 6);
  assert.equal(array.length, 0);
  assert.throws(
    () => runtime.call(url, 'sum', [array], { transfer: array.buffer }),
    /option "transfer" of call\(\) must be an array/,
  );
  const full = await start({ taskSlots: 1, maxQueue: 1 });
  await full.call(url, 'add', [1, 1]);
  const jobs = [full.call(url, 'add', [1, 1]), full.call(url, 'add', [1, 1])];
  const kept = new Float32Array(3);
  assert.throws(() => full.call(url, 'sum', [kept], { transfer: [kept.buffer] }), QueueFullError);
  assert.equal(kept.length, 3);
  await Promise.all(jobs);
});

eachMode('the job rejects with the value that the function throws', async (start) => {
  const runtime = await start();
  for (const name of ['fail', 'failLater']) {
    const error = await runtime.call(url, name, ['no good']).then(assert.fail, (thrown) => thrown);
    assert(error instanceof TypeError);
    assert.equal(error.message, 'no good');
    assert.equal(error.detail, 7);
    assert.match(error.stack, /tasks\.js:\d+/);
    assert(error.cause instanceof RangeError);
    assert.equal(error.cause.message, 'below');
  }
  await assert.rejects(runtime.call(url, 'throwText'), (thrown) => thrown === 'only text');
  await assert.rejects(runtime.call(url, 'longError'), /^Error: x{5000}$/);
  await assert.rejects(
    runtime.call(url, 'unclonable'),
    /call\(\): result is the function without a name, and cannot be given/,
  );
  assert.equal(await runtime.call(url, 'add', [1, 1]), 2);
});

eachMode('a bad call is refused, and the error says why', async (start) => {
  const runtime = await start();
  const refused = (args, pattern) =>
    assert.throws(
      () => runtime.call(...args),
      (error) => error instanceof ArgumentError && pattern.test(error.message),
    );
  refused(['./tasks.js', 'add'], /needs the URL of a module.*got "\.\/tasks\.js"/);
  refused([5, 'add'], /got 5/);
  refused([url], /needs the name of a function, got undefined/);
  refused([url, 'add', 5], /needs an array of arguments, got 5/);
  refused([url, 'add', [1], { range: [0, 1] }], /no option "range"/);
  refused([url, 'add', [1, { f() {} }]], /args\[1\]\.f is the function f, and cannot/);
  refused([url, 'add', [Symbol('s')]], /args\[0\]/);
  refused([url, 'add', [Promise.resolve()]], /args\[0\] is an object \(Promise\)/);
  refused([url, 'add', [new Map([['a', new WeakMap()]])]], /args\[0\]\.get\("a"\)/);
  await assert.rejects(
    runtime.call(url, 'none'),
    (error) =>
      error instanceof PluginError && /no function "none"; it exports "add"/.test(error.message),
  );
  const missing = new URL('../../fixtures/modules/none.js', import.meta.url);
  const jobs = [runtime.call(missing, 'add'), runtime.call(missing, 'add')];
  for (const job of jobs)
    await assert.rejects(
      job,
      (error) => error instanceof PluginError && error.source === missing.href,
    );
  await assert.rejects(runtime.call(missing, 'add'), PluginError);
  assert.equal(await runtime.call(url, 'add', [1, 2]), 3);
});

eachBuild(
  'asynchronous functions take a worker each, and resize() recalls that worker',
  async (start) => {
    const runtime = await start({ workers: 2, maxWorkers: 2 });
    assert.deepEqual(
      await Promise.all(Array.from({ length: 20 }, (_, i) => runtime.call(url, 'later', [i]))),
      Array.from({ length: 20 }, (_, i) => i),
    );
    const slow = runtime.call(url, 'later', ['slow', 50]);
    await until(() => slow.status === 'running');
    await runtime.resize(1);
    await runtime.resize(2);
    assert.equal(await slow, 'slow');
    assert(slow.status === 'done');
    const mixed = await Promise.all(
      Array.from({ length: 100 }, (_, i) => runtime.call(url, i % 3 ? 'add' : 'later', [i, 1])),
    );
    mixed.forEach((value, i) => assert.equal(value, i % 3 ? i + 1 : i));
  },
);

eachBuild(
  'a function that never ends is cancelled, times out, or loses its worker',
  async (start) => {
    const runtime = await start();
    const never = runtime.call(url, 'never');
    await until(() => never.status === 'running');
    never.cancel('enough');
    await assert.rejects(
      never,
      (error) =>
        error instanceof CancelledError && error.reason === 'enough' && error.kernel === 'never',
    );
    await assert.rejects(runtime.call(url, 'never', [], { timeout: 20 }), TimeoutError);
    const both = [0, 1].map((worker) => runtime.replaceWorker(worker));
    assert.equal(both.length, 2);
    assert.equal(await runtime.call(url, 'add', [1, 2]), 3);
    const lost = runtime.call(url, 'never');
    await until(() => lost.status === 'running');
    runtime.replaceWorker(0);
    runtime.replaceWorker(1);
    await assert.rejects(lost, WorkerLostError);
    const last = runtime.call(url, 'never');
    await until(() => last.status === 'running');
    await runtime.close();
    await assert.rejects(last, CancelledError);
  },
);

eachBuild('a worker may end at any moment of an asynchronous call', async (start) => {
  const runtime = await start({ workers: 1 });
  for (let i = 0; i < 8; i++) {
    const never = runtime.call(url, 'never');
    await until(() => never.status === 'running');
    runtime.replaceWorker(0);
    await assert.rejects(never, WorkerLostError);
    assert.equal(await runtime.call(url, 'add', [1, 2]), 3);
  }
});

eachBuild('a call has a priority and dependencies, and is paused and aborted', async (start) => {
  const runtime = await start({ workers: 1 });
  await runtime.call(url, 'count');
  const gate = new Gate(runtime);
  await gate.hold();
  const order = [];
  const jobs = ['low', 'normal', 'high'].map((priority) => {
    const job = runtime.call(url, 'add', [1, 1], { priority });
    return job.then(() => order.push(priority));
  });
  const abort = new AbortController();
  const aborted = runtime.call(url, 'add', [1, 1], { signal: abort.signal });
  abort.abort('no more');
  const held = runtime.call(url, 'add', [2, 2]);
  await held.pause();
  gate.open();
  await assert.rejects(aborted, (error) => error.reason === 'no more');
  await Promise.all(jobs);
  assert.deepEqual(order, ['high', 'normal', 'low']);
  assert.equal(held.status, 'paused');
  held.resume();
  assert.equal(await held, 4);
  await assert.rejects(held.save(), NotSavableError);
});

eachMode('dependents of a call wait until the call has settled', async (start) => {
  const runtime = await start();
  const words = runtime.alloc(Float64Array, 4);
  const first = runtime.call(url, 'later', [1, 30]);
  const second = runtime.call(url, 'fill', [words, 3], { after: first });
  const third = runtime.call(url, 'sum', [words], { after: [second] });
  assert.equal(second.status, 'queued');
  assert.equal(await third, 12);
  assert.equal(first.status, 'done');
  const bad = runtime.call(url, 'failLater', ['x']);
  await assert.rejects(
    runtime.call(url, 'add', [1, 1], { after: bad }),
    (error) => error instanceof DependencyError && error.cause instanceof TypeError,
  );
  await assert.rejects(bad, TypeError);
});

test('calls leave no memory behind', async (t) => {
  const runtime = await startAt({ module: await moduleOf(builds[0]), workers: 2 });
  t.after(() => runtime.close());
  await runtime.call(url, 'add', [1, 1]);
  const before = runtime.memory.used;
  await Promise.allSettled(
    Array.from({ length: 2000 }, (_, i) =>
      runtime.call(url, ['add', 'later', 'fail', 'large'][i % 4], [i % 4 === 3 ? 5000 : i]),
    ),
  );
  assert.equal(runtime.memory.used, before);
  const all = runtime.alloc(Uint8Array, runtime.memory.capacity - before);
  const bytes = new Uint8Array(8);
  for (const options of [{}, { transfer: [bytes.buffer] }])
    assert.throws(() => runtime.call(url, 'sum', [bytes], options), { code: 'OUT_OF_MEMORY' });
  assert.equal(bytes.length, 8);
  runtime.free(all);
  assert.equal(runtime.memory.used, before);
});
