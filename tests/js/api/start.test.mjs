// Runtime.start(): options, modules, memory, workers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import threads from 'node:worker_threads';

import {
  CancelledError,
  ModuleError,
  OptionsError,
  OutOfMemoryError,
  Runtime,
  WorkerStartError,
} from '../../../web/index.js';
import { HOST_ABI } from '../../../web/wasm/abi.js';
import { eachBuild, moduleOf, moduleUrl } from '../helpers.mjs';

const module = await moduleOf('filch-test.wasm');
const refused = (options, Kind, ...texts) =>
  assert.rejects(Runtime.start(options), (error) => {
    assert(error instanceof Kind, `${error}`);
    assert.equal(error.name, Kind.prototype.name);
    for (const text of texts)
      assert(error.message.includes(text), `${error.message} does not say ${text}`);
    return true;
  });

const BAD = [
  ['no object', null, 'object of options'],
  ['an unknown option', { threads: 2 }, '"threads"', '"workers"'],
  ['an inherited name as an option', { toString: 2 }, '"toString"'],
  ['workers 0', { workers: 0 }, '"workers"', '1 to 30', 'got 0'],
  ['workers 31', { workers: 31 }, '1 to 30'],
  ['workers 1.5', { workers: 1.5 }, '1 to 30'],
  ['workers NaN', { workers: NaN }, '"workers"', 'NaN'],
  ['workers as text', { workers: '2' }, '"auto"', 'got "2"'],
  ['taskSlots 0', { taskSlots: 0 }, '1 to 65535'],
  ['taskSlots 65536', { taskSlots: 65536 }, '1 to 65535'],
  ['maxQueue -1', { maxQueue: -1 }, '"maxQueue"'],
  ['memory that is too little', { memory: 1000 }, '2^20'],
  ['memory past 4 GiB', { memory: 2 ** 33 }, '2^32'],
  ['stackBytes that are too few', { stackBytes: 100 }, '16384'],
  ['stackBytes past 16 MiB', { stackBytes: 2 ** 25 }, '16777216'],
  ['startLimit 0', { startLimit: 0 }, '"startLimit"'],
  ['startLimit past a timer', { startLimit: Infinity }, '"startLimit"'],
  ['frameBudget as text', { frameBudget: '6' }, '"frameBudget"'],
  ['an unknown mode', { mode: 'serial' }, '"auto", "threads", "cooperative"'],
  ['a signal that is none', { signal: {} }, 'AbortSignal'],
  ['a module that is none', { module: 7 }, 'URL', 'got 7'],
];
for (const [name, options, ...texts] of BAD)
  test(`refuses ${name}`, () => refused(options, OptionsError, ...texts));

test('an undefined option counts as left out', async () => {
  const runtime = await Runtime.start({
    module,
    workers: undefined,
    memory: undefined,
    signal: undefined,
  });
  assert.equal(runtime.workers.asked, Math.min(30, os.availableParallelism()));
  assert.equal(runtime.memory.size, 2 ** 28);
  assert.equal(runtime.memory.reason, '');
  await runtime.close();
});

test('the constructor of Runtime refuses callers', () =>
  assert.throws(() => new Runtime(), /Runtime\.start/));

eachBuild('a started runtime says what it has', async (start) => {
  const runtime = await start({ workers: 3, memory: 2 ** 22 });
  assert.equal(runtime.mode, 'threads');
  assert.equal(runtime.modeReason, '');
  assert.deepEqual(runtime.workers, { asked: 3, running: 3, reason: '' });
  assert.equal(runtime.memory.size, 2 ** 22);
  assert.deepEqual(runtime.kernels.visit, {
    kind: 'parallel',
    fields: { visits: { role: 'array', type: 'u32' } },
  });
  assert.equal(runtime.kernels.iterate.kind, 'sequential');
  assert.deepEqual(runtime.kernels.spin.fields.costs, { role: 'option', type: 'u32' });
  assert.deepEqual(runtime.kernels.spin.fields.sum, { role: 'state', type: 'u64' });
  assert(Object.isFrozen(runtime.kernels.visit.fields.visits));
  assert.equal(runtime.stats().workers.length, 3);
  for (const counter of ['tasks', 'chunks', 'iterations', 'steals', 'parks'])
    assert(counter in runtime.stats().workers[0], counter);
});

eachBuild('every number of workers starts, 1 to 30', async (start) => {
  for (const workers of [1, 30]) {
    const runtime = await start({ workers });
    assert.equal(runtime.workers.running, workers);
    const visits = runtime.alloc(Uint32Array, 3000);
    await runtime.post('visit', { range: [0, 3000], args: { visits } });
    assert(visits.every((n) => n === 1));
    await runtime.close();
  }
});

// -- the module

test('the option "module" takes a URL, an address, bytes, a view, or a module', async () => {
  const { readFile } = await import('node:fs/promises');
  const url = moduleUrl('filch-plain.wasm');
  const bytes = await readFile(url);
  for (const source of [
    url,
    url.href,
    bytes,
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    module,
  ]) {
    const runtime = await Runtime.start({ module: source, workers: 1 });
    assert(runtime.kernels.visit);
    await runtime.close();
  }
});

test('a module comes over HTTP, with the right type and with another', async (t) => {
  const { readFile } = await import('node:fs/promises');
  const bytes = await readFile(moduleUrl('filch-test.wasm'));
  const server = createServer((request, response) => {
    if (request.url === '/missing.wasm') return response.writeHead(404).end('no');
    if (request.url === '/text.wasm')
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<p>not found</p>');
    if (request.url === '/broken.wasm')
      return response.writeHead(200, { 'content-type': 'application/wasm' }).end('<p>');
    const type = request.url === '/good.wasm' ? 'application/wasm' : 'application/octet-stream';
    response.writeHead(200, { 'content-type': type }).end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const at = (name) => `http://127.0.0.1:${server.address().port}/${name}`;
  for (const name of ['good.wasm', 'other-type.wasm']) {
    const runtime = await Runtime.start({ module: new URL(at(name)), workers: 1 });
    await runtime.close();
  }
  await refused({ module: at('missing.wasm') }, ModuleError, 'missing.wasm', '404');
  await refused({ module: at('text.wasm') }, ModuleError, 'text.wasm', 'not WebAssembly');
  await refused({ module: at('broken.wasm') }, ModuleError, 'broken.wasm', 'not WebAssembly');
  await Runtime.start({ module: at('missing.wasm') }).catch((error) =>
    assert.equal(error.status, 404),
  );
  server.close();
  await refused({ module: 'http://127.0.0.1:1/x.wasm' }, ModuleError, '127.0.0.1:1/x.wasm');
});

test('a missing module, and one that is no WebAssembly, are refused', async (t) => {
  await refused(
    { module: new URL('./no-such-file.wasm', import.meta.url) },
    ModuleError,
    'no-such-file.wasm',
    'ENOENT',
  );
  await refused({ module: new Uint8Array([1, 2, 3]) }, ModuleError, 'bytes');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'filch-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'text.wasm');
  await writeFile(file, 'text');
  await refused({ module: pathToFileURL(file) }, ModuleError, 'text.wasm', 'not WebAssembly');
  await refused({ module: 'no address' }, ModuleError, 'no%20address');
});

// The smallest modules: a header, and sections written out.
const wasm = (...sections) => new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
const text = (s) => [s.length, ...Buffer.from(s)];
const section = (id, ...body) => [id, body.flat().length, ...body.flat()];

test('a module that is not Filch is refused', async () => {
  await refused({ module: wasm() }, ModuleError, 'does not export', 'filch_host_abi');
  const type = section(1, [1, 0x60, 0, 0]);
  const stranger = wasm(type, section(2, [1], text('elsewhere'), text('thing'), [0, 0]));
  await refused({ module: stranger }, ModuleError, 'linked', 'elsewhere');
});

test('a module of another ABI is refused', async () => {
  const exports = section(7, [1], text('filch_host_abi'), [0, 0]);
  const future = wasm(
    section(1, [1, 0x60, 0, 1, 0x7f]),
    section(3, [1, 0]),
    exports,
    section(10, [1, 4, 0, 0x41, 42, 0x0b]),
  );
  await refused({ module: future }, ModuleError, 'ABI is 42', `needs ${HOST_ABI}`);
});

// -- memory

test('a size of memory that the caller asks for is allocated or refused', async (t) => {
  const runtime = await Runtime.start({ module, workers: 1, memory: 2 ** 22 + 1 });
  assert.equal(runtime.memory.size, 2 ** 22 + 65536);
  await runtime.close();
  await refused(
    { module, memory: 2 ** 20, workers: 30, stackBytes: 2 ** 20 },
    OutOfMemoryError,
    'stackBytes',
  );
  refuseMemoryAbove(t, 2 ** 27);
  await refused({ module, memory: 2 ** 27 + 1 }, OutOfMemoryError, String(2 ** 27 + 1));
});

function refuseMemoryAbove(t, bytes) {
  const { Memory } = WebAssembly;
  t.after(() => (WebAssembly.Memory = Memory));
  WebAssembly.Memory = function (descriptor) {
    if (descriptor.maximum * 65536 > bytes) throw new RangeError('could not allocate memory');
    return new Memory(descriptor);
  };
}

test('without the option "memory" smaller sizes are tried, and the runtime says so', async (t) => {
  refuseMemoryAbove(t, 2 ** 26);
  const runtime = await Runtime.start({ module, workers: 1 });
  assert.equal(runtime.memory.size, 2 ** 26);
  assert.match(runtime.memory.reason, /256 MiB.*could not allocate/);
  await runtime.close();
});

test('start() without any memory is a typed error', async (t) => {
  refuseMemoryAbove(t, 2 ** 16);
  await refused({ module }, OutOfMemoryError, '32 MiB');
});

test('start() in an engine without shared memory is a typed error', async (t) => {
  const { Memory } = WebAssembly;
  t.after(() => (WebAssembly.Memory = Memory));
  WebAssembly.Memory = function () {
    throw new TypeError('shared is not supported');
  };
  await refused({ module }, OutOfMemoryError, 'shared is not supported');
});

// -- workers

/** Has every nth worker thread replaced by what `make` gives. */
function replaceThreads(t, script, which) {
  const { Worker } = threads;
  let n = 0;
  threads.Worker = class extends Worker {
    constructor(url, options) {
      super(which(n++) ? new URL(script) : url, options);
    }
  };
  syncBuiltinESMExports();
  t.after(() => {
    threads.Worker = Worker;
    syncBuiltinESMExports();
  });
}

const SILENT = 'data:text/javascript,setInterval(()=>{},1000)';
const THROWS = 'data:text/javascript,throw new Error("no luck here")';
const EXITS = 'data:text/javascript,process.exit(3)';
const NOT_THERE = new URL('./no-such-worker.js', import.meta.url).href;

test('the runtime goes on with the workers that started, and says why some are missing', async (t) => {
  replaceThreads(t, THROWS, (n) => n === 1 || n === 2);
  const runtime = await Runtime.start({ module, workers: 4 });
  assert.equal(runtime.mode, 'threads');
  assert.equal(runtime.workers.asked, 4);
  assert.equal(runtime.workers.running, 2);
  assert.match(runtime.workers.reason, /2 of 4 workers.*no luck here/);
  const visits = runtime.alloc(Uint32Array, 1e5);
  await runtime.post('visit', { range: [0, 1e5], args: { visits } });
  assert(visits.every((n) => n === 1));
  assert.equal(runtime.stats().workers.length, 2);
  await runtime.close();
});

test('start() waits for workers no longer than startLimit', async (t) => {
  replaceThreads(t, SILENT, (n) => n === 0);
  const began = performance.now();
  const runtime = await Runtime.start({ module, workers: 2, startLimit: 3000 });
  assert(performance.now() - began < 8000);
  assert.equal(runtime.workers.running, 1);
  assert.match(runtime.workers.reason, /1 of 2 workers.*within 3000 ms/);
  await runtime.close();
});

for (const [name, script, reason] of [
  ['throws', THROWS, /no luck here/],
  ['exits', EXITS, /code 3/],
  ['is silent', SILENT, /within 300 ms/],
  ['cannot be loaded', NOT_THERE, /no-such-worker/],
]) {
  test(`without any worker (each ${name}) the mode is cooperative, and the runtime says why`, async (t) => {
    replaceThreads(t, script, () => true);
    const runtime = await Runtime.start({
      module,
      workers: 2,
      startLimit: script === SILENT ? 300 : 10_000,
    });
    assert.equal(runtime.mode, 'cooperative');
    assert.match(runtime.modeReason, reason);
    assert.equal(runtime.workers.running, 0);
    assert.match(runtime.workers.reason, reason);
    assert.equal((await runtime.post('empty', { range: [0, 10] })).iterations, 10);
    await runtime.close();
  });
}

test('in the mode threads a start without any worker is a typed error', async (t) => {
  replaceThreads(t, THROWS, () => true);
  await refused({ module, workers: 2, mode: 'threads' }, WorkerStartError, 'no luck here');
});

// -- the signal

test('a signal aborts the start', async (t) => {
  await refused({ module, signal: AbortSignal.abort('too late') }, CancelledError, 'too late');
  replaceThreads(t, SILENT, () => true);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 100);
  const began = performance.now();
  const error = await Runtime.start({ module, workers: 2, signal: controller.signal }).catch(
    (e) => e,
  );
  assert(error instanceof CancelledError);
  assert.equal(error.reason.message, 'enough');
  assert(performance.now() - began < 5000);
});

test('after the start the signal means nothing', async () => {
  const controller = new AbortController();
  const runtime = await Runtime.start({ module, workers: 1, signal: controller.signal });
  controller.abort();
  assert.equal((await runtime.post('empty', { range: [0, 10] })).iterations, 10);
  await runtime.close();
});
