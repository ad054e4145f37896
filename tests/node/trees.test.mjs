// The kernels that benchmarks fork with: what they measure must be right.
import assert from 'node:assert/strict';

import { eachBuild, eachMode } from './helpers.mjs';

eachMode('pairs: loops of two iterations, timed', async (start) => {
  const runtime = await start();
  const [words, times] = [runtime.alloc(Uint32Array, 3), runtime.alloc(Float64Array, 10)];
  const { state } = await runtime.post('pairs', { args: { loops: 100, batch: 10, meet: 0, rest: 0, words, times } });
  assert.equal(state.loop, 100);
  assert(state.both <= 100);
  assert(times.every((ns) => ns >= 0));
  await assert.rejects(runtime.post('pairs', { args: { loops: 101, batch: 9, meet: 0, rest: 0, words, times } }), { failure: 1 });
});

eachBuild('pairs: two workers meet in each', async (start) => {
  const runtime = await start();
  const [words, times] = [runtime.alloc(Uint32Array, 3), runtime.alloc(Float64Array, 10)];
  const { state } = await runtime.post('pairs', { args: { loops: 50, batch: 5, meet: 2 ** 31, rest: 1000, words, times } });
  assert.equal(state.both, 50);
  assert.equal(words[0], 100);
});

eachMode('skynet: the sum of its leaves', async (start) => {
  const runtime = await start();
  for (const leaves of [1, 10, 1000, 1_000_000]) {
    const { state } = await runtime.post('skynet', { args: { leaves } });
    assert.equal(state.sum, (BigInt(leaves) * BigInt(leaves - 1)) / 2n);
  }
});

eachMode('uts: as many nodes as a plain recursion finds', async (start) => {
  const runtime = await start();
  for (const [seed, deepest] of [[20, 10], [16, 9], [0, 10], [21, 0]]) {
    const counted = await runtime.post('uts', { args: { seed, deepest } });
    const serial = await runtime.post('utsserial', { range: [0, 1], args: { seed, deepest } });
    assert.equal(counted.state.nodes, serial.state.nodes);
  }
  assert.equal((await runtime.post('uts', { args: { seed: 20, deepest: 10 } })).state.nodes, 2528889n);
});
