// Damaged plug-ins and odd descriptions of kernels: tests/fuzz/plugins.mjs, a few hundred of them
// here and 100,000 at night.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fuzz } from '../../fuzz/plugins.mjs';

const count = process.env.NIGHTLY ? 100_000 : 600;

test(`${count} damaged plug-ins: each is refused or is one`, { timeout: 3_600_000 }, async () => {
  const { loaded, failures } = await fuzz({ count, seed: 1 });
  assert.deepEqual(failures, []);
  assert(loaded > count / 50, `only ${loaded} were plug-ins`);
});
