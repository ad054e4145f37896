// Rings at their edges: positions that wrap, records without bytes, calls from within calls,
// missing memory, producers that stop.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { ClosedError, CorruptError, KernelError } from '../../../web/index.js';
import { connectRing } from '../../../web/ring.js';
import { APART, TAIL } from '../../../web/ring/layout.js';
import { eachBuild, eachMode, Gate, until } from '../helpers.mjs';
import { decode, encode, open, sized } from './records.mjs';

const range = (n) => Array.from({ length: n }, (_, i) => i);
const check = (back, n, size) => {
  assert.deepEqual([back.n, back.size], [n + 1, size]);
  if (size > 7) assert.equal(back.last, (n & 0xff) ^ 0xff);
};

eachMode('positions wrap at 2^32, large records among them', async (start) => {
  const runtime = await start();
  const { port, close } = runtime.ringPort('record', { bytes: 512, args: { by: 1 } });
  const words = new Int32Array(port.memory.buffer, port.address, 32);
  const ring = connectRing(port, sized);
  const signs = new Set();
  const size = (n) => [4, 40, 200, 300, 2000][n % 5];
  for (let n = 0; n < 4000; n += 20) {
    const back = await Promise.all(
      range(20).map((i) => ring.send({ n: n + i, size: size(n + i) })),
    );
    back.forEach((each, i) => check(each, n + i, size(n + i)));
    signs.add(words[TAIL] >>> 0 > 2 ** 31);
  }
  assert.deepEqual([...signs], [true, false], 'they have wrapped');
  await ring.close();
  close();
  await until(() => runtime.memory.used === 0);
});

eachMode('a record may have no bytes', async (start) => {
  const runtime = await start();
  const ring = open(runtime, { encode: () => 0, decode: () => assert.fail('nothing came') });
  const ends = await Promise.allSettled(range(100).map(() => ring.send(0)));
  // The kernel needs records of 4 bytes.
  for (const { reason } of ends)
    assert(reason instanceof KernelError && reason.failure === 1, `${reason}`);
  await ring.close();
});

eachMode('encode() and decode() may call send()', async (start) => {
  const runtime = await start();
  const inner = [];
  const nested = open(runtime, {
    encode(view, value) {
      view.setUint32(0, value, true);
      if (value % 2) inner.push(nested.send(value + 999));
      return 4;
    },
  });
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => nested.send(n))), [2, 3, 4]);
  assert.deepEqual(await Promise.all(inner), [1001, 1003]);
  for (const bytes of [256, 4096]) {
    const more = [];
    const answering = open(runtime, {
      bytes,
      ...sized,
      decode(view) {
        const back = sized.decode(view);
        if (back.n <= 300)
          more.push(answering.send({ n: back.n + 1000, size: [4, 100, 5000][back.n % 3] }));
        return back;
      },
    });
    const sizes = [4, 3000, 60, 200];
    const back = await Promise.all(
      range(300).map((n) => answering.send({ n, size: sizes[n % 4] })),
    );
    back.forEach((each, n) => check(each, n, sizes[n % 4]));
    assert.equal(more.length, 300);
    for (const [i, each] of (await Promise.all(more)).entries())
      assert(each.n > 1000 && each.size >= 4, `${i}`);
    await answering.close();
  }
  await nested.close();
  assert.equal(runtime.memory.used, 0);
});

eachBuild('large records keep their memory until they have come back', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  await gate.hold(2);
  const ring = open(runtime, { bytes: 256, ...sized });
  const { used } = runtime.memory;
  const sent = range(3).map((n) => ring.send({ n, size: 4096 }));
  await sleep(20);
  const last = ring.send({ n: 9, size: 4 }); // the owner looks at its rings
  await sleep(20);
  assert(runtime.memory.used - used >= 3 * 4096);
  gate.open();
  check(await last, 9, 4);
  for (const [n, back] of (await Promise.all(sent)).entries()) check(back, n, 4096);
});

eachMode('a record that finds no memory is the only one that fails', async (start) => {
  const runtime = await start();
  const ring = open(runtime, { bytes: 256, ...sized });
  check(await ring.send({ n: 1, size: 1000 }), 1, 1000);
  const { capacity, used } = runtime.memory;
  const all = runtime.alloc(Uint8Array, capacity - used - 4096);
  await assert.rejects(ring.send({ n: 2, size: 100_000 }), { code: 'OUT_OF_MEMORY' });
  runtime.free(all);
  check(await ring.send({ n: 3, size: 100_000 }), 3, 100_000);
  await ring.close();
  assert.equal(runtime.memory.used, 0);
});

eachMode('a RangeError of encode() itself reaches the caller', async (start) => {
  const runtime = await start();
  const sizes = new Set();
  const ring = open(runtime, {
    encode(view, value) {
      sizes.add(view.byteLength);
      if (value === 'wrong') throw new RangeError('its own');
      return encode(view, value);
    },
  });
  await assert.rejects(ring.send('wrong'), /its own/);
  sizes.clear();
  assert.equal(await ring.send(1), 2);
  assert.deepEqual([...sizes], [1024]);
  await ring.close();
});

const producer = (message) => {
  const worker = new Worker(new URL('../../fixtures/modules/producer.js', import.meta.url));
  worker.postMessage(message);
  const answer = new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, answer };
};

eachBuild('a producer closes its ring while records wait for space', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  const held = await gate.hold(2);
  const { port } = runtime.ringPort('record', { bytes: 256, args: { by: 1 } });
  const { answer, worker } = producer({ port, count: 100, base: 0, bytes: 8, early: true });
  await sleep(100);
  gate.open();
  const { back, refused } = await answer;
  assert(back > 0 && refused > 0 && back + refused === 100, `${back} + ${refused}`);
  await Promise.all(held);
  runtime.free(gate.words);
  await until(() => runtime.memory.used === 0);
  await worker.terminate();
});

eachBuild(
  'after close() a producer does not touch the memory of its former ring',
  async (start) => {
    const runtime = await start();
    const { port } = runtime.ringPort('record', { bytes: 256, args: { by: 1 } });
    const { answer, worker } = producer({ port, count: 100, base: 0, bytes: 8 });
    assert.equal((await answer).wrong, 0);
    await until(() => runtime.memory.used === 0);
    const words = runtime.alloc(Int32Array, 32);
    assert.equal(words.byteOffset, port.address);
    await until(() => Atomics.notify(words, 16) || true);
    await sleep(50);
    assert(words.every((word) => word === 0));
    await worker.terminate();
  },
);

eachMode('the owner closes a ring, and its producer is told', async (start) => {
  const runtime = await start();
  const { port, close } = runtime.ringPort('record', { bytes: 1024, args: { by: 1 } });
  const ring = connectRing(port, { encode, decode });
  assert.equal(await ring.send(1), 2);
  const last = Promise.allSettled([ring.send(5), ring.send(6)]);
  close();
  for (const { value, reason } of await last) assert(value || reason instanceof ClosedError);
  await assert.rejects(ring.send(7), ClosedError);
  await ring.close();
  while (runtime.memory.used) await sleep(1);
});

eachMode(
  'the owner closes a ring before its producer opens the port, and the producer is told',
  async (start) => {
    const runtime = await start();
    const { port, close } = runtime.ringPort('record', { bytes: 1024, args: { by: 1 } });
    close();
    const ring = connectRing(port, { encode, decode });
    await assert.rejects(ring.send(1), ClosedError);
    while (runtime.memory.used) await sleep(1);
    await ring.close();
  },
);

eachMode('a ring that a kernel has overwritten ends, and nothing else does', async (start) => {
  const runtime = await start();
  for (const [word, value] of [
    [TAIL, 0],
    [32, 0],
    [32, 7],
    [32, 2 ** 20],
    [33, 5000],
    [33, APART],
  ]) {
    const { port } = runtime.ringPort('record', { bytes: 256, args: { by: 1 } });
    const words = new Uint32Array(port.memory.buffer, port.address, 64);
    const ring = connectRing(port, { encode, decode, flush: 'manual' });
    const sent = Promise.allSettled([ring.send(1), ring.send(2)]);
    if (word !== TAIL) words[word] = value;
    ring.flush();
    if (word === TAIL) words[word] = value;
    for (const { reason } of await sent)
      assert(
        reason instanceof CorruptError && /overwritten/.test(reason.message),
        `${word} ${value}: ${reason}`,
      );
    await assert.rejects(ring.send(3), /overwritten/);
  }
  const other = open(runtime);
  assert.equal(await other.send(1), 2);
});
