// The explorer's cases: every schedule within each case's bounds, and random walks beyond them.
// Each case has a process of its own, so the cases share the cores.
// NIGHTLY=1: wider bounds.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { runTap } from '../tap.mjs';
import { explored } from './listed.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const [args, minutes] = process.env.NIGHTLY ? [['--nightly'], 180] : [[], 15];

function exploreAll(title, program, cases) {
  describe(title, { concurrency: availableParallelism() }, () => {
    for (const name of cases) {
      test(name, async (t) => {
        const options = { cwd: root, timeout: minutes * 60_000 };
        const tests = await runTap(program, ['--case', name, ...args], options);
        assert.deepEqual(
          tests.map((test) => test.name),
          [name],
        );
        t.diagnostic(tests[0].comment);
      });
    }
  });
}

exploreAll('explore', 'build/explore', explored.explore);
exploreAll('explore, three priorities', 'build/explore-priorities', explored['explore-priorities']);

/** What the explorer says of one case. */
async function say(...args) {
  const { stdout } = await promisify(execFile)('build/explore', ['--case', ...args], { cwd: root });
  return stdout;
}

for (const [name, preemptions] of [
  ['sched: park and unpark', 2],
  ['range: claim and split', 2],
  ['completions: the doorbell', 2],
  ['sched: a parallel loop yields', 1],
  ['worker: a cancel meets a yield', 2],
  ['prune: a yield', 2],
  ['prune: a death', 2],
  ['fork: cancelled', 1],
]) {
  test(`pruning loses no execution but for the order of independent operations: ${name}`, async () => {
    const bounds = ['--preemptions', `${preemptions}`, '--random', '0', '--classes'];
    const [all, pruned] = await Promise.all(
      ['0', '1'].map((prune) => say(name, ...bounds, '--prune', prune)),
    );
    const [executions, fewer] = [all, pruned].map((text) =>
      Number(/(\d+) executions/.exec(text)[1]),
    );
    assert.equal(/\d+ classes, \w+/.exec(all)[0], /\d+ classes, \w+/.exec(pruned)[0]);
    assert.ok(fewer < executions, `${fewer} of ${executions}`);
  });
}

for (const program of ['build/explore', 'build/explore-priorities']) {
  test(`repeated decisions are made without a stop: ${program}`, async () => {
    const bounds = ['--preemptions', '2', '--deaths', '1', '--executions', '300', '--random', '30'];
    const run = async (...more) => {
      const args = [...bounds, '--classes', ...more];
      const { stdout } = await promisify(execFile)(program, args, { cwd: root });
      return stdout;
    };
    assert.equal(await run(), await run('--stop'));
  });
}

test('random walks have deaths early and late', async () => {
  const text = await say('depend: a worker dies', '--random', '4000', '--preemptions', '0');
  const tenths = /tenths of a walk: (.*)/.exec(text)[1].split(' ').map(Number.parseFloat);
  assert.equal(tenths.length, 10);
  for (const tenth of tenths) assert.ok(tenth >= 4, tenths.join(' '));
});
