// Plug-ins that load() refuses, and says why: bytes that lie, thread-local variables, names that
// are not what they were, old compilers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { ArgumentError, PluginError } from '../../../web/index.js';
import {
  assembled,
  dylinkSection,
  isCustom,
  leb,
  nameBytes,
  sections,
} from '../../fuzz/wasm-bytes.mjs';
import { eachBuild, moduleUrl } from '../helpers.mjs';

const bytesOf = async (name) => new Uint8Array(await readFile(moduleUrl(`plugins/${name}.wasm`)));
const CUSTOM = 0;

/** Of a runtime: rejects(promise, ...words of the error's message), and nothing stays behind. */
const refuser = (runtime, Kind = PluginError) => {
  const { used } = runtime.memory;
  return async (promise, ...words) => {
    await assert.rejects(promise, (error) => {
      assert(error instanceof Kind, String(error?.stack));
      for (const word of words)
        assert(error.message.includes(word), `${error.message}: no ${word}`);
      return true;
    });
    assert.equal(runtime.memory.used, used);
  };
};

eachBuild('a section dylink.0 that lies is refused', async (start) => {
  const runtime = await start({ workers: 1 });
  const refused = refuser(runtime);
  const parts = sections(await bytesOf('kernels'));
  const others = parts.filter((part) => !isCustom(part, 'dylink.0'));
  const load = (content) => runtime.load(assembled([dylinkSection(content), ...others]));
  const memory = (size, align, table) => {
    const fields = [size, align, table, 0].flatMap((field) => leb(field));
    return [1, ...leb(fields.length), ...fields];
  };
  const right = memory(400, 4, 8);
  await runtime.unload(await load(right));
  for (let length = 1; length < right.length - 1; length++)
    await refused(load(right.slice(0, length)), 'its bytes cannot be read');
  await refused(load([1, 11, ...Array(11).fill(0xff)]), 'a number has no end');
  await refused(load([1, ...leb(2n ** 63n)]), 'it ends too early');
  await refused(load(memory(2n ** 32n, 4, 8)), 'too large');
  await refused(load(memory(400, 60, 8)), '2^60');
  await refused(load(memory(8, 4, 8)), 'less memory');
  await refused(load(memory(400, 4, 0)), 'fewer table elements');
  await refused(load(memory(400, 4, 2 ** 31)), 'table elements');
  await assert.rejects(load(memory(2 ** 31, 4, 8)), { code: 'OUT_OF_MEMORY' });
  const two = [dylinkSection(right), dylinkSection(right), ...others];
  await refused(runtime.load(assembled(two)), 'two sections');
  // A section that no engine reads may hold anything.
  const odd = { id: CUSTOM, body: Uint8Array.from([...nameBytes('name'), 9, 0xff, 0xff, 1]) };
  await runtime.unload(await runtime.load(assembled([...parts, odd])));
});

eachBuild('thread-local variables are refused', async (start) => {
  const runtime = await start({ workers: 1 });
  const refused = refuser(runtime);
  const bytes = await bytesOf('locals');
  await refused(runtime.load(bytes), 'thread-local', '_Thread_local');
  const nameless = sections(bytes).filter((part) => !isCustom(part, 'name'));
  await refused(runtime.load(assembled(nameless)), 'thread-local');
});

eachBuild("an old clang's plug-in is refused with the version that is needed", async (start) => {
  const runtime = await start({ workers: 1 });
  const refused = refuser(runtime);
  const old = {
    id: CUSTOM,
    body: Uint8Array.from([
      ...nameBytes('producers'),
      1,
      ...nameBytes('processed-by'),
      1,
      ...nameBytes('Debian clang'),
      ...nameBytes('14.0.6'),
    ]),
  };
  const parts = sections(await bytesOf('importing')).filter((part) => !isCustom(part, 'producers'));
  await refused(
    runtime.load(assembled([...parts, old])),
    '"env.besselj"',
    'clang 14',
    '17 or later',
  );
  const empty = assembled([old]); // -shared was ignored, and so the memory is no import
  await refused(runtime.load(empty), 'does not import the memory', 'clang 14', '17 or later');
});

eachBuild('the kernel that is registered is the one that was checked', async (start) => {
  const runtime = await start({ workers: 1 });
  const refused = refuser(runtime);
  const text = (bytes, from, to) => {
    const copy = Buffer.from(bytes);
    for (let at = 0; (at = copy.indexOf(from, at)) >= 0; at += to.length)
      copy.write(to, at, 'latin1');
    return copy;
  };
  // The export is called mean, and its description says spin, which there is already.
  const parts = sections(await bytesOf('kernels'));
  const data = parts.findIndex(({ id }) => id === 11);
  const renamed = parts.with(data, { id: 11, body: text(parts[data].body, 'mean\0', 'spin\0') });
  await refused(runtime.load(assembled(renamed)), '"mean" calls itself "spin"');
  assert.equal(runtime.kernels.spin.fields.cost.type, 'u32');

  const brighten = await bytesOf('brighten');
  const fields = { data: 'array u8', by: 'value u32', count: 'state u64' };
  const load = (schema) => runtime.load(brighten, { kernels: { brighten: schema } });
  for (const name of ['', 'a\0b', '\ud800', '__proto__', 'f'.repeat(101)])
    await refused(
      load({ fields: { ['__proto__']: undefined, ...fields, [name]: 'value u8' } }),
      'called',
    );
  let reads = 0;
  const changing = {
    get data() {
      return reads++ ? 7 : 'array u8';
    },
    by: 'value u32',
    count: 'state u64',
  };
  const plugin = await load({ fields: changing });
  assert.equal(reads, 1);
  await runtime.unload(plugin);
  const bad = refuser(runtime, ArgumentError);
  const throws = (thrown) => ({
    get() {
      throw thrown;
    },
  });
  for (const thrown of [new Error('mine'), 'mine', null]) {
    await bad(
      load(Object.create({}, { fields: { ...throws(thrown), enumerable: true } })),
      String(thrown?.message ?? thrown),
    );
    await bad(runtime.load(brighten, new Proxy({}, throws(thrown))), 'cannot be read');
    await bad(
      runtime.define(
        'mine',
        new URL('file:///x.js'),
        Object.create({}, { fields: throws(thrown) }),
      ),
      'cannot be read',
    );
  }
  for (const name of [Symbol('mine'), {}, 7, undefined])
    await bad(runtime.define(name, new URL('file:///x.js'), { fields }), 'name of a kernel');
  // Bytes that their owner changes, or gives away, while they are being loaded.
  const bytes = (await bytesOf('brighten')).buffer;
  const loading = runtime.load(bytes, { kernels: { brighten: { fields } } });
  await null;
  const gone = structuredClone(bytes, { transfer: [bytes] });
  assert(gone.byteLength > 0);
  await loading.then(
    (loaded) => runtime.unload(loaded),
    (error) => assert(error instanceof PluginError, `${error}`),
  );
});
