// The download of a page before its first kernel: the module without kernels and all of the
// package's JavaScript, minified as a bundler does it, compressed by gzip.

import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ON_DEMAND } from '../../package/on-demand.mjs';
import { summary } from '../stats.mjs';

export const where = ['build'];

const project = new URL('../../../', import.meta.url);
const kilobytes = (buffers) => gzipSync(Buffer.concat(buffers), { level: 9 }).length / 1000;

/** Page and worker as a bundler leaves them, without comments, names shortened. */
async function minified() {
  const { build } = await import('esbuild');
  const entryPoints = ['index.js', 'worker.js'].map((name) =>
    fileURLToPath(new URL(`web/${name}`, project)),
  );
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    outdir: 'out',
    external: ON_DEMAND,
  });
  return outputFiles.map(({ contents }) => kilobytes([contents])).reduce((a, b) => a + b);
}

export async function outside() {
  const names = (await readdir(new URL('web/', project), { recursive: true }))
    .filter((name) => /^(?!demo\/).*\.js$/.test(name))
    .sort();
  const sources = await Promise.all(names.map((name) => readFile(new URL(`web/${name}`, project))));
  const wasm = kilobytes([await readFile(new URL('build/filch-bare.wasm', project))]);
  const shipped = kilobytes([await readFile(new URL('build/filch.wasm', project))]);
  return { wasm, shipped, js: kilobytes(sources), bundled: await minified() };
}

export function report({ wasm, shipped, js, bundled }) {
  const line = (name, value) => ({ name, unit: 'kB', ...summary([value]) });
  return [
    {
      what: 'module without kernels and all JavaScript, minified, gzip',
      of: 'sum',
      figure: summary([wasm + bundled]),
      unit: 'kB',
      aim: { most: 30 },
      lines: [
        line('module', wasm),
        line('JavaScript, minified', bundled),
        line('JavaScript as it is in the package, with comments', js),
        line('module with the kernels that ship', shipped),
      ],
    },
  ];
}
