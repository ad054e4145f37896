// runtime.ring(): many small records to a kernel and back, without a message.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import {
  ArgumentError,
  ClosedError,
  FilchError,
  KernelError,
  QueueFullError,
  UnknownKernelError,
} from '../../../web/index.js';
import { connectRing } from '../../../web/ring.js';
import { builds, eachBuild, eachMode, Gate, moduleOf, startAt } from '../helpers.mjs';
import { decode, encode, open, sized } from './records.mjs';

const range = (n) => Array.from({ length: n }, (_, i) => i);

eachMode('each record comes back as the kernel has left its bytes', async (start) => {
  const runtime = await start();
  const ring = open(runtime);
  assert.equal(await ring.send(41), 42);
  assert.deepEqual(
    await Promise.all(range(5000).map((n) => ring.send(n))),
    range(5000).map((n) => n + 1),
  );
  await ring.close();
  assert.equal(runtime.memory.used, 0);
});

eachMode(
  'records of all sizes come back, around the end of the ring, and larger than the ring',
  async (start) => {
    const runtime = await start();
    const ring = open(runtime, { bytes: 256, ...sized });
    const sizes = [
      4, 5, 16, 17, 64, 100, 112, 113, 128, 129, 240, 256, 257, 1000, 5000, 70000, 6, 4,
    ];
    const sent = range(600).map((n) => ({ n, size: sizes[(n * 7) % sizes.length] }));
    const back = await Promise.all(sent.map((each) => ring.send(each)));
    back.forEach(({ n, size, last }, i) => {
      assert.equal(n, sent[i].n + 1);
      assert.equal(size, sent[i].size);
      if (size > 7) assert.equal(last, (sent[i].n & 0xff) ^ 0xff, `record ${i} of ${size}`);
    });
    await ring.close();
    assert.equal(runtime.memory.used, 0);
  },
);

eachMode('an ordered ring runs batches one after the other, in order', async (start) => {
  const runtime = await start();
  const log = runtime.alloc(Uint32Array, 3001);
  const ring = open(runtime, { bytes: 1024, ordered: true, args: { by: 0, log } });
  const heard = [];
  await Promise.all(range(3000).map((n) => ring.send(n).then((got) => heard.push(got))));
  assert.deepEqual([...log.subarray(1)], range(3000));
  assert.deepEqual(heard, range(3000));
  assert.throws(() => runtime.free(log), { code: 'MEMORY_IN_USE' });
  await ring.close();
  runtime.free(log);
});

eachMode(
  'a producer waits for space in a full ring, and nothing grows without bound',
  async (start, t, mode) => {
    const runtime = await start();
    const ring = open(runtime, { bytes: 256 });
    let most = 0;
    const all = [];
    for (const n of range(2000)) {
      if (ring.needsDrain) await ring.ready();
      all.push(ring.send(n));
      most = Math.max(most, all.length);
    }
    assert.deepEqual(
      await Promise.all(all),
      range(2000).map((n) => n + 1),
    );
    const many = range(65536 + 100).map((n) => ring.send(n + 1e6));
    const ends = await Promise.allSettled(many);
    const refused = ends.filter(
      ({ status, reason }) => status === 'rejected' && reason instanceof QueueFullError,
    ).length;
    assert(refused > 0 && refused <= 100, `${mode}: ${refused}`);
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, many.length - refused);
  },
);

eachMode('one record fails, and no other', async (start) => {
  const runtime = await start();
  for (const ordered of [false, true]) {
    const ring = open(runtime, { ordered });
    const ends = await Promise.allSettled([1, 0xdead, 2].map((n) => ring.send(n)));
    assert.deepEqual([ends[0].value, ends[2].value], [2, 3]);
    assert(ends[1].reason instanceof KernelError);
    assert.equal(ends[1].reason.failure, 7);
    assert.equal(await ring.send(5), 6);
  }
  const broken = open(runtime, {
    encode: (view, n) => (n === 'throws' ? assert.fail('on purpose') : n),
    decode: () => assert.fail('decoding'),
  });
  await assert.rejects(broken.send('throws'), /on purpose/);
  await assert.rejects(broken.send(-1), ArgumentError);
  await assert.rejects(broken.send(1e9), /must return how many bytes/);
  await assert.rejects(broken.send(8), /decoding/);
});

eachMode('a ring without automatic flushes sends nothing before flush()', async (start) => {
  const runtime = await start();
  const ring = open(runtime, { flush: 'manual' });
  let back = 0;
  const sent = range(10).map((n) => ring.send(n).then(() => back++));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(back, 0);
  ring.flush();
  await Promise.all(sent);
  assert.equal(back, 10);
  ring.flush();
});

eachMode('bad options and records are refused, and take no memory', async (start) => {
  const runtime = await start();
  const refused = (kernel, options, pattern, Kind = ArgumentError) =>
    assert.throws(
      () => runtime.ring(kernel, options),
      (error) => error instanceof Kind && pattern.test(error.message),
    );
  refused('none', { encode, decode }, /no kernel is called "none"/, UnknownKernelError);
  refused('fib', { encode, decode }, /kind "fork"/);
  refused('dot', { encode, decode }, /reduction/);
  refused(
    'automaton',
    { encode, decode },
    /array argument of bytes, and kernel "automaton" has none/,
  );
  refused('record', { encode, decode, into: 'log', args: { by: 1 } }, /has none called "log"/);
  refused('record', { encode, decode }, /"by" of kernel "record" is missing/);
  refused('record', { decode, args: { by: 1 } }, /option "encode" of a ring must be a function/);
  refused('record', { encode, decode, bytes: 10 }, /"bytes" of ring\(\) must be/);
  refused('record', { encode, decode, flush: 'soon' }, /"flush"/);
  refused('record', { encode, decode, size: 1 }, /no option "size"/);
  refused(
    'record',
    { encode, decode, bytes: 2 ** 29, args: { by: 1 } },
    /a ring of \d+ bytes/,
    FilchError,
  );
  assert.throws(() => connectRing({}, { encode, decode }), ArgumentError);
  assert.equal(runtime.memory.used, 0);
});

eachBuild('records sent before close() come back, and later ones are refused', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  await gate.hold(2);
  const ring = open(runtime, { bytes: 256 });
  const sent = range(5).map((n) => ring.send(n));
  await Promise.resolve();
  const waiting = Promise.allSettled(range(50).map((n) => ring.send(n)));
  const closed = ring.close();
  assert.equal(ring.close(), closed);
  await assert.rejects(ring.send(1), ClosedError);
  gate.open();
  assert.deepEqual(await Promise.all(sent), [1, 2, 3, 4, 5]);
  const ends = await waiting;
  assert(ends.some(({ reason }) => reason instanceof ClosedError));
  await closed;
});

eachMode('every record settles when the runtime is closed', async (start) => {
  const runtime = await start();
  const ring = open(runtime, { bytes: 256 });
  const sent = Promise.allSettled(range(200).map((n) => ring.send(n)));
  await Promise.resolve();
  const closing = runtime.close();
  const ends = await sent;
  assert(
    ends.every(({ status, reason }) => status === 'fulfilled' || reason instanceof FilchError),
  );
  await closing;
  await assert.rejects(ring.send(1), ClosedError);
  assert.throws(() => open(runtime), ClosedError);
});

const producer = (message) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('../../fixtures/modules/producer.js', import.meta.url));
    worker.once('message', (answer) => resolve({ ...answer, worker }));
    worker.once('error', reject);
    worker.postMessage(message);
  });

for (const waitAsync of [true, false]) {
  test(`producers in workers of their own, each with a ring, ${waitAsync ? 'by Atomics.waitAsync' : 'by BroadcastChannel'}`, {
    timeout: 60_000,
  }, async (t) => {
    const own = Atomics.waitAsync;
    const runtime = await startAt({
      module: await moduleOf(builds[0]),
      workers: 2,
      memory: 2 ** 24,
    });
    t.after(() => runtime.close());
    if (!waitAsync) Atomics.waitAsync = undefined;
    const ports = range(3).map((i) =>
      runtime.ringPort('record', {
        bytes: [256, 1024, 65536][i],
        args: { by: 1 },
        ordered: i === 1,
      }),
    );
    Atomics.waitAsync = own;
    const jobs = ports.map(({ port }, i) =>
      producer({ port, count: 3000, base: i * 1e6, bytes: [40, 4, 300][i] }),
    );
    const here = open(runtime);
    assert.deepEqual(
      await Promise.all(range(1000).map((n) => here.send(n))),
      range(1000).map((n) => n + 1),
    );
    for (const { wrong } of await Promise.all(jobs)) assert.equal(wrong, 0);
    await here.close();
    while (runtime.memory.used) await new Promise((resolve) => setTimeout(resolve, 5));
  });
}

eachBuild('the owner closes the ring of a producer that has ended', async (start) => {
  const runtime = await start();
  const { port, close } = runtime.ringPort('record', { bytes: 1024, args: { by: 1 } });
  const { worker } = await producer({ port, count: 1000, base: 0, bytes: 8, crash: true });
  await worker.terminate();
  close();
  await sleep(20);
  assert.notEqual(runtime.memory.used, 0); // the producer may go on
  assert.throws(() => close({ gone: 1 }), ArgumentError);
  close({ gone: true });
  while (runtime.memory.used) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a record that waits for its block keeps the thread of its producer', {
  timeout: 60_000,
}, async (t) => {
  const runtime = await startAt({
    module: await moduleOf(builds[0]),
    workers: 1,
    memory: 2 ** 24,
  });
  t.after(() => runtime.close());
  const { port } = runtime.ringPort('record', { bytes: 1024, args: { by: 1 } });
  const words = new Int32Array(port.memory.buffer, port.address, 4);
  const answer = producer({ port, count: 1, base: 0, bytes: 900 });
  while (!Atomics.load(words, 3)) Atomics.wait(words, 3, 0, 1); // WANTED
  // This thread is busy with other work.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  assert.equal((await answer).wrong, 0);
});
