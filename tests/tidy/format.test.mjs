// The C sources are as clang-format makes them (.clang-format), the JavaScript as Biome does, whose
// linter has nothing to say (biome.jsonc). `make format` applies both.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { listFiles, root } from '../../tools/tidy/files.mjs';

const start = promisify(execFile);
const options = { cwd: root, maxBuffer: 2 ** 26 };
const run = (program, args) => start(program, args, options).catch((error) => error);
const clangFormat = `${root}.tools/bin/clang-format`;
const biome = `${root}node_modules/.bin/biome`;

/** The locked major version of LLVM: two of them format differently. */
const { version } = JSON.parse(readFileSync(`${root}emsdk.lock`, 'utf8')).llvm;
const [major] = version.split('.');
const { stdout: found } = await run(clangFormat, ['--version']);
const isThere = /version (\d+)/.exec(found ?? '')?.[1] === major;
const missing = `no clang-format ${major} here: \`make setup\` fetches it, or one on PATH will do`;

test('C is as clang-format makes it', {
  skip: !isThere && !process.env.CI && missing,
}, async () => {
  assert.ok(isThere, missing);
  const files = listFiles('runtime', 'tasks', 'tests').filter((path) => /\.[ch]$/.test(path));
  const { stderr } = await run(clangFormat, ['--dry-run', '-Werror', ...files]);
  const places = stderr.match(/^\S+:\d+:\d+: error: .*/gm) ?? (stderr ? [stderr] : []);
  const first = places.slice(0, 20).join('\n');
  assert.equal(
    places.length,
    0,
    `${places.length} places; \`make format\` puts them right\n${first}`,
  );
});

test('JavaScript is as Biome makes it, and its linter has nothing to say', async () => {
  const { code, stdout, stderr } = await run(biome, [
    'check',
    '--error-on-warnings',
    '--colors=off',
  ]);
  const text = `${stdout}${stderr}`;
  assert.equal(code ?? 0, 0, `\`make format\` puts right what can be\n${text.slice(0, 8000)}`);
});
