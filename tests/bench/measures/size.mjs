// What a page downloads before its first kernel: the module without kernels and all of the package's JavaScript, as they are
// served, compressed by gzip.

import { readFile, readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { summary } from '../stats.mjs';

export const where = ['build'];

const project = new URL('../../../', import.meta.url);
const kilobytes = (buffers) => gzipSync(Buffer.concat(buffers), { level: 9 }).length / 1000;

/** Without comments: what any bundler leaves of it at least. */
async function stripped(sources) {
  const { default: typescript } = await import('typescript').catch(() => ({}));
  if (!typescript) return undefined;
  const compilerOptions = { removeComments: true, target: typescript.ScriptTarget.ESNext, module: typescript.ModuleKind.ESNext };
  return sources.map((source) => Buffer.from(typescript.transpileModule(String(source), { compilerOptions }).outputText));
}

export async function outside() {
  const names = (await readdir(new URL('web/', project))).filter((name) => name.endsWith('.js')).sort();
  const sources = await Promise.all(names.map((name) => readFile(new URL(`web/${name}`, project))));
  const wasm = kilobytes([await readFile(new URL('build/filch-bare.wasm', project))]);
  const shipped = kilobytes([await readFile(new URL('build/filch.wasm', project))]);
  const bare = await stripped(sources);
  return { wasm, shipped, js: kilobytes(sources), bare: bare && kilobytes(bare) };
}

export function report({ wasm, shipped, js, bare }) {
  const line = (name, value) => ({ name, unit: 'kB', ...summary([value]) });
  return [
    {
      what: 'module without kernels and all JavaScript, gzip',
      of: 'sum',
      figure: summary([wasm + js]),
      unit: 'kB',
      aim: { most: 30 },
      lines: [
        line('module', wasm),
        line('JavaScript as it is', js),
        ...(bare ? [line('JavaScript without comments', bare)] : []),
        line('module with the kernels that ship', shipped),
      ],
    },
  ];
}
