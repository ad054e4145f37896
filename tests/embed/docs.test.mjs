// The programs of docs/embed.md, built and run by its commands.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = `${root}/build/embed-docs`;
const run = promisify(execFile);
const text = await readFile(`${root}/docs/embed.md`, 'utf8');
const blocks = (language) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block]) => block,
  );

const compilers = { cc: [`${root}/.tools/bin/clang`], emcc: [`${root}/.tools/bin/emcc`] };
try {
  execFileSync('gcc', ['--version']);
  compilers.cc.push('gcc');
} catch {
  // one compiler, then
}

await mkdir(out, { recursive: true });
for (const block of [...blocks('c'), ...blocks('js part')]) {
  const name = /^\/[/*] (\S+)/.exec(block)[1];
  const here = (target) => JSON.stringify(new URL(target, `file://${root}/`).href);
  await writeFile(
    `${out}/${name}`,
    block
      .replace("'filch'", here('web/index.js'))
      .replace("'./app.mjs'", here('build/embed-app.mjs')),
  );
}

for (const line of blocks('sh').join('').trim().split('\n')) {
  const [command, ...words] = line.split(' ');
  for (const compiler of compilers[command]) {
    test(`${compiler.split('/').at(-1)} ${words.join(' ')}`, { timeout: 60_000 }, async () => {
      const args = words.map((word) => (/\.c$|^sums$|\.mjs$/.test(word) ? `${out}/${word}` : word));
      await run(compiler, args, { cwd: root, timeout: 50_000 });
      const program = args.at(-1);
      const start = `import(${JSON.stringify(program)}).then(({ default: start }) => start())`;
      await run(...(command === 'cc' ? [program, []] : [process.execPath, ['-e', start]]), {
        timeout: 10_000,
      });
    });
  }
}

test('adopt.mjs of docs/embed.md runs', { timeout: 60_000 }, () =>
  run(process.execPath, [`${out}/adopt.mjs`], { timeout: 30_000 }),
);

test('the programs of docs/embed.md are there', () =>
  assert.equal(blocks('c').length + blocks('js part').length, 3));
