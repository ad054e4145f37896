// docs/internals/guarantees.md: each guarantee of runtime/README.md has its section, each section
// has every kind of guard or says why not, and each name in it exists.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { listFiles, root } from '../../tools/tidy/files.mjs';
import { mutants } from '../c/mutants/all.mjs';

const read = (path) => readFileSync(root + path, 'utf8');
const contents = (folder, end) =>
  listFiles(folder)
    .filter((path) => path.endsWith(end))
    .map(read);
const KINDS = ['explorer', 'mutants', 'unit', 'stress', 'generator', 'host'];

/** @type {{ number: number, title: string, guards: Map<string, string> }[]} */
const sections = read('docs/internals/guarantees.md')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    number: Number.parseInt(text, 10),
    title: text.split('\n')[0],
    guards: new Map(
      [...text.matchAll(/^\| (\w+) \| (.*) \|$/gm)]
        .filter(([, kind]) => kind !== 'Guard')
        .map(([, kind, names]) => [kind, names]),
    ),
  }));
const guarantees = [
  ...read('runtime/README.md')
    .split('## Guarantees')[1]
    .split('\n## ')[0]
    .matchAll(/^(\d+)\. /gm),
].map(([, number]) => Number(number));

const cases = contents('tests/c/explore', '_cases.c').join('\n');
const faults = new Set(mutants.map(({ name }) => name));
const stress = contents('tests/c/stress', '.c').join('\n');
const generator = listFiles('tests/c/explore').some((path) => path.endsWith('/program_oracle.c'));

/** `file: name` where the file in the folder has the name. */
const isIn = (folder, pattern) => (code) => {
  const [file, ...name] = code.split(': ');
  const paths = listFiles(folder).filter((path) => path === `${folder}/${file}`);
  return paths.some((path) => pattern(read(path), name.join(': ')));
};
const hasWord = (text, name) => new RegExp(`\\b${name}\\b`).test(text);
const exists = {
  explorer: (name) => cases.includes(`.name = "${name}"`),
  mutants: (name) => faults.has(name),
  unit: isIn('tests/c/unit', hasWord),
  stress: (name) => stress.includes(`.name = "${name}"`),
  generator: (code) => !generator || isIn('tests/c/explore', hasWord)(code),
  host: isIn('tests/js', (text, name) => text.replaceAll("\\'", "'").includes(name)),
};

const none = (problems) => assert.ok(!problems.length, `\n${problems.join('\n')}`);
const namesOf = (text) => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

test('each guarantee of runtime/README.md has its section, and the sections are numbered', () => {
  assert.ok(guarantees.length >= 11 && sections.length >= guarantees.length);
  assert.deepEqual(
    sections.map(({ number }) => number),
    sections.map((_, i) => i + 1),
  );
});

test('each section has every kind of guard, or a reason', () => {
  none(
    sections.flatMap(({ title, guards }) => [
      ...KINDS.filter((kind) => !guards.has(kind)).map((kind) => `${title}: no row ${kind}`),
      ...[...guards.keys()]
        .filter((kind) => !KINDS.includes(kind))
        .map((kind) => `${title}: a row ${kind}`),
      ...[...guards]
        .filter(([, names]) => !names.startsWith('`') && !/^none: \w/.test(names))
        .map(([kind]) => `${title}: nothing in the row ${kind}`),
    ]),
  );
});

test('a section without a case of the explorer has a unit test or a stress case', () => {
  none(
    sections
      .filter(({ guards }) => !guards.get('explorer')?.startsWith('`'))
      .filter(({ guards }) => !['unit', 'stress'].some((kind) => guards.get(kind).startsWith('`')))
      .map(({ title }) => title),
  );
});

for (const kind of KINDS) {
  test(`each name in a row ${kind} exists`, () => {
    none(
      sections.flatMap(({ title, guards }) => {
        const text = guards.get(kind) ?? '';
        if (text.startsWith('none')) return [];
        return namesOf(text)
          .filter((name) => !exists[kind](name))
          .map((name) => `${title}: no ${kind} "${name}"`);
      }),
    );
  });
}
