// Links of the texts lead to files and headings that exist. Every row of docs/features.md shows a
// test, or a reason.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const pages = async (folder) =>
  (await readdir(new URL(folder, root)))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}${name}`);
const guides = await pages('docs/');
const internals = await pages('docs/internals/');
const texts = [
  'README.md',
  'web/README.md',
  'runtime/README.md',
  'CHANGELOG.md',
  ...guides,
  ...internals,
];
const read = (text) => readFile(new URL(text, root), 'utf8');
const linksIn = (text) =>
  [
    ...text
      .replace(/^```[^]*?^```/gm, '')
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, link]) => link);
/** The anchor that GitHub makes of a heading. */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const anchorsIn = (text) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading));

for (const text of texts) {
  test(`links of ${text}`, async () => {
    const source = await read(text);
    for (const link of linksIn(source).filter((each) => !/^https?:/.test(each))) {
      const { pathname, hash } = new URL(link, new URL(text, root));
      assert(existsSync(pathname), `${link} is not there`);
      if (!hash) continue;
      const there = anchorsIn(link.startsWith('#') ? source : await readFile(pathname, 'utf8'));
      assert(there.includes(hash.slice(1)), `${link}: no such heading`);
    }
  });
}

test('each feature has a test, or a reason', async () => {
  const rows = (await read('docs/features.md'))
    .split('\n')
    .filter((line) => /^\| (?!row )/.test(line))
    .map((line) => line.slice(2, -1).split(' | '));
  assert(rows.length > 80);
  for (const row of rows) {
    const [tests, filch] = [row.at(-1), row.at(-2)];
    if (/^no\b/.test(filch)) assert(/^no\b[^:,.]*[:,] \w/.test(filch), `${row[0]}: and why not?`);
    else
      assert(
        linksIn(tests).some((link) => link.startsWith('../tests/')),
        `${row[0]}: no test`,
      );
  }
});

test('every text of docs/ is named in the README', async () => {
  const links = linksIn(await read('README.md'));
  for (const text of [...guides, 'docs/internals/README.md']) assert(links.includes(text), text);
});

test('every page of docs/internals/ is named in its index', async () => {
  const links = linksIn(await read('docs/internals/README.md'));
  for (const text of internals.filter((each) => !each.endsWith('/README.md')))
    assert(links.includes(text.replace(/.*\//, '')), text);
});
