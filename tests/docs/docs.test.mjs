// Every block of JavaScript in the README and in docs/ runs in Node, or is at least JavaScript: see blocks.mjs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

import { blocks, promised } from './blocks.mjs';

const root = new URL('../../', import.meta.url);
const texts = ['README.md', ...(await readdir(new URL('docs/', root))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const folder = new URL('build/docs/', root);

await rm(folder, { recursive: true, force: true });
await mkdir(new URL('node_modules/', folder), { recursive: true });
await symlink(fileURLToPath(new URL('web/', root)), fileURLToPath(new URL('node_modules/filch', folder)));

/** Runs a file; what it prints. */
function output(url) {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [fileURLToPath(url)], { timeout: 30_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr || error.message));
      else resolve(stdout);
    });
  });
}

/** As a module, or as what stands in an object. */
const parse = (code) => transform(code, { format: 'esm' }).catch(() => transform(`({\n${code}\n})`));

/** A folder for each text, with its files and programs. */
async function laidOut(text) {
  const own = new URL(`${text.replace(/\W/g, '-')}/`, folder);
  const found = blocks(await readFile(new URL(text, root), 'utf8'));
  const placed = found.map((block) => ({ ...block, url: new URL(block.kind === 'file' ? block.name : `line-${block.line}.mjs`, own) }));
  await mkdir(own);
  for (const { url, code } of placed) await writeFile(url, code, { flag: 'wx' }); // no file twice
  return { text, placed };
}

for (const { text, placed } of await Promise.all(texts.map(laidOut))) {
  for (const { kind, url, code, line } of placed) {
    test(`${text}:${line} ${kind === 'program' ? 'runs' : 'is JavaScript'}`, { timeout: 60_000 }, async () => {
      if (kind !== 'program') return void (await parse(code));
      const printed = (await output(url)).trimEnd().split('\n');
      const told = promised(code);
      if (told?.length) assert.deepEqual(printed, told);
    });
  }
}
