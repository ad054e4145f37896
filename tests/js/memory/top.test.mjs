// Memory up to 2^32: no array ends there, for the end's address would be 0.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connectRing } from '../../../web/ring.js';
import { OptionsError, Runtime } from '../../../web/index.js';
import { place } from '../../../web/wasm/placement.js';
import { moduleOf } from '../helpers.mjs';
import { decode, encode } from '../ring/records.mjs';

const END = 2 ** 32;
const PAGES = END / 65536;
const BYTES = 2 ** 24;
const NAME = 'filch-placed-test.wasm';
const url =
  'data:text/javascript,export const ends = (...all) => all.map((a) => a.byteOffset + a.byteLength);';
const kernel =
  'data:text/javascript,export default ({ args }) => { args.out[0] = args.x.byteOffset; };';

const wholeMemory = () => new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });

/** The last array that there is: all before it is taken. */
function lastOf(runtime, length) {
  const { capacity, used } = runtime.memory;
  runtime.alloc(Uint8Array, capacity - used - 4 * length); // never touched
  return runtime.alloc(Uint32Array, length);
}

async function check(runtime) {
  const out = runtime.alloc(Uint32Array, 1);
  await runtime.define('at', kernel, { fields: { x: 'array u32', out: 'array u32' } });
  const { port } = runtime.ringPort('record', { args: { by: 1 } });
  const spare = runtime.alloc(Uint8Array, 2 ** 16); // for calls
  const visits = lastOf(runtime, 2 ** 16);
  runtime.free(spare);
  const end = visits.byteOffset + visits.byteLength;
  assert.equal(end, END - 64);
  const empty = visits.subarray(visits.length);
  await runtime.run('visit', { range: [0, visits.length], args: { visits } });
  assert(visits.every((n) => n === 1));
  await runtime.run('visit', { range: [0, 0], args: { visits: empty } });
  await runtime.run('at', { range: [0, 1], args: { x: empty, out } });
  assert.equal(out[0], end, 'an empty array is no missing one');
  assert.deepEqual(await runtime.call(url, 'ends', [visits, empty]), [end, end]);
  const ring = connectRing(port, { encode, decode });
  assert.equal(await ring.send(1), 2);
  await ring.close();
}

for (const mode of ['threads', 'cooperative']) {
  test(`4 GiB of memory: no array ends at 2^32, ${mode}`, { timeout: 60_000 }, async (t) => {
    const module = await moduleOf('filch-test.wasm');
    const runtime = await Runtime.start({ module, mode, workers: 2, memory: END });
    t.after(() => runtime.close());
    assert.equal(runtime.memory.size, END);
    await check(runtime);
  });

  test(`nor in a region at the end of 4 GiB, ${mode}`, { timeout: 60_000 }, async (t) => {
    const runtime = await Runtime.start({
      module: await moduleOf(NAME),
      mode,
      workers: 2,
      memory: wholeMemory(),
      region: { address: END - BYTES, bytes: BYTES },
    });
    t.after(() => runtime.close());
    await check(runtime);
  });
}

test('a region that the module alone fills up to 2^32 is refused, and memory is as before', async () => {
  const module = await moduleOf(NAME);
  const memory = wholeMemory();
  const address = END - BYTES;
  const { stackTop } = place(module, memory, { address, bytes: BYTES }, END);
  const bytes = stackTop - address;
  const first = new Uint8Array(memory.buffer, 0, BYTES).fill(7);
  const started = Runtime.start({ module, memory, region: { address: END - bytes, bytes } });
  await assert.rejects(
    started.then((runtime) => runtime.close()),
    OptionsError,
  );
  assert(first.every((byte) => byte === 7));
});
