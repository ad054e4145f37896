// The tests of the host, once with V8's baseline compiler alone and once with the optimising one
// alone: by default a test is over before most of its code has been optimised. Both run at once:
// most of these tests wait most of the time. Each compiler has one of the two builds, in
// `make nightly` both.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { HOST } from './host.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The environment without the variables of this test runner. */
const { NODE_TEST_CONTEXT: _, ...env } = process.env;
const both = 'filch-test.wasm filch-plain.wasm';
const tiers = {
  'the baseline compiler': ['--liftoff-only', 'filch-test.wasm'],
  'the optimising compiler': ['--no-liftoff', 'filch-plain.wasm'],
};

describe("the host's tests", { concurrency: true }, () => {
  for (const [name, [flag, build]] of Object.entries(tiers)) {
    test(`with ${name} alone`, { timeout: 600_000 }, async (t) => {
      const { code, stdout } = await new Promise((resolve) => {
        const args = [flag, 'tools/test.mjs', ...HOST];
        const FILCH_TEST_BUILDS = env.NIGHTLY === '1' ? both : build;
        const options = { cwd: root, maxBuffer: 2 ** 26, env: { ...env, FILCH_TEST_BUILDS } };
        execFile(process.execPath, args, options, (error, stdout) =>
          resolve({ code: error?.code ?? 0, stdout }),
        );
      });
      const tally = stdout.trim().split('\n').at(-1);
      t.diagnostic(`${flag} ${build}: ${tally}`);
      assert.equal(
        code,
        0,
        stdout
          .split('\n')
          .filter((line) => /^failed:|^✖/.test(line))
          .join('\n'),
      );
      assert(Number(/^(\d+) passed, 0 failed/.exec(tally)?.[1]) > 300, tally);
    });
  }
});
