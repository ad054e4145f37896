// Tests of the host at addresses from 2 GiB on, which JavaScript takes for negative numbers: once
// with the heap there, once with all that the runtime has. The memory's first 2 GiB are taken and
// never touched.
//
// `make nightly` runs the whole suite of the host so, twice. Each time takes as long as the suite
// itself, minutes: so `make test` runs the files that deal with addresses, with the heap there. One
// file is run so by
//
//   FILCH_TEST_HIGH=heap node --test tests/js/tasks/call.test.mjs    or FILCH_TEST_HIGH=all
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { BUILDS, HOST } from './host.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** The environment without the variables of this test runner. */
const { NODE_TEST_CONTEXT: _, ...env } = process.env;
const NIGHTLY = env.NIGHTLY === '1';
/** In `make test`: what deals with addresses. */
const SOME = [
  'memory/copied',
  'memory/heap',
  'tasks/call-values',
  'tasks/batch',
  'observe/trace',
  'ring/ring.test',
  'snapshot/restore',
  'plugins/plugin',
];
const FILES = NIGHTLY ? HOST : SOME.map((name) => `js/${name}`);

for (const high of NIGHTLY ? ['heap', 'all'] : ['heap']) {
  test(`addresses from 2 GiB on: ${high}`, {
    timeout: NIGHTLY ? 7_200_000 : 1_800_000,
  }, async (t) => {
    const { code, stdout } = await new Promise((resolve) => {
      // The long forms run once, below.
      const chosen = { ...env, NIGHTLY: '', FILCH_TEST_HIGH: high };
      if (NIGHTLY) chosen.FILCH_TEST_BUILDS = BUILDS;
      const options = { cwd: root, maxBuffer: 2 ** 26, env: chosen };
      execFile(process.execPath, ['tools/test.mjs', ...FILES], options, (error, stdout) =>
        resolve({ code: error?.code ?? 0, stdout }),
      );
    });
    const tally = stdout.trim().split('\n').at(-1);
    t.diagnostic(tally);
    const failures = stdout.split('\n').filter((line) => /^failed:|^✖/.test(line));
    assert.equal(code, 0, failures.join('\n'));
    assert(Number(/^(\d+) passed, 0 failed/.exec(tally)?.[1]) > (NIGHTLY ? 300 : 50), tally);
  });
}
