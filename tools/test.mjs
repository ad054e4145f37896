// Runs every *.test.mjs under tests/, and ends with the line `N passed, N failed, N skipped`.
// Arguments restrict it to the test files whose path contains one of them:
// `node tools/test.mjs tasks/cancel`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

import { web } from './tidy/layers.mjs';

// Lanes run at once. In a lane, folder comes after folder, from the lower layers to the upper, and
// file after file. The first lane runs in this process. The others have processes of their own,
// whose output comes at their end. A page or a pool of workers wants the cores for itself: so
// nearly all files that have any are in the first lane. The last lane runs two files at a time, at
// the lowest priority: it takes what is left of the cores, and looks at no clock.
const folders = web.layers.flatMap((layer) => layer.folders).filter((name) => name !== '.');
const host = folders.map((name) => `js/${name}`);
const rest = ['tidy', 'c/unit', 'c/stress', 'js/types', 'js/simulation', 'fuzz'];
const lanes = {
  host: { dirs: [...host, 'js/tiers', 'js/browser'], minutes: 20 },
  rest: { dirs: [...rest, 'package', 'embed', 'docs'], minutes: 20 },
  explorers: { dirs: ['c/explore', 'c/mutants', 'js/ring/explore'], minutes: 60, isLast: true },
};
/** The last line. */
const TALLY = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;
const LANE = /^--lane=/;
const MINUTES = 60_000;
const wanted = process.argv.slice(2).filter((word) => !LANE.test(word));
const own = process.argv.find((word) => LANE.test(word))?.replace(LANE, '');
const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function filesIn(dir) {
  let entries = [];
  try {
    entries = readdirSync(`tests/${dir}`, { recursive: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return entries
    .filter((name) => name.endsWith('.test.mjs'))
    .sort()
    .map((name) => `tests/${dir}/${name}`)
    .filter((file) => !wanted.length || wanted.some((word) => file.includes(word)));
}

/** The files of a lane. A folder within another one's is in the lane that names it. */
function filesOf({ dirs }) {
  const inner = Object.values(lanes).flatMap((lane) => lane.dirs);
  const isIn = (file, dir) => file.startsWith(`tests/${dir}/`);
  return dirs.flatMap((dir) =>
    filesIn(dir).filter(
      (file) => !inner.some((other) => other.length > dir.length && isIn(file, other)),
    ),
  );
}

function tally(kind, { name, file, details, skip, todo }) {
  if (details?.type === 'suite') return;
  if (skip !== undefined || todo !== undefined) count.skipped += 1;
  else count[kind] += 1;
  if (kind === 'failed') failures.push(`${file ?? ''} ${name}`);
}

async function runAll(lane) {
  const files = filesOf(lane);
  if (!files.length) return;
  if (lane.isLast) stepBack();
  const concurrency = lane.isLast ? 2 : 1;
  const minutes = process.env.NIGHTLY ? 720 : lane.minutes; // for a file
  const stream = run({ files, concurrency, timeout: minutes * MINUTES });
  stream.on('test:pass', (data) => tally('passed', data));
  stream.on('test:fail', (data) => tally('failed', data));
  await new Promise((resolve, reject) => {
    const report = stream.compose(new spec());
    report.on('data', (text) => process.stdout.write(text));
    report.on('end', resolve);
    report.on('error', reject);
  });
}

/**
 * This process and its children take only what other processes leave of the cores. Linux may share
 * the cores out by session first, and browsers run in sessions of their own: so a lane's session
 * gets the lowest priority, too.
 */
function stepBack() {
  setPriority(constants.priority.PRIORITY_LOW);
  const session = '/proc/self/autogroup';
  try {
    if (own && existsSync(session)) writeFileSync(session, String(constants.priority.PRIORITY_LOW));
  } catch (error) {
    console.log(`${session}: ${error.message}; browsers may be slow`);
  }
}

/** A lane in a process of its own: resolves when that has ended, and its output is printed. */
function runBeside(name) {
  const args = ['tools/test.mjs', `--lane=${name}`, ...wanted];
  const options = { stdio: ['ignore', 'pipe', 'inherit'], detached: true }; // in its own session
  const child = spawn(process.execPath, args, options);
  process.on('exit', () => {
    try {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid);
    } catch {
      // it has just ended
    }
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      process.stdout.write(text);
      const tally = TALLY.exec(text.trimEnd());
      const [passed, failed, skipped] = (tally ?? []).slice(1).map((n) => Number(n ?? 0));
      count.passed += passed ?? 0;
      count.failed += failed ?? 0;
      count.skipped += skipped ?? 0;
      if (tally && (failed || code === 0)) return resolve();
      count.failed += 1;
      failures.push(`the process of ${name} ended with ${signal ?? code}`);
      resolve();
    });
  });
}

if (own) await runAll(lanes[own]);
else {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
  const [first, ...others] = Object.keys(lanes).filter((name) => filesOf(lanes[name]).length);
  const beside = others.map(runBeside);
  if (first) await runAll(lanes[first]);
  await Promise.all(beside);
}

for (const failure of failures) console.log(`failed: ${failure}`);
if (!count.passed && !count.failed) {
  console.log(`no test file matches ${wanted.join(' ')}`);
  count.failed += 1;
}
console.log(
  `${count.passed} passed, ${count.failed} failed${count.skipped ? `, ${count.skipped} skipped` : ''}`,
);
process.exitCode = count.failed ? 1 : 0;
