// Every promise of a ring settles: whatever the owner, foreign code, or other writers of the memory
// do in the midst of a call.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { CorruptError } from '../../../web/index.js';
import { connectRing } from '../../../web/ring.js';
import {
  CALLS,
  CLOSED,
  CONTROL,
  DONE,
  FILLER,
  GONE,
  GRANTED,
  HEAD,
  REGULARLY,
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

eachMode('a record that is overwritten to be a filler closes the ring', async (start) => {
  const runtime = await start();
  const { port } = runtime.ringPort('record', { args: { by: 1 } });
  const ring = connectRing(port, { encode, decode, flush: 'manual' });
  const sent = ring.send(1);
  new Int32Array(port.memory.buffer, port.address)[CONTROL / 4 + 1] = FILLER;
  ring.flush();
  await assert.rejects(inTime(sent, 'send()'), CorruptError);
});
