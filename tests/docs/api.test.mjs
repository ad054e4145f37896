// docs/api.md says the same as the declarations.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import * as filch from '../../web/index.js';
import { api } from '../../tools/api.mjs';

const text = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');

test('docs/api.md is up to date', () =>
  assert.equal(text, api(), 'docs/api.md is old: run `make docs`'));

test('docs/api.md has every export of the package, and each link in docs/api.md leads somewhere', () => {
  const headings = [...text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  for (const name of Object.keys(filch))
    assert(headings.includes(`class ${name}`) || headings.includes(`function ${name}`), name);
  const anchors = new Set(headings.map((heading) => `#${heading.toLowerCase().replace(' ', '-')}`));
  for (const [, link] of text.matchAll(/\]\((#[^)]*)\)/g)) assert(anchors.has(link), link);
});
