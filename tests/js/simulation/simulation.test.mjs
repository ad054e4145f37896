// The simulation of the host: its seeds, their replay, and the faults that it must find.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { placesOf } from '../../c/mutants/match.mjs';
import { mutants } from './mutants.mjs';
import { simulate } from './simulate.mjs';

const nightly = Boolean(process.env.NIGHTLY);
const SEEDS = 1000; // make nightly runs a million of them
/** Seeds in which each fault of mutants.mjs is found. */
const WITHIN = 1000;

const run = (...args) =>
  new Promise((resolve) => {
    const script = fileURLToPath(new URL('./run.mjs', import.meta.url));
    execFile(process.execPath, [script, ...args.map(String)], (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });

test('after a storm everything settles, and the runtime still works', async (t) => {
  let text = '';
  const { seeds, failed } = await simulate(SEEDS, 1, { tell: (more) => (text += more) });
  assert.equal(failed, 0, text.slice(-20_000));
  assert.equal(seeds, SEEDS);
  t.diagnostic(`${seeds} seeds`);
});

test('a seed replays exactly, whatever ran before it', async () => {
  for (const kind of ['node', 'browser']) {
    // Before 265 others have loaded what comes with its first use.
    for (const [seed, before] of [
      [20, 8],
      [265, 3],
    ]) {
      const hashOf = async (first, count) => {
        const { stdout } = await run('--seed', first, '--count', count, '--hashes', '--like', kind);
        return new RegExp(`seed ${seed} hash (\\w+)`).exec(stdout)?.[1];
      };
      const [alone, after] = await Promise.all([
        hashOf(seed, 1),
        hashOf(seed - before, before + 1),
      ]);
      assert.match(alone, /^[0-9a-f]{8}$/);
      assert.equal(alone, after, `${seed}, ${kind}`);
    }
  }
});

test('a seed that fails tells how to run it again', async () => {
  const fault = 'an answer settles nothing';
  const { stdout, code } = await run('--fault', fault, '--count', 20, '--stop');
  assert.equal(code, 1);
  assert.match(stdout, /seed \d+ failed: .* never settles/);
  assert.match(stdout, /again: node tests\/js\/simulation\/run\.mjs --seed \d+ --tell/);
});

test('each fault has one place in the package', async () => {
  for (const { name, file, find } of mutants) {
    const source = await readFile(new URL(`../../../web/${file}`, import.meta.url), 'utf8');
    assert.equal(placesOf(find, source).length, 1, `${file}: ${name}`);
  }
});

describe('the simulation finds', { concurrency: 2 }, () => {
  for (const { name, like = 'node' } of mutants.filter(({ quick }) => quick || nightly)) {
    test(name, async (t) => {
      const { stdout, stderr } = await run(
        ...['--fault', name, '--stop', '--count', WITHIN, '--like', like],
      );
      assert.match(stdout, /\d+ seeds, 1 failed/, stdout + stderr);
      t.diagnostic(/seed \d+ failed: .*/.exec(stdout)[0].slice(0, 200));
    });
  }
});
