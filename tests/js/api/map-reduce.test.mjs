// run(), map(), reduce().
import assert from 'node:assert/strict';

import {
  ArgumentError,
  BadRangeError,
  KernelError,
  UnknownKernelError,
} from '../../../web/index.js';
import { eachMode } from '../helpers.mjs';

eachMode('run() gives the result of a job', async (start) => {
  const runtime = await start();
  assert.equal((await runtime.run('empty', { range: [0, 7] })).iterations, 7);
  await assert.rejects(runtime.run('empty', { range: [1, 0] }), BadRangeError);
  await assert.rejects(
    runtime.run('fail', { range: [0, 7], args: { at: 1, code: 3 } }),
    KernelError,
  );
});

eachMode('map() works in place on a copy, and from one argument to another', async (start) => {
  const runtime = await start();
  const before = new Uint32Array(1000).fill(41);
  const after = await runtime.map('visit', before);
  assert(
    after instanceof Uint32Array && after.every((n) => n === 42) && before.every((n) => n === 41),
  );
  assert.deepEqual([...(await runtime.map('visit', [1, 2, 3], { range: [0, 2] }))], [2, 3, 3]);
  const plate = new Float64Array(2 * 16 * 16).fill(1);
  const cooled = await runtime.map('heat', plate, {
    range: [0, 16],
    args: { width: 16, height: 16, step: 0 },
    priority: 'high',
  });
  assert.equal(cooled.length, plate.length);
  assert.equal(runtime.memory.used, 0);
  const pixels = new Uint8Array(8 * 8 * 4).fill(99);
  const args = { source_width: 8, source_height: 8, width: 8, height: 8, pass: 0 };
  const middle = await runtime.map('resize', pixels, {
    output: 'middle',
    range: [0, 1],
    args: { ...args, out: runtime.alloc(Uint8Array, 256) },
  });
  assert(middle instanceof Float32Array && middle.some((value) => value > 0));
});

eachMode('reduce() gives the total', async (start) => {
  const runtime = await start();
  const a = runtime.alloc(Float64Array, 100).fill(2);
  assert.deepEqual(
    await runtime.reduce('dot', { range: [0, 100], args: { a, b: a }, deterministic: true }),
    { sum: 400 },
  );
  await assert.rejects(
    runtime.reduce('empty', { range: [0, 1] }),
    (error) => error instanceof ArgumentError && /none/.test(error.message),
  );
  await assert.rejects(runtime.reduce('absent', { range: [0, 1] }), UnknownKernelError);
});

eachMode('map() refuses bad arguments', async (start) => {
  const runtime = await start();
  await assert.rejects(runtime.map('absent', []), UnknownKernelError);
  await assert.rejects(runtime.map('empty', [1]), /"input".*none/);
  await assert.rejects(runtime.map('visit', [1], { input: 'visit' }), /"visits"/);
  await assert.rejects(runtime.map('visit', undefined), /needs an array/);
  await assert.rejects(
    runtime.map('visit', new Float32Array(3), { args: { more: 1 } }),
    ArgumentError,
  );
  assert.equal(runtime.memory.used, 0);
});
