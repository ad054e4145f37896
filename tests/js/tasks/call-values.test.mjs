// Values of runtime.call() that a message carries, and objects that move.
import assert from 'node:assert/strict';
import { createSecretKey, KeyObject, webcrypto } from 'node:crypto';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';

import {
  ArgumentError,
  CancelledError,
  FreedMemoryError,
  MemoryInUseError,
  PluginError,
  QueueFullError,
  TimeoutError,
  WorkerLostError,
} from '../../../web/index.js';
import { eachBuild, eachMode, Gate, until } from '../helpers.mjs';

const url = new URL('../../fixtures/modules/tasks.js', import.meta.url);
const values = new URL('../../fixtures/modules/values.js', import.meta.url);
const add = (runtime) => runtime.call(url, 'add', [1, 2]);
const blob = () => new Blob(['some text']);

eachMode('values of the host arrive as what they are', async (start) => {
  const runtime = await start();
  const key = createSecretKey(Buffer.from('a secret'));
  const crypto = await webcrypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, [
    'sign',
  ]);
  const [text, secret, hmac] = await runtime.call(url, 'same', [blob(), key, crypto]);
  assert.equal(await text.text(), 'some text');
  assert(secret instanceof KeyObject && secret.equals(key));
  assert.equal(hmac.algorithm.name, 'HMAC');
  const match = await runtime.call(values, 'match', ['abc', /b/]);
  assert.deepEqual([match[0], match.index, match.input], ['b', 1, 'abc']);
  const [own] = await runtime.call(url, 'same', ['abc'.match(/b/)]);
  assert.equal(own.index, 1);
  const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  assert((await runtime.call(url, 'same', [module]))[0] instanceof WebAssembly.Module);
  const boxed = await runtime.call(url, 'same', [Object(1n), Object('s'), Object(-0)]);
  assert.deepEqual(boxed, [Object(1n), Object('s'), Object(-0)]);
});

eachMode('shared memory of others is shared', async (start) => {
  const runtime = await start();
  const words = new Int32Array(new SharedArrayBuffer(64));
  await runtime.call(url, 'fill', [words, 7]);
  assert.equal(words[9], 7);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const [back] = await runtime.call(url, 'same', [{ memory }]);
  new Uint8Array(back.memory.buffer)[5] = 6;
  assert.equal(new Uint8Array(memory.buffer)[5], 6);
});

eachMode('arrays of alloc() stay what they are among values of any kind', async (start) => {
  const runtime = await start();
  const array = runtime.alloc(Float64Array, 16);
  for (const odd of [undefined, blob(), { deep: [new Map([[1, blob()]])] }]) {
    const [back, , { inside }] = await runtime.call(url, 'same', [array, odd, { inside: array }]);
    inside[3] += 1;
    assert.equal(back[3], inside[3]);
    if (odd) continue;
    assert.equal(back.buffer, array.buffer);
    assert.equal(inside, back);
  }
  assert.equal(array[3], 3);
  class Grid {
    cells = array;
  }
  assert.equal(await runtime.call(values, 'own', [array, new Grid(), blob()]), true);
  const { port1, port2 } = new MessageChannel();
  assert.equal(await runtime.call(values, 'own', [array, port1], { transfer: [port1] }), true);
  port2.close();
  const gate = new Gate(runtime);
  if (runtime.mode === 'threads') await gate.hold(2);
  const job = runtime.call(url, 'same', [{ cells: [array] }, blob()]);
  assert.throws(() => runtime.free(array), MemoryInUseError);
  gate.open();
  await job;
  runtime.free(array);
  assert.throws(() => runtime.call(url, 'same', [{ cells: [array] }]), FreedMemoryError);
});

eachMode('objects of every kind that moves are moved', async (start) => {
  const runtime = await start();
  const { port1, port2 } = new MessageChannel();
  const said = new Promise((resolve) => port2.once('message', resolve));
  await runtime.call(values, 'say', [port1, 'hello'], { transfer: [port1] });
  assert.equal(await said, 'hello');
  port2.close();
  const stream = new ReadableStream({
    start(control) {
      control.enqueue('first');
      control.close();
    },
  });
  assert.equal(await runtime.call(values, 'firstOf', [stream], { transfer: [stream] }), 'first');
  const file = await open(new URL(import.meta.url));
  assert.match(
    await runtime.call(values, 'readFile', [file], { transfer: [file] }),
    /^\/\/ Values/,
  );
  const back = await runtime.call(values, 'channel');
  const answer = new Promise((resolve) => back.once('message', resolve));
  assert.equal(await answer, 'from the function');
  back.close();
});

eachMode('a large buffer moves there and back, past the shared memory', async (start) => {
  const runtime = await start({ memory: 2 ** 24 });
  const bytes = new Uint8Array(300 * 2 ** 20);
  bytes[bytes.length - 1] = 9;
  const back = await runtime.call(values, 'touch', [bytes], { transfer: [bytes.buffer] });
  assert.deepEqual([bytes.length, back.length, back[0], back.at(-1)], [0, 300 * 2 ** 20, 1, 9]);
  assert(runtime.memory.peak < 2 ** 20);
});

eachMode('a getter is called once', async (start) => {
  const runtime = await start();
  let reads = 0;
  const once = (more) => ({
    get once() {
      return ++reads;
    },
    ...more,
  });
  for (const more of [{}, { blob: blob() }, { array: runtime.alloc(Uint8Array, 4) }]) {
    reads = 0;
    const [back] = await runtime.call(url, 'same', [once(more)]);
    assert.deepEqual([back.once, reads], [1, 1]);
  }
  assert.deepEqual(await runtime.call(values, 'getter'), { reads: 1, more: undefined });
  assert.equal((await runtime.call(values, 'getter', [true])).reads, 1);
});

eachMode('a getter of the arguments may call the runtime', async (start) => {
  const runtime = await start();
  const jobs = [];
  const nested = {
    get inner() {
      jobs.push(runtime.call(url, 'add', [jobs.length, 1]));
      return 5;
    },
  };
  for (const options of [{}, { transfer: [new ArrayBuffer(8)] }])
    assert.equal((await runtime.call(url, 'same', [nested, blob()], options))[0].inner, 5);
  assert.deepEqual(await Promise.all(jobs), [1, 2]);
});

eachMode('a post that is refused moves nothing', async (start) => {
  const runtime = await start({ taskSlots: 1, maxQueue: 1 });
  await add(runtime);
  const array = new Float32Array(8);
  const transfer = [array.buffer];
  const kept = (call, Kind, pattern = /./) => {
    assert.throws(call, (error) => error instanceof Kind && pattern.test(error.message));
    assert.equal(array.length, 8);
  };
  const symbol = Symbol('text');
  kept(() => runtime.call(url, 'sum', [array, symbol], { transfer }), ArgumentError, /args\[1\]/);
  kept(() => runtime.call(url, 'sum', [array], { transfer: [...transfer, {}] }), ArgumentError);
  kept(() => runtime.call(url, 'sum', [array], { transfer, after: {} }), ArgumentError);
  assert.deepEqual([runtime.stats().outstanding, runtime.memory.used], [0, 0]);
  const jobs = [add(runtime), add(runtime)];
  kept(() => runtime.call(url, 'sum', [array], { transfer }), QueueFullError);
  await Promise.all(jobs);
  const aborted = runtime.call(url, 'sum', [array], { transfer, signal: AbortSignal.abort() });
  await assert.rejects(aborted, CancelledError);
  assert.equal(array.length, 8);
  const job = runtime.call(url, 'sum', [array], { transfer });
  assert.equal(array.length, 0);
  assert.equal(await job, 0);
  await runtime.close();
  assert.equal(runtime.memory.used, 0);
});

eachMode('a refusal names the argument, and has the reason as its cause', async (start) => {
  const runtime = await start();
  const refused = (value, pattern, cause = 'DataCloneError') =>
    assert.throws(
      () => runtime.call(url, 'same', [1, value]),
      (error) =>
        error instanceof ArgumentError && pattern.test(error.message) && error.cause.name === cause,
    );
  refused(new Proxy({}, {}), /args\[1\] is an object/);
  refused({ a: [blob(), () => {}] }, /args\[1\]\.a\[1\] is the function/);
  refused({ a: new Set([new WeakRef({})]) }, /an element of args\[1\]\.a is/);
  refused(
    {
      get a() {
        throw new RangeError('from a getter');
      },
    },
    /from a getter/,
    'RangeError',
  );
  const { port1, port2 } = new MessageChannel();
  refused(port1, /args\[1\] is an object/, 'TypeError');
  port2.close();
  const results = {
    proxy: [/call\(\): result is an object/, 'DataCloneError'],
    port: [/result is an object/, 'TypeError'],
    unclonable: [/^call\(\): result\.deep\[1\]\.get\("f"\) is the function/, 'DataCloneError'],
    unclonableLater: [/^call\(\): result\.deep\[1\]\.get\("f"\) is the function/, 'DataCloneError'],
    unmovable: [/call\(\): result/, 'TypeError'],
  };
  for (const [name, [pattern, cause]] of Object.entries(results)) {
    await assert.rejects(runtime.call(values, name), (error) => {
      assert(error instanceof PluginError, `${name}: ${error}`);
      assert.match(error.message, pattern);
      assert.deepEqual([error.cause.name, error.source], [cause, values.href], name);
      return true;
    });
  }
  assert.equal(await add(runtime), 3);
});

eachMode('a result that the owner cannot read rejects, and nothing else is lost', async (start) => {
  const runtime = await start();
  const crashes = [];
  runtime.addEventListener('worker-crash', ({ detail }) => crashes.push(detail.reason));
  for (const name of ['unreadable', 'unreadableLater', 'unreadable']) {
    const jobs = [runtime.call(values, name), runtime.call(values, 'match', ['ab', /b/])];
    const [{ reason }, { value }] = await Promise.allSettled(jobs);
    assert(reason instanceof PluginError, `${name}: ${reason}`);
    assert.match(
      reason.message,
      /call\(\): result(\.value)? is an object|: its result cannot be read on this thread/,
    );
    assert.equal(reason.source, values.href);
    assert.equal(value.index, 1);
  }
  assert.equal(await add(runtime), 3);
  assert.deepEqual(crashes, []);
  const given = await import(values);
  assert.throws(() => runtime.call(url, 'same', [given.unreadable().value]), ArgumentError);
  assert.equal(await add(runtime), 3);
  const stats = runtime.stats();
  assert.deepEqual([stats.outstanding, runtime.memory.used], [0, 0]);
  if (runtime.mode === 'threads') assert.equal(stats.foreignMessages, 3);
});

eachBuild('a call by message settles, whatever happens until its arguments come', async (start) => {
  const runtime = await start({ workers: 1 });
  await runtime.call(values, 'match', ['a', /a/]);
  await add(runtime);
  const never = () => runtime.call(url, 'never', [blob()]);
  for (let i = 0; i < 4; i++) {
    const job = never();
    if (i % 2) await until(() => job.status === 'running');
    else while (job.progress < 1); // the owner handles no message here
    if (i < 2) runtime.replaceWorker(0);
    else job.cancel('enough');
    await assert.rejects(job, i < 2 ? WorkerLostError : CancelledError);
    if (i >= 2) runtime.replaceWorker(0);
    assert.equal(await add(runtime), 3);
  }
  await assert.rejects(runtime.call(url, 'never', [blob()], { timeout: 20 }), TimeoutError);
  runtime.replaceWorker(0);
  assert.equal(await add(runtime), 3);
  const cancelled = runtime.call(values, 'count', [blob()]);
  while (cancelled.progress < 1);
  cancelled.cancel();
  await assert.rejects(cancelled, CancelledError);
  assert.equal(await runtime.call(values, 'count'), 1, 'a function that was cancelled in time');
  const last = never();
  await until(() => last.status === 'running');
  await runtime.close();
  await assert.rejects(last, CancelledError);
  assert.equal(runtime.memory.used, 0);
});

eachBuild('workers die while arguments and results are on their way', async (start) => {
  const runtime = await start({ workers: 2 });
  await add(runtime);
  const jobs = [];
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 10; i++)
      jobs.push(
        i % 2
          ? runtime.call(url, 'same', [blob(), i])
          : runtime.call(url, 'sum', [new Uint8Array(2 ** 18)]),
      );
    await sleep(2 + round);
    runtime.replaceWorker(round % 2);
  }
  const ends = await Promise.allSettled(jobs);
  const wrong = ends.find(({ reason }) => reason && !(reason instanceof WorkerLostError));
  assert.equal(wrong, undefined, wrong?.reason);
  assert(ends.some(({ status }) => status === 'fulfilled'));
  assert.equal(await add(runtime), 3);
  assert.equal(runtime.memory.used, 0);
});

test('an engine whose structuredClone() copies shared memory, as WebKit does', async (t) => {
  const { parcel } = await import('../../../web/memory/values.js?copies');
  const own = globalThis.structuredClone;
  globalThis.structuredClone = (value, options) =>
    value instanceof SharedArrayBuffer ? new ArrayBuffer(value.byteLength) : own(value, options);
  t.after(() => (globalThis.structuredClone = own));
  const words = new Int32Array(new SharedArrayBuffer(8));
  const { message, transfer } = parcel([words], []);
  assert.equal(transfer[0], message.port);
  const data = await new Promise((resolve) => message.port.once('message', resolve));
  data[0][1] = 5;
  assert.equal(words[1], 5);
  message.port.close();
});
