// Runs every *.test.mjs under tests/, group after group, and ends with the line `N passed, N
// failed, N skipped`. Arguments restrict it to the test files whose path contains one of them:
// `node tools/test.mjs tasks/cancel`.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

import { web } from './tidy/layers.mjs';

// Groups run one after the other, from the lower layers to the upper. A page or a pool of workers
// wants the cores for itself: so the groups that have any run one file at a time. Beside them, at
// the lowest priority, a process of its own runs the explorers and the mutants: these take what is
// left of the cores, and look at no clock. Browsers run in sessions of their own, for which Linux
// does not compare priorities with this one's: so their group waits until the explorers are done.
const folders = web.layers.flatMap((layer) => layer.folders).filter((name) => name !== '.');
const host = folders.map((name) => `js/${name}`);
const explorers = ['c/explore', 'c/mutants', 'js/ring/explore'];
const groups = [
  { dirs: ['tidy', 'c/unit', 'c/stress'], concurrency: 2 },
  {
    dirs: ['js/types', ...host, 'js/simulation', 'fuzz', 'js/tiers', 'package', 'embed', 'docs'],
    concurrency: 1,
  },
  { dirs: ['js/browser'], concurrency: 1, isAlone: true },
];
/** The last line. */
const TALLY = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;
const BESIDE = '--explorers';
const MINUTES = 60_000;
const wanted = process.argv.slice(2).filter((word) => word !== BESIDE);
const isBeside = process.argv.includes(BESIDE);
const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const taken = new Set(); // files of groups before

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
    .filter(
      (file) => !taken.has(file) && (!wanted.length || wanted.some((word) => file.includes(word))),
    );
}

function tally(kind, { name, file, details, skip, todo }) {
  if (details?.type === 'suite') return;
  if (skip !== undefined || todo !== undefined) count.skipped += 1;
  else count[kind] += 1;
  if (kind === 'failed') failures.push(`${file ?? ''} ${name}`);
}

async function runAll({ dirs, concurrency, minutes = process.env.NIGHTLY ? 720 : 20 }) {
  const files = dirs.flatMap(filesIn);
  if (!files.length) return;
  for (const file of files) taken.add(file);
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

/** The explorers in their process: resolves when it has ended, and its output is printed. */
function runBeside() {
  const args = ['tools/test.mjs', BESIDE, ...wanted];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill());
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      process.stdout.write(text);
      const tally = TALLY.exec(text.trimEnd());
      if (!tally) failures.push(`the explorers' process ended with ${signal ?? code}`);
      const [, passed = 0, failed = 1, skipped = 0] = tally ?? [];
      count.passed += Number(passed);
      count.failed += Number(failed);
      count.skipped += Number(skipped);
      resolve();
    });
  });
}

if (isBeside) {
  setPriority(constants.priority.PRIORITY_LOW);
  await runAll({ dirs: explorers, concurrency: 2, minutes: process.env.NIGHTLY ? 720 : 60 });
} else {
  const beside = explorers.some((dir) => filesIn(dir).length) && runBeside();
  for (const dir of explorers) for (const file of filesIn(dir)) taken.add(file);
  for (const group of groups) {
    if (group.isAlone) await beside;
    await runAll(group);
  }
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
