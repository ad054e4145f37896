// Emscripten's applications with Filch inside them, in browsers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../js/browser/suite.mjs';

const programs = { 'embed-pthread': 40, 'embed-main': 7, 'embed-wasm-workers': 25 }; // at least so many checks

async function run(address) {
  const { default: start } = await import(address);
  const lines = [];
  const code = await new Promise((onExit, onAbort) => {
    start({ print: (line) => lines.push(line), onExit, onAbort }).catch(onAbort);
  });
  return { code, lines };
}

forEachEngine((browser) => {
  for (const [program, least] of Object.entries(programs)) {
    test(program, { timeout: 60_000 }, async () => {
      const page = await browser.open('/tests/js/browser/page.html');
      const { code, lines } = await page.evaluate(run, `/${program}.mjs`);
      const failed = lines.filter((line) => line.startsWith('not ok')).join('\n');
      assert.equal(code, 0, failed || lines.at(-1));
      assert(Number(/^1\.\.(\d+)$/.exec(lines.at(-1))?.[1]) >= least, lines.at(-1));
      const refused = lines.some((line) =>
        line.endsWith("a wait on a browser's main thread is refused"),
      );
      assert(refused, `${lines.length} lines, none of which tells of the main thread`);
    });
  }
});
