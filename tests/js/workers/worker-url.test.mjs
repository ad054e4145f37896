// How the address of the worker's script is found; a Worker that may not be touched. In Node, as
// far as Node can be like a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromAnywhere, scriptOf } from '../../../web/workers/worker-url.js';
import { inProcess, likeABrowser } from '../helpers.mjs';

/** Gives a global another descriptor while `body` runs. */
function withGlobal(name, descriptor, body) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  delete globalThis[name];
  if (descriptor) Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
  try {
    return body();
  } finally {
    delete globalThis[name];
    if (before) Object.defineProperty(globalThis, name, before);
  }
}
const never = () => assert.fail('a worker was made');
const sibling = () => new URL('file:///package/filch.wasm');
const make = () =>
  new globalThis.Worker(new URL('./worker.js', 'file:///here/'), { type: 'module' });

test('no worker is made, and all globals are as before', () => {
  const urlBefore = Object.getOwnPropertyDescriptor(globalThis, 'URL');
  for (const descriptor of [
    undefined,
    { value: never },
    { value: never, writable: true },
    { get: () => never },
  ]) {
    withGlobal('Worker', descriptor, () => {
      const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
      assert.equal(scriptOf(make, sibling).href, 'file:///here/worker.js');
      assert.deepEqual(Object.getOwnPropertyDescriptor(globalThis, 'Worker'), before);
      if (descriptor) assert.equal(fromAnywhere(make), make); // Node has no origin: it is any
      assert.deepEqual(Object.getOwnPropertyDescriptor(globalThis, 'Worker'), before);
    });
  }
  assert.deepEqual(Object.getOwnPropertyDescriptor(globalThis, 'URL'), urlBefore);
});

test("webpack's words for Node make no worker: its class was taken before", () => {
  // As webpack writes them with a Node target: the class is node:worker_threads' own.
  const webpack = () => new never(new URL('work.js', 'file:///dist/main.js'), { type: undefined });
  assert.equal(scriptOf(webpack, sibling).href, 'file:///dist/work.js');
});

test('words without a URL, and words that fail', () => {
  withGlobal('Worker', undefined, () => {
    const text = () => new globalThis.Worker('/text.js');
    assert.equal(scriptOf(text, sibling), '/text.js');
    const fails = () => {
      throw new TypeError('import.meta has no url');
    };
    assert.equal(scriptOf(fails, sibling).href, 'file:///package/worker.js');
  });
});

for (const [name, define, mode] of [
  [
    'is read-only',
    `Object.defineProperty(globalThis, 'Worker', { value: Worker, writable: false, configurable: false })`,
    'threads',
  ],
  [
    'stands behind a getter',
    `{ const { Worker } = globalThis; Object.defineProperty(globalThis, 'Worker', { get: () => Worker, configurable: false }); }`,
    'threads',
  ],
  [
    'is a wrapper that refuses',
    `Object.defineProperty(globalThis, 'Worker', { value: class { constructor() { throw 'by policy'; } } })`,
    'cooperative',
  ],
])
  test(`a page's Worker that ${name}: the mode is ${mode}`, async () => {
    const { code, stdout, stderr } = await inProcess(
      `const bytes = (await import('node:fs')).readFileSync(module);
       globalThis.origin = 'http://localhost';
       globalThis.location = { href: 'http://localhost/' };
       const runtime = await start({ module: bytes });
       console.log(runtime.mode, (await runtime.post('empty', { range: [0, 5] })).iterations, runtime.modeReason);
       await start({ module: bytes, mode: 'threads' }).then(
         (other) => other.close(),
         (error) => console.log(error.code),
       );
       await runtime.close();
       process.exit();`,
      { before: likeABrowser() + define },
    );
    assert.equal(code, 0, stderr);
    if (mode === 'threads') assert.equal(stdout, 'threads 5');
    else assert.match(stdout, /^cooperative 5 2 of 2 workers did not start: .*\nWORKER_START$/);
    assert(!stdout.includes('undefined'), stdout);
  });
