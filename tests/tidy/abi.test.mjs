// web/wasm/abi.js says the same as the headers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { abi } from '../../tools/abi.mjs';

test('web/wasm/abi.js is up to date', async () => {
  const text = await readFile(new URL('../../web/wasm/abi.js', import.meta.url), 'utf8');
  assert.equal(text, await abi(), 'web/wasm/abi.js is old: run `make abi`');
});
