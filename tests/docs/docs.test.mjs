// Every block of JavaScript in the README and in docs/ runs in Node, or is at least JavaScript;
// kernels in them are built. See blocks.mjs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';

import { blocks, commands, promised } from './blocks.mjs';

const root = new URL('../../', import.meta.url);
const texts = [
  'README.md',
  ...(await readdir(new URL('docs/', root)))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const folder = new URL('build/docs/', root);
const run = promisify(execFile);

await rm(folder, { recursive: true, force: true });
await mkdir(new URL('node_modules/', folder), { recursive: true });
await symlink(
  fileURLToPath(new URL('web/', root)),
  fileURLToPath(new URL('node_modules/filch', folder)),
);

/** Runs a file; gives its output. */
async function output(url) {
  const { stdout } = await run(process.execPath, [fileURLToPath(url)], { timeout: 30_000 }).catch(
    (error) => {
      throw new Error(error.stderr || error.message);
    },
  );
  return stdout;
}

/** As a module, or as members of an object. */
const parse = (code) =>
  transform(code, { format: 'esm' }).catch(() => transform(`({\n${code}\n})`));

/** Builds kernels, by a command that stands in a text. */
function build([command, ...words], own) {
  const here = fileURLToPath(own);
  if (command === 'make')
    return run('make', [
      '-C',
      fileURLToPath(root),
      ...words.map((word) => word.replace(/^SRC=/, `SRC=${here}`)),
    ]);
  return run(fileURLToPath(new URL(`node_modules/.bin/${command}`, root)), words, { cwd: here });
}

/** A folder for each text, with its files and programs. */
async function laidOut(text) {
  const own = new URL(`${text.replace(/\W/g, '-')}/`, folder);
  const source = await readFile(new URL(text, root), 'utf8');
  const placed = blocks(source).map((block) => ({
    ...block,
    url: new URL(block.kind === 'file' ? block.name : `line-${block.line}.mjs`, own),
  }));
  await mkdir(own);
  for (const { url, code } of placed) await writeFile(url, code, { flag: 'wx' }); // no file twice
  return { text, own, placed, toBuild: commands(source) };
}

for (const { text, own, placed, toBuild } of await Promise.all(texts.map(laidOut))) {
  for (const words of toBuild) {
    test(`${text}: ${words.join(' ')}`, { timeout: 60_000 }, () => build(words, own));
  }
  for (const { kind, url, name, code, line } of placed) {
    if (/\.(c|ts)$/.test(name)) continue;
    test(`${text}:${line} ${kind === 'program' ? 'runs' : 'is JavaScript'}`, {
      timeout: 60_000,
    }, async () => {
      if (kind !== 'program') return void (await parse(code));
      const printed = (await output(url)).trimEnd().split('\n');
      const told = promised(code);
      if (told?.length) assert.deepEqual(printed, told);
    });
  }
}
