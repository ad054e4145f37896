// The fuzzer of the API, for a few seconds. make nightly runs a million calls.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./api.mjs', import.meta.url));

test('a call with hostile values returns, or throws what it may', {
  timeout: 120_000,
}, async (t) => {
  const text = await new Promise((resolve) =>
    execFile(process.execPath, [script, '--count', '5000'], (error, stdout, stderr) =>
      resolve(stdout + stderr),
    ),
  );
  assert.match(text, /^5000 calls, 0 failed$/m, text.slice(0, 10_000));
  t.diagnostic('5000 calls');
});
