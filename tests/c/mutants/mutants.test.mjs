// Each fault of the table is put into a copy of the runtime, and the explorer must find it there.
// Where it does not, the fault has become harmless or the scenarios have become weak. The same
// scenarios pass, as far as that goes, with nothing put in.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { loops } from './loops.mjs';
import { replaceOnce } from './match.mjs';
import { mutants as protocols } from './mutants.mjs';
import { trees } from './trees.mjs';

const mutants = [...protocols, ...loops, ...trees];

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
// as in the Makefile
const sizes = ['-DRECORDS=16', '-DFILCH_CHILDREN_MAX=4', '-DLEAVES_MAX=4', '-DFAIRNESS=1000000'];
const flags = [
  '-std=gnu11',
  '-O1',
  '-DFILCH_EXPLORE',
  ...sizes,
  '-iquote',
  'runtime',
  '-iquote',
  'tests/c/explore',
  '-o',
  'explore',
];
const EXECUTIONS = '20000'; // of each variant, with nothing put in: tests/c/explore runs them all
const LIMIT_MS = 60_000;

/** A copy of the runtime and the explorer's cases, with a fault in it or none; its directory. */
async function build({ name, file, find, replace, levels = 1 }) {
  const directory = `${root}/build/mutants/${name.replaceAll(/\W+/g, '-')}`;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const part of ['runtime', 'tests/c/explore'])
    await cp(`${root}/${part}`, `${directory}/${part}`, { recursive: true });
  if (file) {
    const source = await readFile(`${directory}/${file}`, 'utf8');
    await writeFile(`${directory}/${file}`, replaceOnce(source, find, replace));
  }
  const sources = ['tests/c/explore/*.c', 'runtime/one.c'].join(' ');
  await run(
    'sh',
    ['-c', `exec "$0" "$@" ${sources}`, `${root}/.tools/bin/clang`, `-DLEVELS=${levels}`, ...flags],
    { cwd: directory },
  );
  return directory;
}

/** Runs the explorer; its exit code and what it printed. */
async function explore(directory, args) {
  try {
    return {
      code: 0,
      ...(await run(`${directory}/explore`, args, { timeout: LIMIT_MS, killSignal: 'SIGKILL' })),
    };
  } catch (error) {
    return error;
  }
}

describe('the explorer finds', { concurrency: 2 }, () => {
  for (const mutant of mutants) {
    test(`${mutant.protocol}: ${mutant.name}`, async (t) => {
      const directory = await build(mutant);
      const { code, signal, stdout } = await explore(directory, ['--case', ...mutant.kill]);
      assert.equal(code, 1, `${mutant.kill.join(' ')} ended with ${signal ?? code}:\n${stdout}`);
      assert.match(stdout, /^not ok/m);
      t.diagnostic(/^not ok \d+ - (.*\n# .*)/m.exec(stdout)[1].replace('\n#', ':'));
    });
  }
});

test('with nothing put in, there is nothing to find', async () => {
  for (const levels of [1, 2]) {
    const directory = await build({ name: `none ${levels}`, levels });
    const kills = mutants
      .filter((mutant) => (mutant.levels ?? 1) === levels)
      .map((mutant) => mutant.kill.join('\n'));
    for (const kill of new Set(kills)) {
      const { code, stdout } = await explore(directory, [
        '--executions',
        EXECUTIONS,
        '--case',
        ...kill.split('\n'),
      ]);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^ok/m);
    }
  }
});
