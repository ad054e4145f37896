// make bench: measures in Node and Chromium, contenders in turns; prints each figure beside its
// aim, and writes build/bench.json.
//
//   node tests/bench/run.mjs [--all] [--in node,chromium,firefox] [measure ...]
//
// --all adds Firefox. Measures are named as the files in measures/. A figure counts only on a
// machine that does nothing else.

import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { markdown, met, text } from './report.mjs';
import { missing, names, open } from './environments.mjs';

const measures = [
  ...[
    'size',
    'loop',
    'speedup',
    'scaling',
    'grid',
    'long',
    'roundtrip',
    'throughput',
    'cancel',
    'urgent',
  ],
  ...[
    'forks',
    'trees',
    'barrier',
    'twoway',
    'over',
    'trace',
    'idle',
    'calls',
    'frames',
    'placed',
    'rivals',
  ],
];
const OUT = new URL('../../build/bench.json', import.meta.url);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false }, in: { type: 'string' } },
});
const chosen = positionals.length ? positionals : measures;
const environments =
  values.in?.split(',') ?? (values.all ? names : names.filter((name) => name !== 'firefox'));
for (const name of chosen)
  if (!measures.includes(name)) throw new Error(`no measure ${name}: ${measures.join(', ')}`);
for (const name of environments)
  if (!names.includes(name)) throw new Error(`no environment ${name}: ${names.join(', ')}`);

/** Runs one measure; gives the rows, and all samples. */
async function run(name, environment) {
  const url = new URL(`./measures/${name}.mjs`, import.meta.url).href;
  const measure = await import(url);
  if (!(measure.where ?? ['node', 'page']).includes(environment.kind)) return undefined;
  await environment.fresh?.();
  const raw = await (measure.outside ?? ((inside) => inside.call(url, 'inside')))(environment, url);
  if (!raw) return undefined;
  const rows = measure.report(raw);
  for (const row of rows) console.log(text(row));
  return { rows, raw };
}

async function runAll(environment) {
  const result = { name: environment.name, rows: [], raw: {} };
  console.log(`\n${environment.name}`);
  for (const name of chosen) {
    try {
      const done = await run(name, environment);
      if (!done) continue;
      result.rows.push(...done.rows);
      result.raw[name] = done.raw;
    } catch (error) {
      console.log(`  ${name} FAILED: ${error.stack}`);
      process.exitCode = 1;
    }
  }
  return result;
}

const machine = {
  date: new Date().toISOString(),
  cpu: os.cpus()[0].model,
  cores: os.availableParallelism(),
  load: os.loadavg()[0],
};
console.log(`${machine.cores} cores (${machine.cpu}), load ${machine.load.toFixed(2)}`);
if (machine.load > 0.5)
  console.log('The machine does something else besides: these figures are not for keeping.');

const begin = performance.now();
const results = [await runAll({ name: 'build', kind: 'build' })];
for (const name of environments) {
  const why = missing(name);
  if (why) {
    console.log(`\n${name}: skipped: ${why}`);
    continue;
  }
  const environment = await open(name);
  results.push(await runAll(environment));
  await environment.close();
}

const told = results.filter(({ rows }) => rows.length);
const rows = told.flatMap((result) => result.rows);
await mkdir(new URL('.', OUT), { recursive: true });
await writeFile(OUT, JSON.stringify({ machine, results: told }, null, 1));
console.log(`\n${markdown(told)}`);
const seconds = Math.round((performance.now() - begin) / 1000);
console.log(
  `\n${rows.filter(met).length} of ${rows.length} aims met, in ${seconds} s; build/bench.json has all samples`,
);
