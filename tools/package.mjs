#!/usr/bin/env node
// The package as npm gets it: web/ without its demo, the scripts without comments and indentation.
//
// Names stay, and each statement that is left has its line: a stack trace says which function
// threw, and where. Types and texts are copied as they are.
//
//   node tools/package.mjs     makes build/npm anew

import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import ts from 'typescript';

const project = fileURLToPath(new URL('..', import.meta.url));
const web = path.join(project, 'web');

/**
 * Bundlers read these comments, and esbuild drops them together with white space. Each stands
 * before an expression, and so may operators that no script has: they hold its place meanwhile.
 */
const REMARK = /\/\*\s*(?:[@#]__PURE__|@vite-ignore|webpack\w+:[^*]*)\s*\*\//g;
const PLACE = '~-~-~';

/** Names stay. Options of esbuild. */
export const SHORT = {
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  charset: 'utf8',
};

/** @param {string} folder is made anew */
export async function writePackage(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const isShipped = (file) => file !== path.join(web, 'demo');
  await cp(web, folder, { recursive: true, filter: isShipped });
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.js')) continue;
    const file = path.join(folder, name);
    await writeFile(file, await shorten(await readFile(file, 'utf8')));
  }
}

/** A script without comments: statements, declarations, and members on lines of their own. */
export async function shorten(source) {
  const remarks = source.match(REMARK) ?? [];
  const { code } = await transform(source.replace(REMARK, PLACE), SHORT);
  const parts = inLines(code).split(PLACE);
  if (parts.length !== remarks.length + 1) throw new Error(`not before an expression: ${remarks}`);
  return parts.map((part, i) => part + (remarks[i] ?? '')).join('');
}

function inLines(code) {
  const file = ts.createSourceFile('script.js', code, ts.ScriptTarget.ESNext);
  const starts = [];
  const visit = (node) => {
    const parts = ts.isClassLike(node)
      ? node.members
      : (node.statements ?? node.declarations?.slice(1));
    for (const part of parts ?? []) starts.push(part.getStart(file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  const cuts = [0, ...starts.filter((at) => at > 0).sort((a, b) => a - b)];
  return cuts.map((at, i) => code.slice(at, cuts[i + 1])).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writePackage(path.join(project, 'build/npm'));
