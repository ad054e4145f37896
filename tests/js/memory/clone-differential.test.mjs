// Random values, as call() carries them, against structuredClone().
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ArgumentError } from '../../../web/index.js';
import { tryOne } from '../../fuzz/clone.mjs';
import { difference } from '../../fuzz/same.mjs';
import { Maker, PLATFORM, randomFrom } from '../../fuzz/values.mjs';
import { builds, eachMode, moduleOf, startAt } from '../helpers.mjs';

const NIGHTLY = process.env.NIGHTLY === '1';
const COUNT = NIGHTLY ? 1_000_000 : 2000;
const CALLS = NIGHTLY ? 20_000 : 60;
const url = new URL('../../fixtures/modules/tasks.js', import.meta.url);

test(`${COUNT} values as bytes, or refused`, { timeout: 3_600_000 }, (t) => {
  const how = { bytes: 0, message: 0 };
  for (let seed = 1; seed <= COUNT; seed++)
    assert.equal(tryOne(seed, how), undefined, `seed ${seed}`);
  t.diagnostic(`${how.bytes} as bytes, ${how.message} by message`);
  assert(how.bytes > COUNT / 4 && how.message > COUNT / 4);
});

eachMode(
  `${10 * CALLS} values, to a function and back`,
  async (start) => {
    const runtime = await start();
    for (let seed = 1; seed <= CALLS; seed++) {
      const values = [0, 1].map(() => {
        const maker = new Maker(randomFrom(seed), { refused: false });
        return Array.from({ length: 10 }, () => maker.value());
      });
      const wanted = structuredClone(structuredClone(values[0]));
      const found = await runtime.call(url, 'same', values[1]);
      assert.equal(difference(found, wanted), undefined, `seed ${seed}`);
    }
    assert.equal(runtime.memory.used, 0);
  },
  { timeout: 3_600_000 },
);

eachMode(
  'what structuredClone() refuses is refused, and the call counts for nothing',
  async (start) => {
    const runtime = await start();
    let refused = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const [first, second] = [0, 1].map(() => new Maker(randomFrom(seed)).value());
      let cause;
      try {
        structuredClone(first);
      } catch (error) {
        cause = error;
      }
      if (!cause) continue;
      refused++;
      assert.throws(
        () => runtime.call(url, 'same', [second]),
        (error) => error instanceof ArgumentError && error.cause.name === cause.name,
        `seed ${seed}`,
      );
    }
    assert(refused > 3, `${refused} refused`);
    assert.deepEqual([runtime.stats().outstanding, runtime.memory.used], [0, 0]);
  },
);

test('values of the kinds that this engine has besides', async (t) => {
  const runtime = await startAt({ module: await moduleOf(builds[0]), workers: 1 });
  t.after(() => runtime.close());
  for (const [name, make] of Object.entries(PLATFORM)) {
    const value = make();
    const [back] = await runtime.call(url, 'same', [value]);
    const wanted = structuredClone(structuredClone(value));
    assert.equal(difference(back, wanted), undefined, name);
  }
});
