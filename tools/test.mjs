// Runs every *.test.mjs under tests/, group after group, and ends with the line `N passed, N
// failed, N skipped`. Arguments restrict it to the test files whose path contains one of them:
// `node tools/test.mjs tasks/cancel`.
import { readdirSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

import { web } from './tidy/layers.mjs';

// Groups run one after the other, from the lower layers to the upper. The native tests and the
// explorers share the cores; the others measure nothing, but a page or a pool of workers wants the
// cores for itself.
const folders = web.layers.flatMap((layer) => layer.folders).filter((name) => name !== '.');
const host = folders.map((name) => `js/${name}`);
const groups = [
  {
    dirs: ['tidy', 'c/unit', 'c/explore', 'c/mutants', 'c/stress', 'js/ring/explore'],
    concurrency: 2,
  },
  {
    dirs: ['js/types', ...host, 'js/simulation', 'fuzz', 'js/tiers', 'package', 'embed', 'docs'],
    concurrency: 1,
  },
  { dirs: ['js/browser'], concurrency: 1 },
];
const wanted = process.argv.slice(2);
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

for (const { dirs, concurrency } of groups) {
  const files = dirs.flatMap(filesIn);
  if (!files.length) continue;
  for (const file of files) taken.add(file);
  const stream = run({ files, concurrency, timeout: 20 * 60 * 1000 });
  stream.on('test:pass', (data) => tally('passed', data));
  stream.on('test:fail', (data) => tally('failed', data));
  await new Promise((resolve, reject) => {
    const report = stream.compose(new spec());
    report.on('data', (text) => process.stdout.write(text));
    report.on('end', resolve);
    report.on('error', reject);
  });
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
