// Each fault of the table is put into a copy of the runtime, and the explorer must find the fault.
// Where the explorer does not, the fault has become harmless or the scenarios have become weak. The
// same scenarios pass without a fault: tests/c/explore runs them within their own bounds, and this
// file within others.
// NIGHTLY=1: all faults, instead of every third one.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { explored } from '../explore/listed.mjs';
import { replaceOnce } from './match.mjs';
import { mutants } from './all.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
/** Of the Makefile: the explorer, by how many priorities it has. */
const PROGRAMS = { 1: 'explore', 3: 'explore-priorities' };
const EXECUTIONS = '20000'; // of each variant, with nothing put in: tests/c/explore runs them all
/** All take minutes: `make test` tries every third one, `make nightly` all. */
const tried = process.env.NIGHTLY ? mutants : mutants.filter((_, i) => i % 3 === 0);
/**
 * Most faults show at once: then to compile takes longer than to run. So each program is first
 * compiled in a hurry. Seconds are of the processor's time: what else the machine does is not
 * counted.
 */
const TRIES = [
  { speed: '-O0 -g0', seconds: 5 },
  { speed: '-O2 -g0', seconds: 60 },
];

/**
 * Builds the explorer from a copy of the runtime, of the cases, and of their objects, with a fault
 * in it, by the rule of the Makefile: make compiles what the fault changes. Its path.
 */
async function build({ name, file, find, replace, priorities }, speed) {
  const directory = `${root}build/mutants/${name.replaceAll(/\W+/g, '-')}`;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const program = `build/${PROGRAMS[priorities]}`;
  const parts = ['Makefile', 'runtime', 'tests/c/explore', `${program}.o`];
  await run('cp', ['-a', '--parents', ...parts, directory], { cwd: root });
  const source = await readFile(`${directory}/${file}`, 'utf8');
  await writeFile(`${directory}/${file}`, replaceOnce(source, find, replace));
  const variables = [`TOOLS=${root}.tools/bin`, 'READY=', `EXPLORE_SPEED=${speed}`];
  await run('make', ['-s', '-C', directory, ...variables, program]);
  await rm(`${directory}/${program}.o`, { recursive: true });
  return `${directory}/${program}`;
}

/** Runs the explorer; gives the exit code and the output. */
async function explore(program, args, seconds = 60) {
  try {
    const limited = ['-c', `ulimit -t ${seconds} && exec "$0" "$@"`, program, ...args];
    const { stdout } = await run('sh', limited);
    return { code: 0, stdout };
  } catch (error) {
    return error;
  }
}

/** What the explorer says of the mutant. */
async function kill(mutant) {
  let last;
  for (const { speed, seconds } of TRIES) {
    const program = await build(mutant, speed);
    last = await explore(program, ['--case', ...mutant.kill], seconds);
    if (!last.signal) break;
  }
  return last;
}

describe('the explorer finds', { concurrency: 2 }, () => {
  for (const mutant of tried) {
    test(`${mutant.protocol}: ${mutant.name}`, async (t) => {
      const { code, signal, stdout } = await kill(mutant);
      assert.equal(code, 1, `${mutant.kill.join(' ')} ended with ${signal ?? code}:\n${stdout}`);
      const [, name, why] = /^not ok \d+ - (.*)\n# (.*)/m.exec(stdout) ?? [];
      assert.equal(name, mutant.kill[0], stdout);
      t.diagnostic(`${name}: ${why}`);
    });
  }
});

describe('with nothing put in, there is nothing to find', { concurrency: 2 }, () => {
  const kills = new Map(
    tried.map(({ kill, priorities }) => [`${kill} ${priorities}`, { kill, priorities }]),
  );
  const others = [...kills.values()].filter(({ kill, priorities }) => {
    const [name, ...bounds] = kill;
    return bounds.length || !explored[PROGRAMS[priorities]].includes(name);
  });
  for (const { kill, priorities } of others) {
    test(`${PROGRAMS[priorities]} --case ${kill.join(' ')}`, async () => {
      const args = ['--executions', EXECUTIONS, '--case', ...kill];
      const { code, stdout } = await explore(`${root}build/${PROGRAMS[priorities]}`, args);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^ok/m);
    });
  }
});
