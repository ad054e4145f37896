// The tests of the host with one of V8's compilers alone. By default a test is over before most of
// its code has been optimised: so `make test` runs those that run much of the module's code with
// the optimising compiler, and with the other build. `make nightly` runs all of them, with each
// compiler and both builds.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { BUILDS, HOST, MODULE } from './host.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The environment without the variables of this test runner. */
const { NODE_TEST_CONTEXT: _, ...env } = process.env;
const NIGHTLY = env.NIGHTLY === '1';
const optimising = { 'the optimising compiler': '--no-liftoff' };
const tiers = NIGHTLY ? { 'the baseline compiler': '--liftoff-only', ...optimising } : optimising;
const builds = NIGHTLY ? BUILDS : 'filch-plain.wasm';

describe("the host's tests", () => {
  for (const [name, flag] of Object.entries(tiers)) {
    test(`with ${name} alone`, { timeout: NIGHTLY ? 3_600_000 : 600_000 }, async (t) => {
      const { code, stdout } = await new Promise((resolve) => {
        const args = [flag, 'tools/test.mjs', ...(NIGHTLY ? HOST : MODULE)];
        const chosen = { ...env, FILCH_TEST_BUILDS: builds };
        const options = { cwd: root, maxBuffer: 2 ** 26, env: chosen };
        execFile(process.execPath, args, options, (error, stdout) =>
          resolve({ code: error?.code ?? 0, stdout }),
        );
      });
      const tally = stdout.trim().split('\n').at(-1);
      t.diagnostic(`${flag} ${builds}: ${tally}`);
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
