// STYLE.md and CONTRIBUTING.md: their links lead to files, and their commands to programs.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { root } from '../../tools/tidy/files.mjs';

const read = (path) => readFileSync(root + path, 'utf8');
const makefile = read('Makefile');

/** A target stands before a colon, by itself or among others. */
const isTarget = (name) =>
  new RegExp(String.raw`^(?:[^\s:#=]+ )*${name}(?: [^\s:#=]+)*:(?!=)`, 'm').test(makefile);

for (const text of ['STYLE.md', 'CONTRIBUTING.md']) {
  test(`links and commands of ${text}`, () => {
    const source = read(text);
    const shell = [...source.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code]) => code).join('');
    const lines = shell.split('\n').map((line) => line.replace(/ +#.*/, ''));
    const inline = [...source.matchAll(/`((?:make|node) [^`]+)`/g)].map(([, code]) => code);
    const wrong = [];
    for (const [, link] of source.matchAll(/\]\(([^)\s#]+)\)/g)) {
      if (!existsSync(root + link)) wrong.push(`${link} is not there`);
    }
    for (const command of [...lines, ...inline].flatMap((line) => line.split(' && '))) {
      const [program, ...words] = command.trim().split(/\s+/);
      const files = words.filter((word) => /\.mjs$/.test(word));
      const targets = program === 'make' ? words : [];
      for (const file of program === 'node' ? files : []) {
        if (!existsSync(root + file)) wrong.push(`${command}: ${file} is not there`);
      }
      for (const target of targets) {
        if (!isTarget(target)) wrong.push(`${command}: the Makefile has no ${target}`);
      }
    }
    assert.ok(!wrong.length, `\n${wrong.join('\n')}`);
  });
}
