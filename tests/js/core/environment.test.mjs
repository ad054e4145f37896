// Environments that lack globals, freeze them, or look like others: each in a process of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inProcess, likeABrowser } from '../helpers.mjs';

const WORKS = `
  const runtime = await start();
  const visits = runtime.alloc(Uint32Array, 1000);
  await runtime.post('visit', { range: [0, 1000], args: { visits } });
  const url = new URL('data:text/javascript,export const twice = (x) => 2 * x;');
  const twice = await runtime.call(url, 'twice', [21], { name: 'ü'.repeat(100) });
  console.log(runtime.mode, visits.every((n) => n === 1), twice, runtime.modeReason);
  await runtime.close();`;
const REFUSED = `await start().then(
  () => console.log('started'),
  (error) => console.log(error instanceof filch.FilchError, error.code, error.message));`;

async function works(mode, options, source = WORKS) {
  const { code, stdout, stderr } = await inProcess(source, options);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${mode} true 42`);
}

for (const name of [
  'Atomics',
  'EventTarget',
  'URL',
  'WebAssembly',
  'performance',
  'queueMicrotask',
  'setInterval',
  'setTimeout',
]) {
  test(`without ${name} the package can be imported, and start() names what is missing`, async () => {
    // The helper itself makes a URL.
    const { code, stdout, stderr } = await inProcess(`delete globalThis.${name}; ${REFUSED}`, {
      before: name === 'URL' ? '' : `delete globalThis.${name};`,
    });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `true MODULE no runtime can start here: there is no "${name}"`);
  });
}

test('where a browser has no text codec start() says so', async () => {
  const before = `${likeABrowser()} delete globalThis.TextEncoder; delete globalThis.TextDecoder;`;
  const { stdout } = await inProcess(`${REFUSED} process.exit();`, { before });
  assert.match(stdout, /^true MODULE .*"TextDecoder", "TextEncoder"$/);
});

test("with jsdom's globals everything works", async () => {
  const gone = ['TextEncoder', 'TextDecoder', 'structuredClone', 'MessageChannel', 'setImmediate'];
  const more = ['clearImmediate', 'fetch', 'Response', 'BroadcastChannel', 'reportError'];
  const before = `
    for (const name of ${JSON.stringify([...gone, ...more])}) delete globalThis[name];
    globalThis.Window = function Window() { throw new TypeError('Illegal constructor'); };
    globalThis.window = globalThis;
    globalThis.location = { href: 'http://localhost/' };
    globalThis.document = { baseURI: 'http://localhost/', addEventListener() {}, removeEventListener() {} };`;
  await works('threads', { before });
});

for (const [name, before] of [
  ["a bundler's stand-in for process", `Object.assign(process, { browser: true });`],
  ["Electron's page", `Object.defineProperty(process, 'type', { value: 'renderer' });`],
  ["Electron's worker", `Object.defineProperty(process, 'type', { value: 'worker' });`],
]) {
  // The engine's own classes have no source: a bound function neither.
  const native = `globalThis.Window = function () {}.bind();`;
  test(`${name} is not taken for Node`, async () => {
    const { stdout, stderr } = await inProcess(
      `const { isNode } = await import(${JSON.stringify(new URL('../../../web/core/platform.js', import.meta.url).href)});
       console.log(isNode);`,
      { before: before.includes('type') ? before : native + before },
    );
    assert.equal(stdout, 'false', stderr);
  });
}

for (const [name, options] of [
  ['frozen globals', { before: 'Object.freeze(globalThis);' }],
  [
    'frozen built-ins',
    {
      before: `for (const name of 'Object Array Function Error TypeError RangeError Promise Map Set WeakMap Symbol String Number BigInt RegExp Date URL'.split(' ')) {
        Object.freeze(globalThis[name].prototype);
        Object.freeze(globalThis[name]);
      }`,
    },
  ],
  ['--frozen-intrinsics', { flags: ['--frozen-intrinsics', '--no-warnings'] }],
  ['--disable-proto=delete', { flags: ['--disable-proto=delete'] }],
  ['--disable-proto=throw', { flags: ['--disable-proto=throw'] }],
  [
    'a Worker that is read-only',
    { before: `Object.defineProperty(globalThis, 'Worker', { value: class {} });` },
  ],
  [
    'a Worker and a URL that are read-only',
    {
      before: `Object.defineProperty(globalThis, 'Worker', { value: class {} });
               Object.defineProperty(globalThis, 'URL', { value: URL, writable: false, configurable: false });`,
    },
  ],
  [
    'a Worker behind an accessor',
    {
      before: `Object.defineProperty(globalThis, 'Worker', { get: () => class {}, configurable: true });`,
    },
  ],
])
  test(`with ${name} everything works`, () => works('threads', options));

test('in a worker thread everything works', () =>
  works(
    'threads',
    {},
    `const { Worker } = await import('node:worker_threads');
     const source = ${JSON.stringify(WORKS)};
     new Worker(new URL('data:text/javascript,' + encodeURIComponent(HEAD + source)), { execArgv: [] });`,
  ));

test('without leave to make workers the mode is cooperative, or start() rejects', async () => {
  const flags = ['--experimental-permission', '--allow-fs-read=*', '--no-warnings'];
  const { stdout, stderr } = await inProcess(
    `const runtime = await start();
     console.log(runtime.mode, /restricted/.test(runtime.modeReason));
     await start({ mode: 'threads' }).catch((error) => console.log(error.code));
     await runtime.close();`,
    {
      flags: process.allowedNodeEnvironmentFlags.has('--permission')
        ? ['--permission', ...flags.slice(1)]
        : flags,
    },
  );
  assert.equal(stdout, 'cooperative true\nWORKER_START', stderr);
});

test('without its directory a process has a runtime; a relative address is refused', async () => {
  const { stdout, stderr } = await inProcess(
    `const fs = await import('node:fs');
     const os = await import('node:os');
     const folder = fs.mkdtempSync(os.tmpdir() + '/filch-');
     process.chdir(folder);
     fs.rmdirSync(folder);
     await start({ module: 'filch.wasm' }).catch((error) => console.log(error.code));
     const runtime = await start();
     console.log((await runtime.post('empty', { range: [0, 5] })).iterations);
     await runtime.close();`,
  );
  assert.match(stdout, /^(MODULE|BAD_OPTIONS)\n5$/, stderr);
});
