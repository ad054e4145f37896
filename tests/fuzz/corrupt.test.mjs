// Overwritten words, and saves, in their quick form. NIGHTLY=1: 10^5 words, 10^6 saves. The native
// ones are a case of tests/c/stress.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Runs a fuzzer of this folder. @returns {Promise<{ code: number, out: string }>} */
function fuzz(name, args) {
  return new Promise((resolve) => {
    const script = fileURLToPath(new URL(name, import.meta.url));
    const child = spawn(process.execPath, [script, ...args.map(String)]);
    let out = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (out += data));
    child.on('close', (code) => resolve({ code, out }));
  });
}

const nightly = Boolean(process.env.NIGHTLY);
const cases = [
  [
    'corrupt.mjs',
    nightly ? ['--count', 100_000] : ['--rounds', 4, '--seed', 40],
    /\d+ words overwritten, 0 failed\n$/,
  ],
  ['saves.mjs', ['--count', nightly ? 1_000_000 : 5000], /\d+ saves, 0 failed\n$/],
];

for (const [name, args, last] of cases) {
  test(`${name} ${args.join(' ')}`, { timeout: nightly ? 4 * 3_600_000 : 120_000 }, async (t) => {
    const { code, out } = await fuzz(name, args);
    t.diagnostic(out.trim().split('\n').at(-1));
    assert.match(out, last);
    assert.equal(code, 0, out);
  });
}
