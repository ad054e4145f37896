// A program for realm.test.mjs: the package in a realm of its own, as Jest runs it, and all that
// takes values with values of both realms. Prints each fact that is not so, and at last "done".
//
//   node --experimental-vm-modules realm.mjs MODE MODULE [names of globals that are the process's]
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import {
  createContext,
  runInContext,
  runInNewContext,
  SourceTextModule,
  SyntheticModule,
} from 'node:vm';

import { startHigh } from '../high.mjs';

const [mode, file, ...shared] = process.argv.slice(2);

/** What jest-environment-jsdom has: no text codec, no structuredClone(), no MessageChannel. */
const HAS =
  'AbortController AbortSignal Buffer CustomEvent Event EventTarget URL clearInterval clearTimeout console performance process queueMicrotask setInterval setTimeout';
const globals = Object.fromEntries(
  [...HAS.split(' '), ...shared].map((name) => [name, globalThis[name]]),
);
const context = createContext({
  ...globals,
  Window: function Window() {},
  location: { href: 'http://localhost/' },
});
const modules = new Map();

async function builtin(url) {
  const exports = await import(url);
  const names = Object.keys(exports);
  const set = function () {
    for (const name of names) this.setExport(name, exports[name]);
  };
  return new SyntheticModule(names, set, { context, identifier: url });
}

/** The module of an address in the realm. One promise each: modules import one another. */
function moduleOf(url) {
  if (!modules.has(url)) modules.set(url, load(url));
  return modules.get(url);
}

async function load(url) {
  if (url.startsWith('node:')) return builtin(url);
  const source = url.startsWith('data:')
    ? decodeURIComponent(url.slice(url.indexOf(',') + 1))
    : await readFile(new URL(url), 'utf8');
  return new SourceTextModule(source, {
    context,
    identifier: url,
    initializeImportMeta: (meta) => (meta.url = url),
    importModuleDynamically: (name) => imported(new URL(name, url).href),
  });
}

async function imported(url) {
  const module = await moduleOf(url);
  if (module.status === 'unlinked')
    await module.link((name, from) => moduleOf(new URL(name, from.identifier).href));
  if (module.status !== 'evaluated') await module.evaluate();
  return module;
}

const web = (name) => new URL(`../../../web/${name}`, import.meta.url).href;
const { Runtime, copied } = (await imported(web('index.js'))).namespace;

/** Runs a step, and says what is wrong. */
async function step(name, body) {
  try {
    await body();
  } catch (error) {
    console.log(`${name}: ${error?.stack ?? error}`);
  }
}

/** A value of a further realm. */
const inside = (text) => runInNewContext(text);
/** A class of the package's realm. */
const own = (name) => runInContext(name, context);
const options = { module: new URL(file), mode, workers: 2, memory: 2 ** 24 };
const high = process.env.FILCH_TEST_HIGH;
const runtime = await startHigh(Runtime, options, high, own('Uint8Array'));
const url =
  'data:text/javascript,export const same = (x) => x; export const cast = (x) => { throw x; };';
const same = (value, options) => runtime.call(url, 'same', [value], options);
const tag = (value) => Object.prototype.toString.call(value).slice(8, -1);

await step('the mode', () => assert.equal(runtime.mode, mode));

await step('copies of arrays', async () => {
  for (const array of [new Uint32Array(100), inside('new Uint32Array(100)')]) {
    const visits = copied(array, { back: true });
    await runtime.post('visit', { range: [0, 100], args: { visits } });
    assert(array.every((n) => n === 1));
  }
});

await step('fields of an object', async () => {
  for (const point of [{ x: 1, y: 2 }, inside('({ x: 1, y: 2 })')]) {
    const { state } = await runtime.post('point', { range: [0, 1], args: { point } });
    assert.equal(state.sum, 5n);
  }
});

await step('values of calls', async () => {
  const values = `[
    new Date(5), new Map([[1, new Set([2])]]), /x/g, 5n, new RangeError('mine'), [1, , 3],
    new Uint16Array([1, 2]), new Float64Array(100), new Uint8Array(1000), new Uint8Array(1e5),
    new ArrayBuffer(8), new DataView(new ArrayBuffer(4)), new Number(4), { a: { b: 'ü' } }]`;
  for (const list of [eval(values), inside(values)]) {
    for (const value of list) assert.equal(tag(await same(value)), tag(value));
    const [got] = await same([list]);
    assert.deepEqual(got.map(tag), [...list].map(tag));
    assert.deepEqual([...got[1].get(1)], [2]);
    assert.equal(got.at(-1).a.b, 'ü');
    assert.deepEqual([...got[6]], [1, 2]);
  }
});

await step('objects that move', async () => {
  for (const buffer of [new ArrayBuffer(1e6), inside('new ArrayBuffer(1e6)')]) {
    const got = await same(buffer, { transfer: [buffer] });
    assert.deepEqual([got.byteLength, buffer.byteLength], [1e6, 0]);
  }
});

await step("the runtime's arrays in others' maps", async () => {
  const array = runtime.alloc(own('Uint8Array'), 10).fill(7);
  const map = inside('new Map()').set('a', array);
  const got = await same(map);
  assert.deepEqual([...got.get('a')], [...array]);
  runtime.free(array);
});

await step('errors', async () => {
  for (const error of [new TypeError('mine'), inside("new TypeError('mine')")])
    await assert.rejects(runtime.call(url, 'cast', [error]), ({ name, message }) => {
      assert.deepEqual([name, message], ['TypeError', 'mine']);
      return true;
    });
  assert.throws(() => same(Symbol('mine')), { name: 'ArgumentError' });
});

await step('kernels that come later', async () => {
  const url =
    'data:text/javascript,export default ({ args, state }, begin, end) => { for (let i = begin; i < end; i++) state.sum += args.data[i]; }';
  for (const fields of [0, 1].map((i) => {
    const text = "({ data: 'array f64', sum: 'state i32' })";
    return i ? inside(text) : eval(text);
  })) {
    const plugin = await runtime.define('sum', new URL(url), { fields });
    const args = { data: copied(new Float64Array(100).fill(1)) };
    const { state } = await runtime.post('sum', { range: [0, 100], args });
    assert.equal(state.sum, 100);
    await runtime.unload(plugin);
  }
  const bytes = await readFile(new URL('plugins/kernels.wasm', file));
  for (const given of [bytes, inside('(bytes) => Uint8Array.from(bytes)')(bytes)])
    await runtime.unload(await runtime.load(given));
});

await step('saved jobs', async () => {
  const job = runtime.post('spin', { range: [0, 1e6], args: { cost: 1000 } });
  job.pause();
  const saved = await job.save();
  job.cancel();
  await job.catch(() => {});
  for (const given of [saved, inside('(bytes) => Uint8Array.from(bytes)')(saved)]) {
    const again = runtime.restore(given);
    assert.equal(again.kernel, 'spin');
    again.cancel();
    await again.catch(() => {});
  }
});

await step('rings', async () => {
  const error = inside('new RangeError()');
  let fails = 1;
  const ring = runtime.ring('record', {
    args: { by: 1 },
    encode(view, value) {
      if (fails-- > 0) throw error; // as a Buffer's that is too small
      view.setUint32(0, value, true);
      return 4;
    },
    decode: (view) => view.getUint32(0, true),
  });
  assert.equal(await ring.send(41), 42);
  await ring.close();
});

await step('the end', async () => {
  await runtime.close();
  assert.equal(runtime.memory.used, 0);
});
console.log('done');
