// post() at the limits of its options and arguments.
import assert from 'node:assert/strict';

import { eachBuild, picture } from '../helpers.mjs';

eachBuild('post() takes options and arguments at their limits', async (start) => {
  const runtime = await start();
  const at = { at: 2n ** 64n - 1n };
  const { state } = await runtime.post('trap', {
    range: [0, 3],
    args: { ...at, count: 2 ** 53 - 1 },
  });
  assert.equal(state.count, 2n ** 53n + 2n);
  assert.equal(
    (await runtime.post('trap', { range: [0, 3], args: { ...at, count: 2n ** 64n - 1n } })).state
      .count,
    2n,
  );
  assert.equal((await runtime.post('spin', { range: [0, 3], args: { cost: -0 } })).iterations, 3);
  assert.equal(
    (await runtime.post('spin', { range: [0, 1], args: { cost: 2 ** 12, costs: undefined } }))
      .iterations,
    1,
  );
  assert.equal((await runtime.post('empty', { range: [5, 5] })).iterations, 0);
  assert.equal(
    (await runtime.post('empty', { range: [2 ** 53 - 2, 2 ** 53 - 1], args: {} })).iterations,
    1,
  );
  assert.equal(
    (
      await runtime.post('empty', {
        range: [0, 9],
        args: undefined,
        grain: 2 ** 32 - 1,
        signal: undefined,
      })
    ).iterations,
    9,
  );
  // Floats take every number, with any effect on the picture.
  const strange = picture(runtime, { cx: NaN, cy: -Infinity, scale: Infinity });
  assert.equal((await runtime.post('mandelbrot', { range: [0, 1], args: strange })).iterations, 1);
  const clamped = picture(runtime, { out: runtime.alloc(Uint8ClampedArray, 256) });
  assert.equal((await runtime.post('mandelbrot', { range: [0, 1], args: clamped })).iterations, 1);
});

eachBuild('a kernel sees a subarray as its own part of the array', async (start) => {
  const runtime = await start();
  const array = runtime.alloc(Uint32Array, 100);
  await runtime.post('visit', { range: [0, 10], args: { visits: array.subarray(50, 60) } });
  assert.deepEqual([...array.subarray(49, 61)], [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
  // Empty arrays are arrays too, at any place.
  for (const empty of [array.subarray(0, 0), array.subarray(100), runtime.alloc(Uint32Array, 0)]) {
    await assert.rejects(runtime.post('visit', { range: [0, 1], args: { visits: empty } }), {
      code: 'KERNEL_FAILED',
      failure: 1,
    });
    assert.equal(
      (await runtime.post('visit', { range: [0, 0], args: { visits: empty } })).iterations,
      0,
    );
  }
});
