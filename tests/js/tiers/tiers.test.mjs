// The tests of the host, once with V8's baseline compiler alone and once with the optimising one
// alone: by default a test is over before most of its code has been optimised. Both run at once:
// most of these tests wait most of the time.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { HOST } from './host.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The environment without the variables of this test runner. */
const { NODE_TEST_CONTEXT: _, ...env } = process.env;
const tiers = {
  'the baseline compiler': ['--liftoff-only'],
  'the optimising compiler': ['--no-liftoff'],
};

describe("the host's tests", { concurrency: true }, () => {
  for (const [name, flags] of Object.entries(tiers)) {
    test(`with ${name} alone`, { timeout: 1_800_000 }, async (t) => {
      const { code, stdout } = await new Promise((resolve) => {
        const args = [...flags, 'tools/test.mjs', ...HOST];
        execFile(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26, env }, (error, stdout) =>
          resolve({ code: error?.code ?? 0, stdout }),
        );
      });
      const tally = stdout.trim().split('\n').at(-1);
      t.diagnostic(`${flags.join(' ')}: ${tally}`);
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
