// Arguments that are copied for one job: arrays and text; and related arguments.
import assert from 'node:assert/strict';

import { ArgumentError, copied } from '../../../web/index.js';
import { eachBuild, eachMode } from '../helpers.mjs';

eachMode('an array is copied in, copied back, and freed', async (start) => {
  const runtime = await start();
  const visits = new Uint32Array(1000).fill(5);
  const job = runtime.post('visit', {
    range: [0, 500],
    args: { visits: copied(visits, { back: true }) },
  });
  assert(job.args.visits.buffer instanceof SharedArrayBuffer);
  assert.equal(visits[0], 5); // until the job is done
  await job;
  assert(visits.every((n, i) => n === (i < 500 ? 6 : 5)));
  assert.equal(runtime.memory.used, 0);

  const kept = new Uint32Array(8);
  await runtime.post('visit', { range: [0, 8], args: { visits: copied(kept) } });
  assert(kept.every((n) => n === 0));

  const list = [1, 2, 3];
  await runtime.post('visit', { range: [0, 2], args: { visits: copied(list, { back: true }) } });
  assert.deepEqual(list, [2, 3, 3]);
  const big = new Float64Array(4).fill(2);
  assert.equal(
    (
      await runtime.reduce('dot', {
        range: [0, 4],
        args: { a: copied(big), b: copied([1, 2, 3, 4]) },
      })
    ).sum,
    20,
  );
  assert.equal(runtime.memory.used, 0);
});

eachMode('text is copied as UTF-8', async (start) => {
  const runtime = await start();
  const { bins } = await runtime.reduce('histogram', {
    range: [0, 6],
    args: { data: 'aab\u00e9b' },
  });
  assert.deepEqual([bins[97], bins[98], bins[0xc3], bins[0xa9]], [2, 2, 1, 1]);
  assert.equal(runtime.memory.used, 0);
});

eachBuild('a failed or cancelled job copies nothing back, and the copy is freed', async (start) => {
  const runtime = await start();
  const visits = new Uint32Array(10);
  await assert.rejects(
    runtime.post('visit', {
      range: [0, 10],
      args: { visits: copied(visits, { back: true }) },
      signal: AbortSignal.abort(),
    }),
  );
  assert(visits.every((n) => n === 0));
  assert.equal(runtime.memory.used, 0);
});

eachBuild('bad uses of copied() throw, and no memory is lost', async (start) => {
  const runtime = await start();
  for (const bad of [
    undefined,
    null,
    7,
    'text',
    {},
    new ArrayBuffer(8),
    new DataView(new ArrayBuffer(8)),
  ]) {
    assert.throws(
      () => copied(bad),
      (error) => error instanceof ArgumentError && /typed array/.test(error.message),
    );
  }
  const wrong = () =>
    runtime.post('visit', { range: [0, 1], args: { visits: copied(new Float32Array(4)) } });
  assert.throws(
    wrong,
    (error) =>
      error instanceof ArgumentError &&
      /must be a Uint32Array, got a Float32Array of 4/.test(error.message),
  );
  assert.throws(
    () => runtime.post('visit', { range: [0, 1], args: { visits: 'text' } }),
    ArgumentError,
  );
  const two = { a: copied([1]), b: new Float64Array(1) };
  assert.throws(() => runtime.post('dot', { range: [0, 1], args: two }), {
    code: 'FOREIGN_MEMORY',
  });
  assert.throws(
    () =>
      runtime.post('dot', {
        range: [0, 1],
        args: { a: copied(new Float64Array(2 ** 22)), b: copied([1]) },
      }),
    { code: 'OUT_OF_MEMORY' },
  );
  assert.equal(runtime.memory.used, 0);
});

eachMode('related arguments are given together', async (start) => {
  const runtime = await start();
  const sum = async (args) => (await runtime.run('point', { range: [0, 2], args })).state.sum;
  assert.equal(await sum({ point_x: 3, point_y: 4 }), 50n);
  assert.equal(await sum({ point: { x: 3, y: 4 } }), 50n);
  assert.equal(await sum({ point: { x: 3 }, point_y: 4 }), 50n);
  const bad = (args, pattern) =>
    assert.throws(
      () => runtime.post('point', { range: [0, 2], args }),
      (error) => error instanceof ArgumentError && pattern.test(error.message),
    );
  bad({ point: { x: 3 } }, /argument "point_y" .* is missing/);
  bad({ point: { x: 3, y: 4, z: 5 } }, /no argument "point_z"/);
  bad({ point: { x: 'a', y: 4 } }, /argument "point_x" .* must be a whole number/);
  bad({ point: [3, 4] }, /no argument "point"/);
  bad({ point_x: { x: 1 }, point_y: 4 }, /argument "point_x" .* must be a whole number/);
});
