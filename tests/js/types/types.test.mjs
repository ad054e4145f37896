// The hand-written types: uses that they allow and refuse, and that they agree with the package and
// its module.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import * as filch from '../../../web/index.js';
import { shippedModule } from '../helpers.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const [own, errors] = await Promise.all(
  ['index.d.ts', 'core/errors.d.ts'].map((file) =>
    readFile(new URL(`../../../web/${file}`, import.meta.url), 'utf8'),
  ),
);
const types = own + errors;

function compiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    if (process.env.CI === 'true') throw new Error('typescript is not installed');
    return undefined;
  }
}

const tsc = compiler();

test('good.ts compiles, and every error in bad.ts is one', {
  skip: !tsc && 'typescript is not installed',
}, async () => {
  const run = promisify(execFile)(process.execPath, [tsc, '--project', here, '--pretty', 'false']);
  await run.catch((error) => assert.fail(error.stdout));
});

test('every export of the package is declared, and nothing else', () => {
  const declared = [...types.matchAll(/^export class (\w+)/gm)].map((match) => match[1]);
  assert.deepEqual(
    declared.sort(),
    Object.keys(filch)
      .filter((name) => /^[A-Z]/.test(name))
      .sort(),
  );
});

test('every exported function is declared, and nothing else', () => {
  const declared = [...types.matchAll(/^export function (\w+)/gm)].map((match) => match[1]);
  assert.deepEqual(
    [...new Set(declared)].sort(),
    Object.keys(filch)
      .filter((name) => !/^[A-Z]/.test(name))
      .sort(),
  );
});

test('error classes are declared under the same base, with the code that they have', () => {
  for (const [, doc, name, base] of types.matchAll(
    /\/\*\* (.*)\*\/\nexport class (\w+Error) extends (\w+)/g,
  )) {
    if (base === 'Error') continue;
    assert.equal(Object.getPrototypeOf(filch[name]).name, base, name);
    const code = doc.match(/^[A-Z_]+\b/)?.[0];
    if (name !== 'JobError') assert.equal(filch[name].prototype.code, code, name);
  }
});

test('the shipped kernels are declared as the module has them', async () => {
  const runtime = await filch.Runtime.start({ module: await shippedModule(), mode: 'cooperative' });
  const text = types.slice(
    types.indexOf('export interface Kernels {'),
    types.indexOf('export type ArgumentsOf'),
  );
  const declared = {};
  for (const [, kernel, body] of text.matchAll(/^ {2}(\w+): \{\n([^]*?)^ {2}\};/gm)) {
    const args = body.slice(body.indexOf('args: {'), body.indexOf('\n    };'));
    const names = (part) => [
      ...(body.match(new RegExp(` ${part}: \\{(.*)\\}`))?.[1] ?? '').matchAll(/(\w+): (\w+)/g),
    ];
    declared[kernel] = {
      kind: body.includes("kind: 'fork';") ? 'fork' : 'loop',
      args: [...args.matchAll(/^ {6}(\w+\??):/gm)].map((match) => match[1]),
      state: names('state').map((match) => match[1]),
      total: names('total').map((match) => match[1]),
      arrays: names('total')
        .filter((match) => match[2].endsWith('Array'))
        .map((match) => match[1]),
    };
  }
  const has = {};
  for (const [kernel, { kind, fields, total = {} }] of Object.entries(runtime.kernels)) {
    const entries = Object.entries(fields);
    has[kernel] = {
      kind: kind === 'fork' ? 'fork' : 'loop',
      args: entries.map(([name, { role }]) =>
        role === 'option' || role === 'state' ? `${name}?` : name,
      ),
      state: entries.filter(([, { role }]) => role === 'state').map(([name]) => name),
      total: Object.keys(total),
      arrays: Object.keys(total).filter((name) => total[name].length),
    };
  }
  assert.deepEqual(declared, has);
  await runtime.close();
});
