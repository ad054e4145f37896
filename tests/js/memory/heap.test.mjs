// alloc() and free().
import assert from 'node:assert/strict';

import {
  ArgumentError,
  ForeignMemoryError,
  FreedMemoryError,
  MemoryInUseError,
  OutOfMemoryError,
} from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild } from '../helpers.mjs';

const TYPES = [
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
];

eachBuild('arrays of every type are zeroed, aligned, and apart', async (start) => {
  const runtime = await start();
  const lines = new Set();
  for (const Type of TYPES) {
    for (const length of [0, 1, 63, 64, 1000]) {
      const array = runtime.alloc(Type, length);
      assert.equal(array.constructor, Type);
      assert.equal(array.length, length);
      assert.equal(array.byteOffset % 64, 0);
      const one = Type.BYTES_PER_ELEMENT === 8 && !(array instanceof Float64Array) ? 1n : 1;
      assert(array.every((x) => x == 0));
      array.fill(one);
      for (
        let line = array.byteOffset;
        line <= array.byteOffset + Math.max(0, array.byteLength - 1);
        line += 64
      ) {
        assert(!lines.has(line), 'two arrays share a cache line');
        lines.add(line);
      }
    }
  }
});

eachBuild('alloc() refuses bad arguments', async (start) => {
  const runtime = await start();
  for (const Type of [undefined, null, Array, DataView, 'Uint8Array', ArrayBuffer]) {
    assert.throws(
      () => runtime.alloc(Type, 8),
      (e) => e instanceof ArgumentError && /"Uint8Array".*"Float64Array"/.test(e.message),
    );
  }
  for (const length of [undefined, null, -1, 1.5, NaN, Infinity, '8', 8n, [8]]) {
    assert.throws(
      () => runtime.alloc(Uint8Array, length),
      (e) => e instanceof ArgumentError && /length in elements/.test(e.message),
    );
  }
  assert.equal(runtime.memory.used, 0);
});

eachBuild('OutOfMemoryError names the sizes, and the heap stays whole', async (start) => {
  const runtime = await start();
  const { capacity } = runtime.memory;
  assert.throws(
    () => runtime.alloc(Float64Array, 2 ** 40),
    (e) => e instanceof OutOfMemoryError && e.size === 2 ** 43 && e.largest === capacity,
  );
  assert.throws(() => runtime.alloc(Uint8Array, capacity + 1), {
    code: 'OUT_OF_MEMORY',
    size: capacity + 1,
  });
  const all = runtime.alloc(Uint8Array, capacity);
  assert.equal(runtime.memory.used, capacity);
  assert.throws(() => runtime.alloc(Uint8Array, 1), { code: 'OUT_OF_MEMORY', size: 1, largest: 0 });
  runtime.free(all);
  assert.equal(runtime.memory.used, 0);
  assert.equal(runtime.memory.peak, capacity);
  const [a, b, c] = [0, 1, 2].map(() =>
    runtime.alloc(Uint8Array, Math.floor(capacity / 3 / 64) * 64),
  );
  runtime.free(a);
  runtime.free(c);
  assert.throws(() => runtime.alloc(Uint8Array, capacity / 2), /in one piece/);
  runtime.free(b);
  runtime.free(runtime.alloc(Uint8Array, capacity));
});

eachBuild('alloc() takes the smallest gap that fits', async (start) => {
  const runtime = await start();
  const [large, , small, ,] = [256, 64, 128, 64].map((bytes) => runtime.alloc(Uint8Array, bytes));
  runtime.free(large);
  runtime.free(small);
  assert.equal(runtime.alloc(Uint8Array, 100).byteOffset, small.byteOffset);
  assert.equal(runtime.alloc(Uint8Array, 200).byteOffset, large.byteOffset);
});

eachBuild('alloc() zeroes memory that was used before', async (start) => {
  const runtime = await start();
  const { capacity } = runtime.memory;
  const half = runtime.alloc(Uint8Array, capacity / 2);
  half.fill(255);
  runtime.free(half);
  const all = runtime.alloc(Uint8Array, capacity);
  assert(all.every((byte) => byte === 0));
});

eachBuild('free() refuses bad arguments', async (start) => {
  const runtime = await start();
  const other = await start();
  const array = runtime.alloc(Uint32Array, 100);
  const foreign = [
    undefined,
    null,
    5,
    {},
    [],
    array.buffer,
    new Uint32Array(8),
    other.alloc(Uint32Array, 8),
    array.subarray(1),
    array.subarray(0),
    new Uint32Array(array.buffer, array.byteOffset, 100),
  ];
  for (const value of foreign)
    assert.throws(
      () => runtime.free(value),
      (e) => e instanceof ForeignMemoryError && /itself and whole/.test(e.message),
    );
  runtime.free(array);
  assert.throws(() => runtime.free(array), FreedMemoryError);
  assert.equal(runtime.alloc(Uint32Array, 100).byteOffset, array.byteOffset);
  assert.throws(() => runtime.free(array), FreedMemoryError, 'not even when its place was taken');
  assert.equal(runtime.memory.used, 448);
});

eachBuild('an array in use is not freed, and the error names the job', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  const [first] = await gate.hold(1);
  const queued = runtime.post('gate', { range: [0, 1], args: { gate: gate.words.subarray(0, 2) } });
  assert.throws(
    () => runtime.free(gate.words),
    (e) =>
      e instanceof MemoryInUseError && e.job === first.id && e.message.includes(`job ${first.id}`),
  );
  gate.open();
  await first;
  await queued;
  runtime.free(gate.words);
  const endless = runtime.post('forever', { range: ENDLESS });
  const later = runtime.alloc(Uint32Array, 8);
  const visit = runtime.post('visit', { range: [0, 8], args: { visits: later } });
  visit.cancel();
  await visit.catch(() => {});
  runtime.free(later);
  endless.cancel();
  await assert.rejects(endless);
});

eachBuild(
  'in any order of alloc() and free() no two arrays overlap, and all memory comes back',
  async (start) => {
    const runtime = await start();
    let seed = 42;
    const random = (n) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * n);
    };
    const live = [];
    let refused = 0;
    for (let i = 1; i < 4000; i++) {
      if (random(3) && live.length < 400) {
        const length = random(10) ? random(3000) : random(2 ** 20);
        let array;
        try {
          array = runtime.alloc(Uint8Array, length);
        } catch (error) {
          assert.equal(error.code, 'OUT_OF_MEMORY');
          refused++;
          continue;
        }
        assert(
          array.every((byte) => byte === 0),
          'zeroed',
        );
        array.fill((i % 255) + 1);
        live.push([array, (i % 255) + 1]);
      } else if (live.length) {
        const [[array, mark]] = live.splice(random(live.length), 1);
        assert(
          array.every((byte) => byte === mark),
          'overwritten',
        );
        runtime.free(array);
      }
    }
    assert(refused < 4000 / 10, `${refused} refused`);
    assert.equal(
      runtime.memory.used,
      live.reduce((sum, [array]) => sum + Math.max(64, Math.ceil(array.length / 64) * 64), 0),
    );
    for (const [array] of live) runtime.free(array);
    assert.equal(runtime.memory.used, 0);
    runtime.alloc(Uint8Array, runtime.memory.capacity);
  },
);
