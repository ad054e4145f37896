// The explorer's cases: every schedule within each case's bounds, and random walks beyond them.
// NIGHTLY=1: wider bounds.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { tapTests } from '../tap.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const [args, minutes] = process.env.NIGHTLY ? [['--nightly'], 180] : [[], 15];

await tapTests('explore', 'build/explore', args, { cwd: root, timeout: minutes * 60_000 });
for (const cases of ['priority:', 'fork: yielded']) {
  await tapTests(
    `explore, three priorities, ${cases}`,
    'build/explore-priorities',
    ['--case', cases, ...args],
    { cwd: root, timeout: minutes * 60_000 },
  );
}

/** What the explorer says of one case. */
async function say(...args) {
  const { stdout } = await promisify(execFile)('build/explore', ['--case', ...args], { cwd: root });
  return stdout;
}

for (const name of ['sched: park and unpark', 'range: claim and split', 'completions: the door']) {
  test(`pruning loses no execution but for the order of independent operations: ${name}`, async () => {
    const bounds = ['--preemptions', '2', '--random', '0', '--classes'];
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

test('random walks have deaths early and late', async () => {
  const text = await say('depend: a worker dies', '--random', '4000', '--preemptions', '0');
  const tenths = /tenths of a walk: (.*)/.exec(text)[1].split(' ').map(Number.parseFloat);
  assert.equal(tenths.length, 10);
  for (const tenth of tenths) assert.ok(tenth >= 4, tenths.join(' '));
});
