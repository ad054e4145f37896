// node tests/fuzz/plugins.mjs --count 100000 --seed 1
//
// Loads plug-ins whose bytes were damaged, and descriptions of kernels that are odd. Each load()
// must give a plug-in, or reject with an error of Filch's; the memory must be as before; and the
// kernels of the module and of another plug-in must go on. The bodies of functions are not damaged:
// another body is another kernel, which may do anything in the shared memory.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { FilchError, Runtime } from '../../web/index.js';
import { assembled, dylinkSection, isCustom, leb, sections, unleb } from './wasm-bytes.mjs';

const build = new URL('../../build/', import.meta.url);
const bytesOf = (name) => readFile(new URL(name, build)).then((bytes) => new Uint8Array(bytes));

const CODE = 10;
const EXTREMES = [0, 1, 2, 63, 64, 127, 128, 255, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const HUGE = [2n ** 32n, 2n ** 35n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 70n];
const NAMES = ['brighten', '', '__proto__', 'constructor', 'pi', 'a b', 'a\0b', '\ud800', 'é', 'x'];

/** Random numbers that a seed repeats: xorshift. */
export function randomOf(seed) {
  let state = (seed * 2654435761 + 88675123) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state % below;
  };
}

/** Damages one section, or the list of them. */
function damage(parts, random) {
  const one = (list) => list[random(list.length)];
  const at = random(parts.length);
  const { id, body } = parts[at];
  const replace = (with_) => parts.splice(at, 1, ...with_);
  const number = () => (random(3) ? one(EXTREMES) : one(HUGE));
  const changes = [
    () => parts.splice(at, 0, parts[random(parts.length)]), // a section twice, or out of order
    () => parts.splice(at, 1),
    () => parts.push(...parts.splice(at, 1)),
    () => replace([{ id: random(16), body }]),
    () => replace([{ id, body, raw: leb(number(), 1 + random(6)) }]), // another length
    () => parts.push({ id: random(2) * random(16), body: body.slice(0, random(40)) }),
    () => {
      const fields = [0, 1, 2, 3].flatMap(() => leb(number(), 1 + random(5)));
      const whole = [1, ...leb(random(4) ? fields.length : number()), ...fields];
      const dylink = dylinkSection(random(3) ? whole : whole.slice(0, random(whole.length)));
      const old = parts.findIndex((part) => isCustom(part, 'dylink.0'));
      parts.splice(Math.max(old, 0), random(4) && old >= 0 ? 1 : 0, dylink);
    },
  ];
  const inside = [
    () => body.map((byte, i) => (i === place ? byte ^ (1 << random(8)) : byte)),
    () => body.map((byte, i) => (i === place ? random(256) : byte)),
    () => body.slice(0, place),
    () => [...body.slice(0, place), ...leb(number(), 1 + random(6)), ...body.slice(place)],
    () => [...leb(number(), 1 + random(6)), ...body.slice(unleb(body, 0).next)], // the count
    () => [...body.slice(0, place), ...body.slice(place + 1 + random(8))],
    () => {
      const other = one(parts).body;
      const from = random(other.length + 1);
      return [
        ...body.slice(0, place),
        ...other.slice(from, from + random(30)),
        ...body.slice(place),
      ];
    },
  ];
  const place = random(body.length + 1);
  if (random(3) && id !== CODE && body.length)
    replace([{ id, body: Uint8Array.from(one(inside)()) }]);
  else one(changes)();
}

/** Damaged bytes of one of the plug-ins. */
export function damagedBytes(originals, random) {
  const original = originals[random(originals.length)];
  const parts = sections(original);
  for (let times = 1 + random(3); times > 0 && parts.length; times--) damage(parts, random);
  const bytes = assembled(parts);
  return random(10) ? bytes : bytes.slice(0, random(bytes.length + 1));
}

/** An odd description of kernels; mostly of `brighten`. */
export function oddSchemas(random) {
  const one = (list) => list[random(list.length)];
  const throws = () => {
    throw one([new Error('a getter'), 'text', null, undefined, Symbol('thrown')]);
  };
  const what = () =>
    one(
      [
        'array u8',
        'value u32',
        'state u64',
        'array u7',
        ' ',
        'value',
        '',
        'u8 array',
        'option f64',
      ].concat([
        7,
        null,
        undefined,
        Symbol('what'),
        {},
        [],
        { toString: throws },
        'value u32 more',
        throws,
      ]),
    );
  const name = () => one([...NAMES, 'n'.repeat(random(400)), `f${random(99)}`, Symbol('name')]);
  const fields = () => {
    const made = {};
    for (let i = random(random(6) ? 5 : 300); i > 0; i--) {
      const get = random(8) ? undefined : throws;
      const key = name();
      if (Object.hasOwn(made, key)) continue;
      const changing = () => (random(2) ? 'array u8' : what());
      Object.defineProperty(made, key, {
        enumerable: true,
        get: get ?? (random(2) ? changing : what),
      });
    }
    return random(5) ? made : new Proxy(made, { ownKeys: random(2) ? throws : undefined });
  };
  const good = { data: 'array u8', by: 'value u32', count: 'state u64' };
  const schema = () =>
    one([
      { fields: random(2) ? good : fields() },
      {
        kind: one(['parallel', 'sequential', 'fork', '', 7, Symbol('kind'), null]),
        fields: fields(),
      },
      null,
      7,
      {
        get fields() {
          return throws();
        },
      },
      {
        get kind() {
          return random(2) ? 'parallel' : throws();
        },
        fields: good,
      },
    ]);
  const kernels = {};
  for (let i = random(3); i >= 0; i--) kernels[random(3) ? 'brighten' : name()] = schema();
  return one([
    { kernels },
    { kernels },
    { kernels: new Proxy(kernels, { get: throws }) },
    null,
    { kernels: null },
    { kernels: [schema()] },
    {
      get kernels() {
        return throws();
      },
    },
  ]);
}

async function goesOn(runtime) {
  const visits = runtime.alloc(Uint32Array, 1000);
  await runtime.run('visit', { range: [0, 1000], args: { visits } });
  assert(
    visits.every((n) => n === 1),
    'a kernel of the module',
  );
  runtime.free(visits);
  const args = { bytes: 2000, large: 0, traps: 0 };
  const { state } = await runtime.run('plunge', { range: [0, 100], args });
  assert.equal(state.count, 100n, 'a kernel of another plug-in');
}

/** The error, where it is none that load() may reject with. */
const escaped = (error) =>
  error instanceof FilchError && error.code !== 'CORRUPT' ? undefined : error;

/**
 * @returns {Promise<{ loaded: number, refused: Map<string, number>, failures: string[] }>}
 */
export async function fuzz({ count, seed, say = () => {} }) {
  const module = await WebAssembly.compile(await bytesOf('filch-test.wasm'));
  const originals = await Promise.all(
    ['kernels', 'emscripten', 'brighten', 'mathematics', 'brittle'].map((name) =>
      bytesOf(`plugins/${name}.wasm`),
    ),
  );
  const known = await bytesOf('plugins/checked.wasm');
  const start = async (mode) => {
    const runtime = await Runtime.start({ module, mode, workers: 1, memory: 2 ** 23 });
    await runtime.load(known);
    return runtime;
  };
  const runtimes = [await start('cooperative'), await start('threads')];
  const used = runtimes.map((runtime) => runtime.memory.used);
  const result = { loaded: 0, refused: new Map(), failures: [] };
  const unhandled = (error) => result.failures.push(`unhandled: ${String(error)}`);
  process.on('unhandledRejection', unhandled);
  for (let i = 0; i < count && result.failures.length < 10; i++) {
    const random = randomOf(seed + i);
    const which = Number(random(20) === 0); // workers take longer
    const runtime = runtimes[which];
    const fail = (why) => result.failures.push(`--count 1 --seed ${seed + i}: ${why}`);
    const isSchema = random(6) === 0;
    const bytes = isSchema ? originals[2] : damagedBytes(originals, random);
    const options = isSchema || random(4) === 0 ? oddSchemas(random) : undefined;
    const before = performance.now();
    const plugin = await runtime.load(bytes, options).catch((error) => {
      if (escaped(error)) fail(`load() rejected with ${String(error?.stack ?? String(error))}`);
      const text = String(error?.message).replace(/"[^"]*"|\d+/g, '_');
      result.refused.set(text, (result.refused.get(text) ?? 0) + 1);
    });
    if (performance.now() - before > 5000) fail(`load() took ${performance.now() - before} ms`);
    if (plugin) {
      result.loaded++;
      if (!plugin.kernels.every((name) => Object.hasOwn(runtime.kernels, name)))
        fail(`a kernel of ${plugin.kernels} is registered by another name`);
      await runtime.unload(plugin).catch((error) => fail(`unload(): ${error}`));
    }
    if (runtime.memory.used !== used[which])
      fail(`${runtime.memory.used - used[which]} bytes stay`);
    if (plugin || i % 50 === 0) await goesOn(runtime).catch((error) => fail(String(error.stack)));
    if (i % 10_000 === 9_999) say(`${i + 1} of ${count}, ${result.loaded} loaded`);
  }
  process.off('unhandledRejection', unhandled);
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  return result;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      texts: { type: 'boolean' },
    },
  });
  const count = Number(values.count);
  const { loaded, refused, failures } = await fuzz({
    count,
    seed: Number(values.seed),
    say: console.log,
  });
  if (values.texts) for (const [text, times] of refused) console.log(times, text);
  for (const failure of failures) console.log(failure);
  console.log(`${loaded} loaded, ${count - loaded} refused`);
  console.log(`${count} plug-ins, ${failures.length} escaped`);
  process.exitCode = failures.length ? 1 : 0;
}
