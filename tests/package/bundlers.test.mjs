// One page, with each bundler and with none, in every engine: the worker's script and the module
// are found, and a kernel in JavaScript. The same as a program for Node.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { serve } from '../../tools/serve.mjs';
import { forEachEngine } from '../js/browser/suite.mjs';
import { build, pack, project, linkVite } from './package.mjs';
import { SAID, works } from './works.mjs';

const bundlers = ['vite', 'webpack', 'rollup', 'rollup-bundled', 'esbuild', 'parcel'];
/** Names of Vite in package.json, and the folder of each. Their commands have one name. */
const vites = { vite: 'vite', 'vite-5': 'vite-old', 'vite-6': 'vite-old', 'vite-7': 'vite-old' };
const forNode = ['webpack-node', 'webpack-node-external'];
// Headers that let pages of other origins use the files.
const open = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };
const packed = await pack();

/** Makes each thing once, for all engines. */
const once = (make) => {
  const made = new Map();
  const get = (key) => made.get(key) ?? made.set(key, make(key)).get(key);
  return Object.assign(get, { made });
};
const built = once(async (name) => {
  const folder = await project(vites[name] ?? name, packed, name);
  if (vites[name]) await linkVite(folder, name);
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
  for (const name of [...bundlers, ...forNode, 'vite-old', 'next', 'plain', 'cdn']) {
    const all = await readdir(new URL(name, import.meta.url), { recursive: true });
    const files = all.filter((file) => path.extname(file) && file !== 'app/layout.js');
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

for (const name of forNode) {
  test(`the program works in Node: ${name}`, async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['main.cjs'], {
      cwd: await built(name),
    });
    assert.equal(stdout, `${SAID}\n`);
    assert.equal(stderr, '');
  });
}

const developed = once(async (name) => {
  const folder = await project(vites[name], packed, `${name}-dev`);
  const { createServer } = await import(`../../node_modules/${name}/dist/node/index.js`);
  const server = await createServer({ root: folder, logLevel: 'error' });
  await server.listen();
  return server;
});
after(async () => {
  for (const server of developed.made.values()) await (await server).close();
});

forEachEngine((browser) => {
  for (const name of [...bundlers, ...Object.keys(vites).slice(1)]) {
    test(name, async (t) => {
      await works(browser, await served(t, { root: await built(name) }));
    });
  }

  for (const name of Object.keys(vites)) {
    test(`the page works in the development server of ${name}`, async () => {
      const { resolvedUrls } = await developed(name);
      await works(browser, resolvedUrls.local[0]);
    });
  }

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
    await linkVite(folder, 'vite');
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
