// Runs a program that prints TAP (the Test Anything Protocol), and reports each of its test lines
// as a subtest.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

const PLAN = /^1\.\.(\d+)/;
const RESULT = /^(not )?ok\b *(\d+)?(?: *-)? *([^#]*)(?:#\s*(.*))?$/;

/**
 * The tests of a program's output, each with the lines that follow it, and how many the program
 * planned: null where it did not.
 */
export function parseTap(output) {
  const tests = [];
  let planned = null; // a program may print several plans, one for each group of its tests
  for (const line of output.split('\n')) {
    const plan = PLAN.exec(line);
    const result = RESULT.exec(line);
    if (plan) planned += Number(plan[1]);
    else if (result) {
      const [, not, number, name, comment = ''] = result;
      tests.push({
        ok: !not,
        name: name.trim() || `test ${number}`,
        comment,
        skip: /^skip\b/i.test(comment) && comment,
        lines: [],
      });
    } else if (line.trim()) tests.at(-1)?.lines.push(line.replace(/^# ?/, ''));
  }
  return { tests, planned };
}

/**
 * Runs a program. Throws where the program does not exist, ends by a signal or with a code that its
 * lines do not explain, or prints another number of tests than planned.
 *
 * @param {string} command  a path, relative to options.cwd
 * @param {string[]} args
 * @param {{ env?: object, timeout?: number, cwd?: string }} [options]  env is added to this
 *   process's; timeout in ms, after which the program is killed
 * @param {(tests: object[]) => Promise<void>} [report]  gets its tests before anything is thrown
 * @returns {Promise<object[]>} Its tests.
 */
export async function runTap(
  command,
  args,
  { env = {}, timeout = 120_000, cwd } = {},
  report = () => {},
) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const [code, signal] = await once(child, 'close')
    .catch((error) =>
      assert.fail(error.code === 'ENOENT' ? `${command} is not there: make ${command}` : error),
    )
    .finally(() => clearTimeout(timer));

  const { tests, planned } = parseTap(output);
  await report(tests);
  const failed = tests.filter(({ ok }) => !ok).length;
  const told = `after ${tests.length} tests, the last: ${tests.at(-1)?.name}\n${errors.slice(-6000) || output.slice(-2000)}`;
  assert.equal(signal, null, `ended by ${signal} ${told}`);
  assert.ok(code === 0 || failed, `ended with code ${code} ${told}`);
  assert.equal(tests.length, planned, `planned ${planned} ${told}`);
  assert.equal(failed, 0, `${failed} failed ${told}`);
  return tests;
}

/**
 * Defines the test `name`: runs the command as runTap() does, and makes a subtest of each line of
 * its TAP.
 */
export async function tapTests(name, command, args = [], options = {}) {
  await test(name, async (t) => {
    await runTap(command, args, options, async (tests) => {
      for (const { name, ok, skip, comment, lines } of tests) {
        await t.test(name, { skip }, (t) => {
          if (comment) t.diagnostic(comment);
          assert.ok(ok, [`${name} failed`, ...lines].join('\n'));
        });
      }
    });
  });
}
