// Every promise of a ring settles: whatever the owner, foreign code, or other writers of the memory
// do in the midst of a call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { CorruptError } from '../../../web/index.js';
import { connectRing } from '../../../web/ring.js';
import {
  APART,
  ASKED,
  CALLS,
  CLOSED,
  CONTROL,
  DONE,
  FILLER,
  FREED,
  GONE,
  GRANTED,
  HEAD,
  PASSED,
  REGULARLY,
  START,
  sealOf,
  TAIL,
  WANTED,
} from '../../../web/ring/layout.js';
import { Ring } from '../../../web/ring/producer.js';
import { eachMode } from '../helpers.mjs';
import { decode, encode, open, sized } from './records.mjs';

const range = (n) => Array.from({ length: n }, (_, i) => i);
const inTime = async (promise, what) => {
  const late = sleep(5000, what, { ref: false });
  const got = await Promise.race([promise, late]);
  assert.notEqual(got, what, `${what} hangs`);
  return got;
};

eachMode('a full ring gets space without flush(): ready() and send() settle', async (start) => {
  const runtime = await start();
  const ring = open(runtime, { bytes: 256, flush: 'manual' });
  const sent = [];
  for (let n = 0; !ring.needsDrain; n++) sent.push(ring.send(n));
  await inTime(ring.ready(), 'ready()');
  const { length } = sent;
  ring.flush();
  assert.deepEqual(
    await inTime(Promise.all(sent), 'send()'),
    range(length).map((n) => n + 1),
  );
  await inTime(ring.close(), 'close()');
});

/** A ring whose owner is the test: `wake` is called when the producer has called. */
function alone(wake, producer, capacity = 256) {
  const buffer = new SharedArrayBuffer(65536);
  const words = new Int32Array(buffer);
  words[PASSED] = START;
  const ring = new Ring({ buffer, address: 0, capacity, wake, closed() {} }, producer);
  /** The record at `at` has come back. */
  const end = (at) => Atomics.store(words, (CONTROL + at + 8) / 4, DONE);
  const grant = (address) => {
    if (!words[WANTED]) return;
    words[GRANTED] = address;
    words[WANTED] = 0;
    ring.collect();
  };
  /** Nothing may be left that keeps the process. */
  const close = () => {
    words[CLOSED] = REGULARLY;
    ring.collect();
  };
  return { ring, words, end, grant, close };
}

const START_AT = 0; // the first position, modulo the capacity

test('a record that comes back in the midst of collect() is collected', async () => {
  let world;
  let asked = 0;
  const wake = () => {
    if (!world.words[WANTED]) return;
    asked++;
    if (asked === 1) return; // both large records wait
    // collect() asks for the second block: it has looked at the records by then.
    world.end(HEAD + 16);
    world.grant(8192);
  };
  world = alone(wake, { ...sized, flush: 'manual' });
  const [first, second] = [1, 2].map((n) => world.ring.send({ n, size: 16 }));
  for (const n of [3, 4]) world.ring.send({ n, size: 150 }).catch(() => {});
  world.end(START_AT);
  world.grant(4096);
  await inTime(first, 'the first');
  await inTime(second, 'the second');
  assert.equal(asked, 2);
  world.close();
});

test('decode() that sends in the midst of a grant leaves the block to its record', async () => {
  let world;
  const lengths = [];
  const wake = () => {
    if (!world.words[WANTED]) return;
    lengths.push(world.words[WANTED]);
    world.end(START_AT);
    world.grant(4096 * lengths.length);
  };
  const inner = [];
  world = alone(wake, {
    encode: sized.encode,
    decode(view) {
      inner.push(world.ring.send({ n: 9, size: 2000 }));
      inner[0].catch(() => {});
      return sized.decode(view);
    },
    flush: 'microtask',
  });
  const first = world.ring.send({ n: 1, size: 8 });
  world.ring.send({ n: 2, size: 1000 }).catch(() => {});
  await inTime(first, 'send()');
  assert.deepEqual(lengths, [1000, 2000]);
  const bytes = new Uint8Array(world.words.buffer);
  assert.equal(bytes[4096 + 999], 2);
  assert.equal(bytes[4096 + 1000], 0, 'the larger record went elsewhere');
  assert.equal(bytes[8192 + 1999], 9);
  world.close();
});

eachMode("a producer whose last word is overwritten hears of the ring's end", async (start) => {
  const runtime = await start();
  const { port } = runtime.ringPort('record', { args: { by: 1 } });
  const ring = connectRing(port, { encode, decode });
  const words = new Int32Array(port.memory.buffer, port.address);
  assert.equal(await ring.send(1), 2);
  Atomics.or(words, CALLS, GONE);
  await assert.rejects(inTime(ring.send(2), 'send()'), CorruptError);
  await inTime(ring.close(), 'close()');
});

eachMode('a grant that leads out of the memory closes the ring', async (start) => {
  const runtime = await start();
  const { port } = runtime.ringPort('record', { bytes: 256, args: { by: 1 } });
  const ring = connectRing(port, { ...sized });
  new Int32Array(port.memory.buffer, port.address)[GRANTED] = 0x7ffffff0;
  await assert.rejects(inTime(ring.send({ n: 1, size: 1000 }), 'send()'), CorruptError);
});

const isStart = (word) => word === (START | 0);

/** A ring whose records each take 32 bytes. The head of record i begins at words[8 * i]. */
function overwritable(runtime, producer) {
  const { port } = runtime.ringPort('record', { bytes: 256, args: { by: 1 } });
  const ring = connectRing(port, { encode, decode, flush: 'manual', ...producer });
  const control = new Int32Array(port.memory.buffer, port.address);
  return { ring, control, words: control.subarray(CONTROL / 4) };
}

for (const [what, overwrite] of [
  ['whose size swallows the next record', (words, i) => (words[8 * i] = 64)],
  ['whose size swallows all others', (words, i) => (words[8 * i] = 288 - 32 * i)],
  ['whose size is less than it was', (words, i) => (words[8 * i] = 16)],
  ['that is made a filler', (words, i) => (words[8 * i + 1] = FILLER)],
  ['that is made a large one', (words, i) => (words[8 * i + 1] = APART)],
  ['that is made shorter', (words, i) => (words[8 * i + 1] = 3)],
  ['that is made done', (words, i) => (words[8 * i + 2] = DONE)],
  ['whose seal is overwritten', (words, i) => (words[8 * i + 3] = 0)],
  [
    'that is a copy of another',
    (words, i) => words.copyWithin(8 * i, 8 * (i ^ 1), 8 * (i ^ 1) + 8),
  ],
]) {
  eachMode(`a record ${what} is not skipped: its ring ends`, async (start) => {
    const runtime = await start();
    for (let i = 0; i < 8; i++) {
      const { ring, words } = overwritable(runtime);
      const sent = range(8).map((n) => ring.send(n));
      overwrite(words, i);
      ring.flush();
      for (const { reason } of await inTime(Promise.allSettled(sent), 'send()'))
        assert(reason instanceof CorruptError, `${i}: ${reason}`);
      await inTime(ring.close(), 'close()');
    }
  });
}

eachMode('a record that is skipped in spite of all is the only one that fails', async (start) => {
  const runtime = await start();
  for (const last of [2, 3]) {
    const { ring, words } = overwritable(runtime);
    const sent = range(last + 1).map((n) => ring.send(n));
    // The record before the skipped one has the size of both, and the right seal for that.
    words[8] = 64;
    words[11] = sealOf(START + 32, 64, 4);
    ring.flush();
    const ends = await inTime(Promise.allSettled(sent), 'send()');
    ends.forEach(({ value, reason }, i) => {
      if (i === 2) assert(reason instanceof CorruptError, `${reason}`);
      else assert.equal(value, i + 1, `${reason}`);
    });
    assert.equal(
      await inTime(
        Promise.all([ring.send(7), ring.flush()]).then(([n]) => n),
        'next',
      ),
      8,
    );
    await inTime(ring.close(), 'close()');
  }
});

for (const status of [ASKED, 4, -1]) {
  eachMode(`a record whose status becomes ${status} rejects alone`, async (start) => {
    const runtime = await start();
    const { ring, words } = overwritable(runtime, {
      decode(view) {
        const n = decode(view);
        if (n === 1) words[8 + 2] = status; // of the next record, before the producer reads that
        return n;
      },
    });
    const sent = range(3).map((n) => ring.send(n));
    ring.flush();
    const [first, second, third] = await inTime(Promise.allSettled(sent), 'send()');
    assert.deepEqual([first.value, third.value], [1, 3]);
    assert(second.reason instanceof CorruptError, `${second.reason}`);
    await inTime(ring.close(), 'close()');
  });
}

eachMode('a large record gets no block of another one', async (start) => {
  const runtime = await start();
  const { buffer, byteOffset } = runtime.alloc(Int32Array, 1); // the ring comes behind it
  const all = new Int32Array(buffer, byteOffset);
  const ring = open(runtime, { bytes: 256, ...sized, flush: 'manual' });
  const at = all.findIndex((word, i) => [word, all[i + FREED], all[i + PASSED]].every(isStart));
  const first = ring.send({ n: 0, size: 8 });
  ring.flush();
  await inTime(first, 'the first'); // the consumer's code has come
  const sent = [1, 2].map((n) => ring.send({ n, size: 300 }));
  const words = all.subarray(at + CONTROL / 4 + 8);
  assert(words[4] && words[8 + 4]);
  words[8 + 4] = words[4];
  ring.flush();
  for (const { reason } of await inTime(Promise.allSettled(sent), 'send()'))
    assert(reason instanceof CorruptError, `${reason}`);
});

for (const [what, word] of [
  ['a tail', TAIL],
  ['a call', CALLS],
]) {
  eachMode(`${what} that is overwritten before the owner looks is told again`, async (start) => {
    const runtime = await start();
    const { ring, control } = overwritable(runtime);
    const before = control[word];
    const sent = [ring.send(1), ring.send(2)];
    ring.flush();
    control[word] = before;
    assert.deepEqual(await inTime(Promise.all(sent), 'send()'), [2, 3]);
    await inTime(ring.close(), 'close()');
  });
}
