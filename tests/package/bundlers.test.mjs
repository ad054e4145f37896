// One page, with each bundler and with none, in every engine: the worker's script and the module
// are found, and a kernel in JavaScript.
import assert from 'node:assert/strict';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createServer } from 'vite';

import { serve } from '../../tools/serve.mjs';
import { forEachEngine } from '../js/browser/suite.mjs';
import { build, pack, project } from './package.mjs';

const bundlers = ['vite', 'webpack', 'rollup', 'rollup-bundled', 'esbuild', 'parcel'];
// Headers that let pages of other origins use the files.
const open = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };
const packed = await pack();

/** Builds each project once, for all engines. */
const once = (make) => {
  const made = new Map();
  return (key) => made.get(key) ?? made.set(key, make(key)).get(key);
};
const built = once(async (name) => {
  const folder = await project(name, packed);
  await build(folder);
  const dist = path.join(folder, 'dist');
  for (const file of (await readdir(dist, { recursive: true })).filter((each) =>
    each.endsWith('.js'),
  )) {
    assert(
      !(await readFile(path.join(dist, file), 'utf8')).includes('file:///'),
      `${file} says where it was built`,
    );
  }
  return dist;
});

/** Opens the page, which must end without an error. */
async function works(browser, url) {
  const page = await browser.open(url);
  // WebKit keeps errors only of pages with a script of the tests.
  const errors = async () => (browser.engine === 'webkit' ? [] : page.consoleErrors());
  await page.waitFor(`document.title !== 'working'`).catch(async (error) => {
    throw new Error([error.message, ...(await errors())].join('\n'));
  });
  assert.equal(await page.evaluate(() => document.title), 'threads: 78498 primes, sum 1000');
  assert.deepEqual(await errors(), []);
}

async function served(t, options) {
  const server = await serve(options);
  t.after(server.close);
  return server.url;
}

const edit = async (file, from, to) =>
  writeFile(file, (await readFile(file, 'utf8')).replace(from, to));

/** Serves a built page, and no other built file. */
async function alone(t, folder, from = '', to = '') {
  const root = path.join(folder, 'alone');
  await cp(path.join(folder, 'dist/index.html'), path.join(root, 'index.html'));
  await edit(path.join(root, 'index.html'), from, to);
  return served(t, { root });
}

test('docs/bundlers.md has the files of these tests', async () => {
  const read = (file) => readFile(fileURLToPath(new URL(file, import.meta.url)), 'utf8');
  const docs = await read('../../docs/bundlers.md');
  for (const name of [...bundlers, 'plain', 'cdn']) {
    const files = await readdir(new URL(name, import.meta.url));
    assert(files.length);
    for (const file of files) {
      const text = await read(`${name}/${file}`);
      const lines =
        file === 'package.json' ? Object.values(JSON.parse(text).scripts) : text.split('\n');
      const told = lines.filter(
        (line) => file !== 'resolve.js' && !/resolve|<(!|meta|link|title)/.test(line),
      );
      for (const line of told) assert(docs.includes(line), `${name}/${file}: ${line}`);
    }
  }
});

forEachEngine((browser) => {
  for (const name of bundlers) {
    test(name, async (t) => {
      await works(browser, await served(t, { root: await built(name) }));
    });
  }

  test('the page works in the development server of Vite', async (t) => {
    const server = await createServer({
      root: await project('vite', packed, 'vite-dev'),
      logLevel: 'error',
    });
    t.after(() => server.close());
    await server.listen();
    await works(browser, server.resolvedUrls.local[0]);
  });

  test('the page works without a bundler', async (t) => {
    await works(browser, await served(t, { root: await project('plain', packed) }));
  });

  test('the page works without a bundler, the package on another origin', async (t) => {
    const folder = await project('cdn', packed);
    const cdn = await served(t, { root: path.join(folder, 'node_modules'), headers: open });
    await edit(path.join(folder, 'index.html'), 'https://cdn.example/', cdn);
    const policy = {
      'default-src': `'none'`,
      'script-src': `'self' 'unsafe-inline' 'wasm-unsafe-eval' ${cdn}`,
      'worker-src': `blob: ${cdn}`,
      'connect-src': cdn,
      'img-src': 'data:',
    };
    const headers = {
      'Content-Security-Policy': Object.entries(policy)
        .map((each) => each.join(' '))
        .join('; '),
    };
    await works(browser, await served(t, { root: folder, headers }));
  });

  test('the page works with Vite, all other files on another origin', async (t) => {
    const folder = await project('vite', packed, 'vite-elsewhere');
    const cdn = await served(t, { root: path.join(folder, 'dist'), headers: open });
    await build(folder, '--base', cdn);
    await works(browser, await alone(t, folder));
  });

  test('the page works with webpack, all other files on another origin', async (t) => {
    const dist = await built('webpack');
    const cdn = await served(t, { root: dist, headers: open });
    const page = await alone(t, path.join(dist, '..'), './main.js', `${cdn}main.js`);
    await works(browser, page);
  });
});
