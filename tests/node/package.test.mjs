// The package: what it holds, how large it is, and what bundlers need to see in it.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import { moduleUrl } from './helpers.mjs';

const web = new URL('../../web/', import.meta.url);
const scripts = (await readdir(web)).filter((name) => name.endsWith('.js'));
const sources = Object.fromEntries(await Promise.all(scripts.map(async (name) => [name, await readFile(new URL(name, web), 'utf8')])));
const manifest = JSON.parse(await readFile(new URL('package.json', web), 'utf8'));

test('no dependency, one entry, types beside it', async () => {
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.type, 'module');
  assert.equal(manifest.sideEffects, false);
  assert.deepEqual(Object.keys(manifest.exports['.']), ['types', 'default']);
  for (const target of Object.values(manifest.exports['.'])) await readFile(new URL(target, web));
});

test('the package gives, under its own name, what its entry does', async () => {
  const entry = await import(new URL(manifest.exports['.'].default, web));
  assert.equal(typeof entry.Runtime.start, 'function');
});

test('without a module option it takes its own', async () => {
  const { Runtime } = await import(new URL(manifest.exports['.'].default, web));
  const runtime = await Runtime.start({ workers: 1 });
  const shipped = [
    'automaton', 'blake3', 'dot', 'fib', 'heat', 'histogram', 'kmeans', 'mandelbrot', 'pi', 'quadrature', 'queens', 'resize', 'sieve',
    'sort', 'stencil',
  ];
  assert.deepEqual(Object.keys(runtime.kernels).sort(), shipped);
  await runtime.close();
});

test('the worker is made in the words that bundlers look for', () => {
  assert(sources['thread.js'].includes("new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })"));
  assert(sources['module.js'].includes("new URL('./filch.wasm', import.meta.url)"));
});

test('nothing of Node is imported where a bundler for browsers would see it', () => {
  for (const [name, source] of Object.entries(sources)) {
    assert(!/(from|import\()\s*['"]node:/.test(source), name);
    for (const [, target] of source.matchAll(/from '([^']+)'/g)) assert(target.startsWith('./'), `${name}: ${target}`);
  }
});

test('the owner never waits: no blocking call stands in the package', () => {
  for (const [name, source] of Object.entries(sources)) assert(!/Atomics\.wait\(/.test(source), name);
});

test('files are short, lines too', () => {
  for (const [name, source] of Object.entries(sources)) {
    assert(source.split('\n').length <= 400, name);
    assert(source.split('\n').every((line) => line.length <= 160), name);
  }
});

/** What a page loads only when it asks for it. */
const LATER = ['./plugins.js'];

test('module and JavaScript: how large they are, as a page loads them', async () => {
  const entries = ['index.js', 'worker.js'].map((name) => fileURLToPath(new URL(name, web)));
  const { outputFiles } = await build({ entryPoints: entries, bundle: true, minify: true, format: 'esm', write: false, outdir: 'out', external: LATER });
  const script = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
  const module = gzipSync(await readFile(moduleUrl('filch.wasm')), { level: 9 }).length;
  console.log(`JavaScript ${script} bytes, minified, module with the shipped kernels ${module} bytes; gzip`);
  assert(script < 28_000, `JavaScript: ${script}`);
});
