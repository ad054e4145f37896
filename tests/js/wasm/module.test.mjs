// Where the module comes from: what a server may send in its place, and memory that is refused.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

import {
  CancelledError,
  ModuleError,
  OptionsError,
  OutOfMemoryError,
  PluginError,
  Runtime,
} from '../../../web/index.js';
import { moduleOf, moduleUrl } from '../helpers.mjs';

const module = await moduleOf('filch-test.wasm');
const plugin = await readFile(moduleUrl('plugins/kernels.wasm'));
const page = '<!doctype html><title>not found</title>';
const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';

// name -> [bytes, content type, what the error says]
const SENT = {
  html: [page, 'text/html; charset=utf-8', 'the server sent HTML: "<!doctype html>'],
  'html-as-wasm': [page, 'application/wasm', 'the server sent HTML'],
  'html-no-type': [`\ufeff\n  ${page}`, undefined, 'the server sent HTML'],
  xml: ['<?xml version="1.0"?><Error/>', 'application/xml', 'the server sent HTML'],
  'html-text': ['Not here', 'text/html', 'the server sent HTML: "Not here"'],
  text: ['Cannot GET /x\n', 'text/plain', 'the server sent text: "Cannot GET /x"'],
  letters: ['Größe: nicht gefunden, und noch mehr Wörter, bis zum äußersten Ende ö', '', 'Größe'],
  json: ['{"error":1}', 'application/json', 'the server sent text: "{'],
  empty: ['', 'application/wasm', 'the server sent no bytes'],
  gzip: [gzipSync(plugin), 'application/wasm', 'Content-Encoding: gzip'],
  lfs: [lfs, 'application/octet-stream', 'Git LFS'],
  short: [plugin.subarray(0, 100), 'application/wasm', 'not WebAssembly'],
  binary: [Buffer.from([1, 2, 3, 0xff]), 'application/wasm', 'not WebAssembly'],
};

async function serving(t, handler) {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

const says =
  (Kind, ...texts) =>
  (error) => {
    assert(error instanceof Kind, `${error}`);
    for (const text of texts) assert(error.message.includes(text), `${error.message}: no ${text}`);
    assert(!error.message.includes('undefined'), error.message);
    return true;
  };

test('the error says what the server sent in place of a module, or of a plug-in', async (t) => {
  const address = await serving(t, ({ url }, response) => {
    const [bytes, type] = SENT[url.slice(1)];
    if (type) response.setHeader('content-type', type);
    response.end(bytes);
  });
  const runtime = await Runtime.start({ module, workers: 1, memory: 2 ** 24 });
  t.after(() => runtime.close());
  for (const [name, [, , text]] of Object.entries(SENT)) {
    const url = `${address}${name}`;
    await assert.rejects(Runtime.start({ module: url }), says(ModuleError, url, text), name);
    await assert.rejects(runtime.load(url), says(PluginError, url, text), name);
    await assert.rejects(runtime.load(await fetch(url)), says(PluginError, url, text), name);
  }
});

test('the error says what stands in a file, or in bytes', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'filch-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [bytes, text] of [
    [lfs, 'Git LFS'],
    [page, 'HTML'],
    ['', 'no bytes'],
    [gzipSync(plugin), 'gzip'],
  ]) {
    const file = path.join(folder, 'a.wasm');
    await writeFile(file, bytes);
    await assert.rejects(
      Runtime.start({ module: pathToFileURL(file) }),
      says(ModuleError, 'a.wasm', text),
    );
    await assert.rejects(Runtime.start({ module: Buffer.from(bytes) }), says(ModuleError, text));
  }
});

test('a Response of the server is taken, and refused with its status', async (t) => {
  const address = await serving(t, ({ url }, response) => {
    if (url === '/none') response.writeHead(404);
    response.end(plugin);
  });
  const runtime = await Runtime.start({ module, workers: 1, memory: 2 ** 24 });
  t.after(() => runtime.close());
  await assert.rejects(runtime.load(await fetch(`${address}none`)), says(ModuleError, '404'));
  assert((await runtime.load(await fetch(`${address}ok`))).kernels.length);
  const used = await fetch(`${address}ok`);
  await used.arrayBuffer();
  await assert.rejects(runtime.load(used), says(ModuleError, `${address}ok`));
});

test('a signal stops a start at once, wherever its module stalls', async (t) => {
  let closed = 0;
  const address = await serving(t, ({ url }, response) => {
    response.on('close', () => closed++);
    if (url === '/headers') return;
    response.writeHead(200, { 'content-type': 'application/wasm' });
    response.write(plugin.subarray(0, 100));
  });
  for (const name of ['headers', 'body']) {
    const reason = new Error('enough');
    const controller = new AbortController();
    const starting = Runtime.start({ module: `${address}${name}`, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(
      starting,
      (error) => error instanceof CancelledError && error.reason === reason,
    );
  }
  // The requests end, too.
  for (const end = performance.now() + 5000; closed < 2 && performance.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(closed, 2);
});

test('a signal that is no AbortSignal of this engine works, and what it throws is the reason', async (t) => {
  const address = await serving(t, () => {});
  class Duck extends EventTarget {
    aborted = false;
    get reason() {
      throw new Error('no reason');
    }
  }
  const signal = new Duck();
  const starting = Runtime.start({ module: address, signal });
  setTimeout(() => {
    signal.aborted = true;
    signal.dispatchEvent(new Event('abort'));
  }, 50);
  process.removeAllListeners('warning'); // the getter's error is reported
  await assert.rejects(starting, CancelledError);
});

// -- memory

function refuseMemoryAbove(t, bytes, thrown) {
  const { Memory } = WebAssembly;
  t.after(() => (WebAssembly.Memory = Memory));
  WebAssembly.Memory = function (descriptor) {
    if (descriptor.maximum * 65536 > bytes) throw thrown;
    return new Memory(descriptor);
  };
}

for (const [name, thrown, text] of [
  ['a string', 'out of memory', 'out of memory'],
  ['undefined', undefined, 'the engine refused 256 MiB'],
  ['a TypeError', new TypeError('too large'), 'too large'],
  ['an object without a message', Object.create(null), 'the engine refused 256 MiB'],
]) {
  test(`an engine that throws ${name} has refused the memory: smaller sizes are tried`, async (t) => {
    refuseMemoryAbove(t, 2 ** 26, thrown);
    const runtime = await Runtime.start({ module, workers: 1 });
    assert.equal(runtime.memory.size, 2 ** 26);
    assert(runtime.memory.reason.includes(text), runtime.memory.reason);
    await runtime.close();
    WebAssembly.Memory = function () {
      throw thrown;
    };
    const said = says(OutOfMemoryError, '32 MiB');
    await assert.rejects(Runtime.start({ module }), (error) =>
      thrown === undefined ? error instanceof OutOfMemoryError : said(error),
    );
  });
}

test('a relative address is relative to the directory, whatever its name', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'filch #? %41 é-'));
  const before = process.cwd();
  t.after(async () => {
    process.chdir(before);
    await rm(folder, { recursive: true });
  });
  await writeFile(path.join(folder, 'a b.wasm'), await readFile(moduleUrl('filch-test.wasm')));
  process.chdir(folder);
  const runtime = await Runtime.start({ module: 'a b.wasm', workers: 1 });
  await runtime.close();
  await assert.rejects(Runtime.start({ module: 'http://' }), OptionsError);
});
