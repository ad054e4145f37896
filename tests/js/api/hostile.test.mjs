// Every public function, with values that throw, lie, or are of no use: each gives a typed error,
// or works; and the runtime works afterwards.
import assert from 'node:assert/strict';

import { copied, FilchError, Runtime } from '../../../web/index.js';
import { connectRing } from '../../../web/ring.js';
import { bothModes, until } from '../helpers.mjs';
import { decode, encode } from '../ring/records.mjs';

const functions = new URL('../../fixtures/modules/foreign.js', import.meta.url);
const bomb = () => {
  throw new TypeError('a trap of the application');
};
const everything = {
  get: bomb,
  has: bomb,
  ownKeys: bomb,
  getPrototypeOf: bomb,
  getOwnPropertyDescriptor: bomb,
  apply: bomb,
};
const revoked = (target) => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const NAMES =
  'range args name priority grain signal timeout after inOrder deterministic transfer bytes into ordered encode decode flush drain reset every back length message then buffer'.split(
    ' ',
  );
/** An object each of whose properties throws. */
const mined = (target) => {
  for (const key of [...NAMES, Symbol.iterator, Symbol.toPrimitive, Symbol.toStringTag])
    Object.defineProperty(target, key, { get: bomb, enumerable: typeof key === 'string' });
  return target;
};

/** Values, each made anew. */
const values = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => NaN,
  '-0': () => -0,
  infinite: () => Infinity,
  negative: () => -1,
  fraction: () => 1.5,
  huge: () => 2 ** 53,
  bigint: () => 10n ** 30n,
  symbol: () => Symbol('s'),
  empty: () => '',
  text: () => 'text',
  long: () => 'x'.repeat(2 ** 18),
  surrogate: () => '\ud800',
  function: () => () => 1,
  object: () => ({}),
  bare: () => Object.create(null),
  array: () => [],
  sparse: () => Array(3),
  nested: () => [[[]]],
  mined: () => mined({}),
  'mined array': () => {
    const array = [1];
    Object.defineProperty(array, Symbol.iterator, { get: bomb });
    Object.defineProperty(array, 0, { get: bomb });
    return array;
  },
  proxy: () => new Proxy({}, everything),
  'array proxy': () => new Proxy([], everything),
  'function proxy': () => new Proxy(() => 0, everything),
  revoked: () => revoked({}),
  'revoked array': () => revoked([]),
  'revoked function': () => revoked(() => 0),
  thenable: () => ({ then: bomb }),
  'throwing valueOf': () => ({ valueOf: bomb, toString: bomb, [Symbol.toPrimitive]: bomb }),
  date: () => new Date(NaN),
  error: () => Object.defineProperty(new Error('x'), 'message', { get: bomb }),
  view: () => new Uint8Array(4),
  detached: () => {
    const array = new Uint32Array(4);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    return array;
  },
  'a view that lies': () => Object.defineProperty(new Uint32Array(4), 'length', { value: 2 ** 30 }),
  'a view that throws': () =>
    Object.defineProperty(new Uint32Array(4), Symbol.toStringTag, { get: bomb }),
  'no typed array': () => Object.create(Uint8Array.prototype),
  shared: () => new Uint8Array(new SharedArrayBuffer(8)),
  signal: () => ({ aborted: false, addEventListener: bomb }),
};

/** Calls of a public function with one value in the place of another. */
const calls = (runtime, job, visits) => {
  const ok = { range: [0, 1], args: { cost: 1 } };
  const option = (name) => (value) => runtime.post('spin', { ...ok, [name]: value });
  const many = { range: [0, 1], args: { visits } };
  const ring = { args: { by: 1 }, encode, decode };
  return {
    'post(kernel)': (value) => runtime.post(value, ok),
    'post(options)': (value) => runtime.post('spin', value),
    ...Object.fromEntries(
      'range args name priority grain signal timeout after deterministic nonsense'
        .split(' ')
        .map((name) => [`post ${name}`, option(name)]),
    ),
    'post a range of': (value) => runtime.post('spin', { ...ok, range: [0, value] }),
    'post after a list of': (value) => runtime.post('spin', { ...ok, after: [value] }),
    'an argument': (value) => runtime.post('spin', { range: [0, 1], args: { cost: value } }),
    'an array argument': (value) =>
      runtime.post('visit', { range: [0, 0], args: { visits: value } }),
    'arguments together': (value) => runtime.post('point', { range: [0, 0], args: { at: value } }),
    'copied()': (value) =>
      runtime.post('visit', { range: [0, 0], args: { visits: copied(value) } }),
    'copied(options)': (value) => copied([1], value),
    'copied of': (value) =>
      runtime.post('visit', { range: [0, 1], args: { visits: copied([value]) } }),
    'copied back': (value) =>
      runtime.post('visit', { range: [0, 0], args: { visits: copied(value, { back: true }) } }),
    'postMany(kernel)': (value) => runtime.postMany(value, [many]),
    'postMany(loops)': (value) => runtime.postMany('visit', value),
    'postMany(options)': (value) => runtime.postMany('visit', [many], value),
    'postMany a loop': (value) => runtime.postMany('visit', [many, value]),
    'postMany args': (value) => runtime.postMany('visit', [{ range: [0, 1], args: value }]),
    'restore(bytes)': (value) => runtime.restore(value),
    'restore(options)': (value) => runtime.restore(new Uint8Array(10), value),
    'run()': (value) => runtime.run('spin', value),
    'map(kernel)': (value) => runtime.map(value, [1]),
    'map(array)': (value) => runtime.map('shaped', value, { args: { cost: 1 } }),
    'map(options)': (value) => runtime.map('shaped', [1], value),
    'map args': (value) => runtime.map('shaped', [1], { args: value }),
    'reduce(kernel)': (value) => runtime.reduce(value, {}),
    'reduce(options)': (value) => runtime.reduce('dot', value),
    'alloc(type)': (value) => runtime.alloc(value, 1),
    'alloc(length)': (value) => runtime.free(runtime.alloc(Uint8Array, value)),
    'free()': (value) => runtime.free(value),
    'ring(kernel)': (value) => runtime.ring(value, ring).close(),
    'ring(options)': (value) => runtime.ring('record', value).close(),
    'ring args': (value) => runtime.ring('record', { ...ring, args: value }).close(),
    'ring encode': (value) => runtime.ring('record', { ...ring, encode: value }).close(),
    'ring flush': (value) => runtime.ring('record', { ...ring, flush: value }).close(),
    'ringPort(options)': (value) => runtime.ringPort('record', value).close({ gone: true }),
    'ringPort close()': (value) => {
      const { close } = runtime.ringPort('record', { args: { by: 1 } });
      try {
        close(value);
      } finally {
        close({ gone: true });
      }
    },
    'connectRing(port)': (value) => connectRing(value, { encode, decode }),
    'connectRing(options)': (value) => {
      const { port, close } = runtime.ringPort('record', { args: { by: 1 } });
      try {
        connectRing(port, value);
      } finally {
        close({ gone: true });
      }
    },
    'connectRing a port of': (value) =>
      connectRing({ memory: visits.buffer, address: value, capacity: value }, { encode, decode }),
    'load(source)': (value) => runtime.load(value),
    'load(options)': (value) => runtime.load(new Uint8Array(10), value),
    'define(kernel)': async (value) => runtime.unload(await runtime.define(value, functions, {})),
    'define(url)': (value) => runtime.define('hostile', value, {}),
    'define(description)': async (value) =>
      runtime.unload(await runtime.define('hostile', functions, value)),
    'define fields': async (value) =>
      runtime.unload(await runtime.define('hostile', functions, { fields: value })),
    'unload()': (value) => runtime.unload(value),
    'call(url)': (value) => runtime.call(value, 'answer'),
    'call(name)': (value) => runtime.call(functions, value),
    'call(args)': (value) => runtime.call(functions, 'answer', value),
    'call an argument': (value) => runtime.call(functions, 'answer', [value]),
    'call(options)': (value) => runtime.call(functions, 'answer', [], value),
    'start module': async (value) => {
      const other = await Runtime.start({ mode: 'cooperative', memory: 2 ** 22, module: value });
      await other.close();
    },
    'start signal': async (value) => {
      const other = await Runtime.start({ mode: 'cooperative', memory: 2 ** 22, signal: value });
      await other.close();
    },
    'stats()': (value) => runtime.stats(value),
    'resize()': (value) => runtime.resize(value),
    'replaceWorker()': (value) => value !== 0 && runtime.replaceWorker(value),
    'job.cancel()': (value) => {
      const other = runtime.post('spin', { ...ok, after: job });
      other.cancel(value);
      return other;
    },
    'job.priority': (value) => {
      job.priority = value;
    },
    'job.updates()': async (value) => {
      const updates = job.updates(value);
      await updates.next();
      await updates.return();
    },
    'job.then()': (value) => void job.then(value, value).then(undefined, () => {}),
  };
};

bothModes(
  'a hostile value gives a typed error, or works',
  async (start) => {
    const runtime = await start();
    const visits = runtime.alloc(Uint32Array, 4);
    const job = runtime.post('spin', { range: [0, 2 ** 40], args: { cost: 100 }, priority: 'low' });
    await job.pause();
    const { used } = runtime.memory;
    const all = calls(runtime, job, visits);
    const wrong = [];
    for (const [what, call] of Object.entries(all)) {
      for (const [name, make] of Object.entries(values)) {
        const before = runtime.stats().outstanding;
        try {
          const result = call(make());
          if (typeof result?.cancel === 'function' && result !== job) {
            result.cancel();
            await result;
          } else await result;
        } catch (error) {
          if (!(error instanceof FilchError)) wrong.push(`${what}, ${name}: ${error?.stack}`);
        }
        const { outstanding } = runtime.stats();
        if (outstanding !== before) wrong.push(`${what}, ${name}: ${outstanding} jobs`);
      }
    }
    assert.deepEqual(wrong, []);
    job.resume();
    job.cancel();
    await assert.rejects(job);
    // A ring ends when its producer is told to have gone: then, not at that call.
    await until(() => runtime.memory.used === used);
    await runtime.run('spin', { range: [0, 10], args: { cost: 1 } });
    await runtime.close({ drain: true });
  },
  { timeout: 120_000 },
);
