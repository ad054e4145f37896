// Names in docs/internals/ and in runtime/README.md: the mutants, cases of the explorer, and
// functions of C exist. And each mutant stands in one table of docs/internals/, with its case.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { listFiles, root } from '../../tools/tidy/files.mjs';
import { withoutComments } from '../../tools/tidy/tokens.mjs';
import { loops } from '../c/mutants/loops.mjs';
import { mutants } from '../c/mutants/mutants.mjs';
import { trees } from '../c/mutants/trees.mjs';

const read = (path) => readFileSync(root + path, 'utf8');
const internals = listFiles('docs/internals').filter((path) => path.endsWith('.md'));
const faults = new Map([...mutants, ...loops, ...trees].map((fault) => [fault.name, fault]));

/** Names of cases: `deque: space`. */
const cases = new Set(
  listFiles('tests/c/explore')
    .filter((path) => path.endsWith('_cases.c'))
    .flatMap((path) => [...read(path).matchAll(/\.name = "([a-z]+: [^"]+)"/g)])
    .map(([, name]) => name),
);
const protocols = new Set([...cases].map((name) => name.split(': ')[0]));

/** Rows of the tables of mutants: [page, mutant, case]. */
const rows = internals.flatMap((path) => {
  const table = read(path).split('| Mutant |')[1] ?? '';
  return [...table.matchAll(/^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$/gm)]
    .filter(([, mutant]) => !mutant.startsWith('---'))
    .map(([, mutant, killer]) => [path, mutant, killer]);
});

/** Inline code of a text, without its blocks. */
const codes = (path) =>
  [
    ...read(path)
      .replace(/^```[^]*?^```/gm, '')
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, code]) => code);

/** A mutant may name its case by the beginning, as `--case` of the explorer takes it. */
const isKiller = (name, { kill }) => name.startsWith(kill[0]);

const none = (problems) => assert.ok(!problems.length, `\n${problems.join('\n')}`);

test('each mutant of docs/internals/ exists', () => {
  assert.ok(rows.length > 100, `${rows.length} rows`);
  none(
    rows
      .filter(([, mutant]) => !faults.has(mutant))
      .map(([path, mutant]) => `${path}: no mutant "${mutant}"`),
  );
});

test('each mutant stands once in docs/internals/', () => {
  const told = rows.map(([, mutant]) => mutant);
  none([
    ...[...faults.keys()]
      .filter((name) => !told.includes(name))
      .map((name) => `no page has "${name}"`),
    ...told.filter((name, i) => told.indexOf(name) !== i).map((name) => `twice: "${name}"`),
  ]);
});

test('each mutant stands there with the case that kills it', () => {
  none(
    rows
      .filter(([, mutant, killer]) => faults.has(mutant) && !isKiller(killer, faults.get(mutant)))
      .map(([path, mutant, killer]) => {
        const { kill } = faults.get(mutant);
        return `${path}: "${mutant}" is killed by "${kill[0]}", not by "${killer}"`;
      }),
  );
});

test('each case of the explorer in docs/internals/ exists', () => {
  assert.ok(cases.size > 50, `${cases.size} cases`);
  const named = internals.flatMap((path) =>
    codes(path)
      .filter((code) => /^[a-z]+: /.test(code) && protocols.has(code.split(': ')[0]))
      .map((code) => [path, code]),
  );
  const inTables = rows.map(([path, , killer]) => [path, killer]);
  none(
    [...named, ...inTables]
      .filter(([, name]) => !cases.has(name))
      .map(([path, name]) => `${path}: no case "${name}"`),
  );
});

test('each function, field, and macro of C in these texts exists', () => {
  const sources = listFiles('runtime').filter((path) => /\.[ch]$/.test(path));
  const known = new Set(
    sources.flatMap((path) => withoutComments(read(path)).match(/[A-Za-z_]\w*/g)),
  );
  const wrong = [...internals, 'runtime/README.md'].flatMap((path) =>
    codes(path)
      .flatMap(namesIn)
      .filter((name) => !known.has(name))
      .map((name) => `${path}: no ${name} in runtime/`),
  );
  none([...new Set(wrong)]);
});

test('each file that these texts name exists', () => {
  const wrong = [...internals, 'runtime/README.md', 'STYLE.md', 'CONTRIBUTING.md'].flatMap((path) =>
    codes(path)
      .filter((code) => /^[\w.-]+(\/[\w.-]+)+\.(c|h|m?js|md)$/.test(code))
      .filter((code) => !['', 'runtime/', 'web/'].some((top) => existsSync(root + top + code)))
      .map((code) => `${path}: no file ${code}`),
  );
  none(wrong);
});

/** Names in a piece of C: calls, members, and what is one name alone. `filch_host_*` is no name. */
function namesIn(code) {
  const found = [...code.matchAll(/([A-Za-z_]\w*)\(|(?<!\b[A-Z]\w*)(?:->|\.)([a-z_]\w*)/g)];
  const isFile = /\.(c|h|js|mjs|md)\b/.test(code);
  const alone = /^[a-z]+_\w+$|^[A-Z]+_\w+$/.test(code) ? [code] : [];
  return isFile ? alone : [...alone, ...found.map(([, call, member]) => call ?? member)];
}
