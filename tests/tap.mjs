// Runs a program that prints TAP (the Test Anything Protocol), and reports each of its test lines as a subtest.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';

const RESULT = /^(not )?ok\b *(\d+)?(?: *-)? *((?:\\#|[^#])*)(?:#\s*(.*))?$/;
const PLAN = /^1\.\.(\d+)/;

/** The lines of a program. A test's diagnostics stand before it or after it: programs differ, so both are kept. */
class TapReader {
  tests = [];
  planned = 0; // a program may print several plans, one for each group of its tests
  hasPlan = false;
  loose = [];

  line(text) {
    const plan = PLAN.exec(text);
    const result = RESULT.exec(text);
    if (plan) {
      this.hasPlan = true;
      this.planned += Number(plan[1]);
    } else if (result) {
      const [, not, number, name, comment = ''] = result;
      const skip = /^skip\b/i.test(comment) && comment;
      this.tests.push({ ok: !not, name: name.trim() || `test ${number}`, comment, skip, before: this.loose, after: [] });
      this.loose = [];
    } else if (text.trim()) {
      this.loose.push(text.replace(/^# ?/, ''));
      this.tests.at(-1)?.after.push(this.loose.at(-1));
    }
  }

  /** What was printed around a failed test, each line once. */
  static why({ name, comment, before, after }) {
    return [`${name} failed`, comment, ...new Set([...before, ...after])].filter(Boolean).join('\n');
  }
}

/**
 * Defines the test `name`: runs the command, and makes a subtest of each line of its TAP. It fails also where the program does not
 * exist, ends by a signal or with a code that its lines do not explain, or prints fewer tests than it planned.
 *
 * @param {string} name
 * @param {string} command  a path
 * @param {string[]} [args]
 * @param {{ env?: object, timeout?: number, cwd?: string }} [options]  env is added to this process's; timeout in ms, after which
 *   the program is killed
 */
export async function tapTests(name, command, args = [], { env = {}, timeout = 120_000, cwd } = {}) {
  await test(name, async (t) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const exit = once(child, 'close');
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));

    const [code, signal] = await exit
      .catch((error) => assert.fail(error.code === 'ENOENT' ? `${command} does not exist: make ${path.relative('.', command)}` : error))
      .finally(() => clearTimeout(timer));

    const tap = new TapReader();
    for (const line of output.split('\n')) tap.line(line);
    for (const result of tap.tests) {
      await t.test(result.name, { skip: result.skip }, (t) => {
        if (result.comment) t.diagnostic(result.comment);
        assert.ok(result.ok, TapReader.why(result));
      });
    }
    const failed = tap.tests.some(({ ok }) => !ok);
    const ran = tap.tests.length;
    const last = [...tap.loose, errors.slice(-6000)].join('\n');
    assert.equal(signal, null, `ended by ${signal} after ${ran} tests\n${last}`);
    if (!failed) assert.equal(code, 0, `ended with code ${code}, though no test failed\n${last}`);
    assert.ok(tap.hasPlan && tap.planned === ran, `planned ${tap.hasPlan ? tap.planned : 'nothing'}, ran ${ran}\n${last}`);
    assert.ok(!failed, last);
  });
}
