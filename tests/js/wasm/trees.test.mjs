// The fork kernels of the benchmarks: their results must be right.
import assert from 'node:assert/strict';

import { eachBuild, eachMode } from '../helpers.mjs';

eachMode('pairs: loops of two iterations are timed', async (start) => {
  const runtime = await start();
  const [words, times] = [runtime.alloc(Uint32Array, 3), runtime.alloc(Float64Array, 10)];
  const { state } = await runtime.post('pairs', {
    args: { loops: 100, batch: 10, meet: 0, rest: 0, words, times },
  });
  assert.equal(state.loop, 100);
  assert(state.both <= 100);
  assert(times.every((ns) => ns >= 0));
  await assert.rejects(
    runtime.post('pairs', { args: { loops: 101, batch: 9, meet: 0, rest: 0, words, times } }),
    { failure: 1 },
  );
});

eachBuild('pairs: two workers meet in each loop', async (start) => {
  const runtime = await start();
  const [words, times] = [runtime.alloc(Uint32Array, 3), runtime.alloc(Float64Array, 10)];
  const { state } = await runtime.post('pairs', {
    args: { loops: 50, batch: 5, meet: 2 ** 31, rest: 1000, words, times },
  });
  assert.equal(state.both, 50);
  assert.equal(words[0], 100);
});

eachMode('skynet gives the sum of its leaves', async (start) => {
  const runtime = await start();
  for (const leaves of [1, 10, 1000, 1_000_000]) {
    const { state } = await runtime.post('skynet', { args: { leaves } });
    assert.equal(state.sum, (BigInt(leaves) * BigInt(leaves - 1)) / 2n);
  }
});

eachMode('uts finds as many nodes as a plain recursion', async (start) => {
  const runtime = await start();
  for (const [seed, deepest] of [
    [20, 10],
    [16, 9],
    [0, 10],
    [21, 0],
  ]) {
    const counted = await runtime.post('uts', { args: { seed, deepest } });
    const serial = await runtime.post('utsserial', { range: [0, 1], args: { seed, deepest } });
    assert.equal(counted.state.nodes, serial.state.nodes);
  }
  assert.equal(
    (await runtime.post('uts', { args: { seed: 20, deepest: 10 } })).state.nodes,
    2528889n,
  );
});

eachMode('matmul gives the product of a plain triple loop', async (start) => {
  const runtime = await start();
  const n = 128;
  const [a, b, c] = [1, 2, 3].map(() => runtime.alloc(Float32Array, n * n));
  // Small numbers: all sums are exact.
  for (let i = 0; i < n * n; i++) [a[i], b[i], c[i]] = [(i * 7) % 31, (i * 11) % 29, i % 5];
  const expected = c.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) expected[i * n + j] += a[i * n + k] * b[k * n + j];
  }
  const rows = runtime.alloc(Float32Array, n * n);
  rows.set(c);
  await runtime.post('matmul', { args: { a, b, c, n } });
  await runtime.post('matmulrows', { range: [0, n], args: { a, b, c: rows, n } });
  assert.deepEqual(c.slice(), expected);
  assert.deepEqual(rows.slice(), expected);
  await assert.rejects(runtime.post('matmul', { args: { a, b, c, n: 129 } }), { failure: 1 });
  await assert.rejects(runtime.post('matmul', { args: { a, b, c, n: 100 } }), { failure: 2 });
});
