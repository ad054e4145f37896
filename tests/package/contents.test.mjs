// The package: its files and sizes, the findings of tools, and the forms that bundlers look for.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { build, transform } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { SHORT, shorten } from '../../tools/package.mjs';
import { moduleUrl } from '../js/helpers.mjs';
import { ON_DEMAND } from './on-demand.mjs';
import { pack, project } from './package.mjs';

const web = new URL('../../web/', import.meta.url);
const scripts = (await readdir(web, { recursive: true })).filter((name) =>
  /^(?!demo\/).*\.js$/.test(name),
);
const sources = Object.fromEntries(
  await Promise.all(
    scripts.map(async (name) => [name, await readFile(new URL(name, web), 'utf8')]),
  ),
);
const manifest = JSON.parse(await readFile(new URL('package.json', web), 'utf8'));
const packed = await pack();

test('the package has scripts, types, the module, a README, and a licence: nothing else', async () => {
  const types = (await readdir(web, { recursive: true })).filter((name) => name.endsWith('.d.ts'));
  const wanted = [
    ...scripts,
    ...types,
    'filch.wasm',
    'filch-placed.wasm',
    'package.json',
    'README.md',
    'LICENSE',
  ];
  assert.deepEqual(packed.files.map((file) => file.path).sort(), wanted.sort());
  const [licence, ours] = await Promise.all(
    ['LICENSE', '../LICENSE'].map((name) => readFile(new URL(name, web), 'utf8')),
  );
  assert.equal(licence, ours);
});

test('the package is small', () => {
  console.log(`packed ${packed.size} bytes`);
  assert(packed.size < 170_000, `${packed.size} bytes`);
});

/** Without white space, and without comments in expressions. */
const bare = async (script) => (await transform(script, SHORT)).code;

test('the scripts of the package are those of web/, without comments, in short lines', async () => {
  const root = await project('plain', packed, 'scripts');
  const remarks = (script) => script.match(/\/\* ?([@#]__|@vite|webpack).*?\*\//g);
  for (const [name, source] of Object.entries(sources)) {
    const shipped = await readFile(path.join(root, 'node_modules/filch', name), 'utf8');
    assert.equal(await bare(shipped), await bare(await bare(source)), name);
    assert.deepEqual(remarks(shipped), remarks(source), `${name}: what bundlers read`);
    for (const line of shipped.split('\n'))
      assert(line.length <= 1500 && !/^\s|^\/[/*]/.test(line), `${name}: ${line}`);
  }
});

test('a shortened script keeps marks for bundlers, texts with lines, and names', async () => {
  const script = `
    // A comment.
    const made = /* @__PURE__ */ make('é // no comment');
    export async function load(address) {
      if (!address) return \`one
        two\`;
      return import(/* webpackIgnore: true */ /* @vite-ignore */ address);
    }
    class Kept {
      #field = made;
      get() { return this.#field; }
    }
    await Promise.all([import(/* @vite-ignore */ \`./\${made}.js\`), /* @__PURE__ */ new Kept()]);`;
  const lines = [
    `const made=/* @__PURE__ */make("é // no comment");`,
    'async function load(address){',
    'return address?import(/* webpackIgnore: true *//* @vite-ignore */address):`one',
    '        two`}',
    'class Kept{',
    '#field=made;',
    'get(){',
    'return this.#field}}',
    'await Promise.all([import(/* @vite-ignore */`./${made}.js`),/* @__PURE__ */new Kept]);',
    'export{load};',
    '',
  ];
  assert.deepEqual((await shorten(script)).split('\n'), lines);
});

test('a mark that stands before no expression is not dropped in silence', async () => {
  await assert.rejects(shorten('// As /* @__PURE__ */ says.'), /not before an expression/);
});

test('publint has nothing to say', async () => {
  const { buffer } = new Uint8Array(await readFile(packed.file));
  const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest)),
    [],
  );
});

test('"Are the types wrong?" resolves the types', async () => {
  const attw = path.join(
    path.dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')),
    'dist/index.js',
  );
  // Bundlers copy these files; no program imports them for what they export.
  const files = ['worker.js', 'isolation-worker.js', 'filch.wasm', 'filch-placed.wasm'];
  const args = [
    attw,
    packed.file,
    '--profile',
    'esm-only',
    '--no-color',
    '--exclude-entrypoints',
    ...files,
  ];
  await promisify(execFile)(process.execPath, args).catch(({ stdout, stderr }) =>
    assert.fail(stdout + stderr),
  );
});

test('the package has no dependency, and types beside its entries', async () => {
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.type, 'module');
  assert.deepEqual(Object.keys(manifest.exports['.']), ['types', 'default']);
  for (const target of Object.values(manifest.exports['.'])) await readFile(new URL(target, web));
});

test('the installed package runs in Node under its own name', async () => {
  const cwd = await project('plain', packed, 'installed');
  const script = `
    import { Runtime } from 'filch';
    const runtime = await Runtime.start({ workers: 2 });
    const { state } = await runtime.run('sieve', { range: [0, 2], args: { limit: 1e6 } });
    console.log(runtime.mode, state.count, 'Worker' in globalThis);
    await runtime.close();
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script],
    { cwd },
  );
  assert.equal(stdout, `threads 78498n ${'Worker' in globalThis}\n`);
});

test('the package runs from a folder with any name', async () => {
  const cwd = await project('plain', packed, "odd #1 ?x=%41%2f é ü '&+;, [ ]");
  const module = `
    import { Runtime } from 'filch';
    const runtime = await Runtime.start({ workers: 2 });
    const schema = { fields: { data: 'array f64', sum: 'state i32' } };
    await runtime.define('sum', new URL('./kernel.js', import.meta.url), schema);
    const data = runtime.alloc(Float64Array, 1000).fill(1);
    const { state } = await runtime.post('sum', { range: [0, data.length], args: { data } });
    const url = new URL('./kernel.js', import.meta.url);
    await runtime.call(url, 'default', [{ args: { data: [1] }, state: { sum: 0 } }, 0, 1]);
    console.log(runtime.mode, state.sum);
    await runtime.close();
    const placed = new URL(import.meta.resolve('filch/filch.wasm'));
    const relative = 'node_modules/filch/filch.wasm';
    for (const module of [placed, placed.href, relative])
      await (await Runtime.start({ module, workers: 1 })).close();
  `;
  await writeFile(path.join(cwd, 'odd.js'), module);
  await writeFile(path.join(cwd, 'package.json'), '{ "type": "module" }');
  const { stdout } = await promisify(execFile)(process.execPath, ['odd.js'], { cwd });
  assert.equal(stdout, 'threads 1000\n');
});

test('without the option "module" the package takes its own', async () => {
  const { Runtime } = await import(new URL(manifest.exports['.'].default, web));
  const runtime = await Runtime.start({ workers: 1 });
  const shipped = [
    'automaton',
    'blake3',
    'dot',
    'fib',
    'heat',
    'histogram',
    'kmeans',
    'mandelbrot',
    'pi',
    'quadrature',
    'queens',
    'resize',
    'sieve',
    'sort',
    'stencil',
  ];
  assert.deepEqual(Object.keys(runtime.kernels).sort(), shipped);
  await runtime.close();
});

test('an import without names keeps the worker, and leaves out the rest', async () => {
  const resolveDir = await project('plain', packed, 'effects');
  const bundle = async (contents) => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir },
      bundle: true,
      format: 'esm',
      write: false,
      logLevel: 'error',
    });
    return outputFiles[0].text;
  };
  assert.match(await bundle(`import 'filch/worker.js'`), /self\.addEventListener/);
  assert.match(await bundle(`import 'filch/isolation-worker.js'`), /self\.addEventListener/);
  assert.match(await bundle(`import 'filch/preload'`), /Object\.assign\(preloaded/);
  assert.equal(await bundle(`import 'filch'; import 'filch/isolate'`), '');
});

test('the worker is made in the words that bundlers look for', () => {
  assert(
    sources['files.js'].includes(
      "new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })",
    ),
  );
  assert(sources['files.js'].includes("new URL('./filch.wasm', import.meta.url)"));
});

test('nothing of Node is imported where a bundler for browsers would see it', () => {
  for (const [name, source] of Object.entries(sources)) {
    assert(!/(from|import\()\s*['"]node:/.test(source), name);
    const code = source.replace(/\/\*[^]*?\*\/|(?<!:)\/\/.*/g, '');
    assert(
      !/(?<!globalThis\.)\b(process|Buffer|global)\b[.?]*\w/.test(code),
      `${name}: Parcel fetches a stand-in`,
    );
    for (const [, target] of source.matchAll(/^(?:import|export|\}).* from '([^']+)'/gm))
      assert(
        Object.hasOwn(sources, path.posix.join(path.dirname(name), target)),
        `${name}: ${target}`,
      );
  }
});

test('filch/preload has all that the scripts of a page import on demand', async () => {
  const wanted = [];
  const names = ['index.js'];
  for (const name of names) {
    const code = sources[name].replaceAll(/\/\*[^]*?\*\//g, '');
    const found = [...code.matchAll(/(from|import\() ?'(\..*?)'/g)];
    for (const [, how, target] of found) {
      const file = path.posix.join(path.dirname(name), target);
      if (how === 'import(') wanted.push(file);
      if (!names.includes(file)) names.push(file);
    }
  }
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('preload.js', web))],
    bundle: true,
    format: 'esm',
    write: false,
    metafile: true,
  });
  const parts = Object.values(metafile.inputs)
    .find(({ imports }) => imports.some(({ original }) => original === './core/lazy.js'))
    .imports.map(({ original }) => original.slice(2));
  assert.deepEqual(parts.sort(), ['core/lazy.js', ...new Set(wanted)].sort());
  assert.equal(wanted.length, 10);
});

test('the top of the package has the files that `exports` names, and files.js', () => {
  const entries = Object.values(manifest.exports)
    .map((each) => (each.default ?? each).slice(2))
    .filter((name) => name.endsWith('.js'));
  assert.deepEqual(
    scripts.filter((name) => !name.includes('/')).sort(),
    [...entries, 'files.js'].sort(),
  );
});

test('the owner never waits: no blocking call stands in what a page loads, at once or on demand', async () => {
  const blocking = async (name) => {
    const entryPoints = [fileURLToPath(new URL(name, web))];
    const { outputFiles } = await build({ entryPoints, bundle: true, format: 'esm', write: false });
    return /Atomics\.wait\(/.test(outputFiles[0].text);
  };
  assert.equal(await blocking('index.js'), false);
  assert.equal(await blocking('preload.js'), false);
  assert.equal(await blocking('ring.js'), false);
  assert.equal(await blocking('worker.js'), true);
});

test('files and lines of the package are short', () => {
  for (const [name, source] of Object.entries(sources)) {
    assert(source.split('\n').length <= 400, name);
    assert(
      source.split('\n').every((line) => line.length <= 160),
      name,
    );
  }
});

test('module and JavaScript are small, as a page loads them', async () => {
  const entries = ['index.js', 'worker.js'].map((name) => fileURLToPath(new URL(name, web)));
  const { outputFiles } = await build({
    entryPoints: entries,
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    outdir: 'out',
    external: ON_DEMAND,
  });
  const script = outputFiles.reduce(
    (sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length,
    0,
  );
  const module = gzipSync(await readFile(moduleUrl('filch.wasm')), { level: 9 }).length;
  console.log(
    `JavaScript ${script} bytes, minified, module with the shipped kernels ${module} bytes; gzip`,
  );
  assert(script < 41_500, `JavaScript: ${script}`);
});
