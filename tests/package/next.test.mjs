// A project of Next.js: the page in every engine, and a route of its server. A copy of the package
// under another name is left to Next's bundler: docs/bundlers.md says how that fails.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { forEachEngine } from '../js/browser/suite.mjs';
import { build, offline, pack, project } from './package.mjs';
import { works } from './works.mjs';

const next = fileURLToPath(new URL('../../node_modules/next/dist/bin/next', import.meta.url));
let server;
let url;

/** The package and the route once more, under a name that next.config.mjs does not have. */
async function addBundled(folder) {
  const copy = async (from, to, ...edit) => {
    await mkdir(path.dirname(path.join(folder, to)), { recursive: true });
    const text = await readFile(path.join(folder, from), 'utf8');
    const changed = text.replace(...edit);
    assert.notEqual(changed, text);
    await writeFile(path.join(folder, to), changed);
  };
  const modules = path.join(folder, 'node_modules');
  await cp(path.join(modules, 'filch'), path.join(modules, 'bundled'), { recursive: true });
  const description = 'node_modules/bundled/package.json';
  await copy(description, description, '"filch"', '"bundled"');
  const route = (name) => `app/api/${name}/route.js`;
  await copy(route('dot'), route('bundled'), `'filch'`, `'bundled'`);
}

/** Resolves to the address of the server, once the server has said so. */
async function started({ stdout }) {
  for await (const line of createInterface(stdout)) {
    const found = /http:\/\/\S+/.exec(line);
    if (found) return found[0];
  }
  throw new Error('the server has ended');
}

before(async () => {
  const folder = await project('next', await pack());
  await addBundled(folder);
  await rm(path.join(folder, 'package-lock.json')); // or Next warns that there are two
  await build(folder);
  const options = { cwd: folder, env: offline, stdio: ['ignore', 'pipe', 'inherit'] };
  server = spawn(process.execPath, [next, 'start', '-p', '0', '-H', 'localhost'], options);
  url = await started(server);
  server.stdout.resume();
});

after(async () => {
  if (!server?.kill()) return;
  await once(server, 'exit');
});

const answer = async (name) => (await fetch(new URL(`api/${name}`, url))).json();

test('a route of the server has threads, again and again', async () => {
  for (let i = 0; i < 3; i++) assert.deepEqual(await answer('dot'), { mode: 'threads', sum: 4000 });
});

test('without serverExternalPackages a route works, and has no threads', async () => {
  assert.deepEqual(await answer('bundled'), { mode: 'cooperative', sum: 4000 });
});

forEachEngine((browser) => {
  test('the page', () => works(browser, url));
});
