// Each instance of the module is told where the parts of the region stand. A region that other code
// has overwritten as a whole ends the owner's calls.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { unsigned } from '../../../web/wasm/address.js';
import { instantiate, textReader } from '../../../web/wasm/module.js';
import { findCodec } from '../../../web/core/text.js';
import { bareMemory, builds, moduleOf } from '../helpers.mjs';

const BYTES = 2 ** 24;
const LAYOUT = [2, 4, 65536];

/** An instance in a memory of bareMemory(). `broken`: what the border has caught. */
async function instanceIn({ memory, place }, file) {
  const broken = [];
  const does = { notify: () => {}, call: () => 0 };
  const module = await moduleOf(file);
  const wasm = await instantiate(module, memory, does, place, (error) => broken.push(error));
  return { wasm, broken };
}

async function start(file) {
  const bare = bareMemory(await moduleOf(file), BYTES);
  const { wasm, broken } = await instanceIn(bare, file);
  const layout = [...LAYOUT, bare.end];
  assert.equal(wasm.filch_host_attach(...layout), 0);
  assert.equal(wasm.filch_host_init(), 0);
  return { wasm, broken, layout, ...bare };
}

for (const file of builds) {
  test(`a region is laid out once, in memory that is there [${file}]`, async () => {
    await findCodec();
    const bare = bareMemory(await moduleOf(file), BYTES);
    const { memory } = bare;
    const { wasm } = await instanceIn(bare, file);
    const text = textReader(memory);
    const is = (status, name) => assert.equal(text(wasm.filch_host_status_name(status)), name);
    is(wasm.filch_host_init(), 'BAD_OPTIONS'); // not attached
    for (const bad of [
      [0, 4, 65536],
      [31, 4, 65536],
      [2, 0, 65536],
      [2, 65536, 65536],
      [2, 4, 0],
    ])
      is(wasm.filch_host_attach(...bad, bare.end), 'BAD_OPTIONS');
    is(wasm.filch_host_init(), 'BAD_OPTIONS');
    const end = unsigned(wasm.filch_host_region_base()) + wasm.filch_host_region_bytes(...LAYOUT);
    is(wasm.filch_host_attach(...LAYOUT, end - 1), 'OUT_OF_MEMORY');
    assert.equal(wasm.filch_host_attach(...LAYOUT, end), 0);
    assert.equal(wasm.filch_host_init(), 0);
    is(wasm.filch_host_init(), 'BAD_OPTIONS');
    const other = await instanceIn(bare, file);
    assert.equal(other.wasm.filch_host_attach(...LAYOUT, bare.end), 0);
    is(other.wasm.filch_host_init(), 'BAD_OPTIONS');
  });

  test(`an instance reads nothing of the layout from memory [${file}]`, async () => {
    const { wasm, layout, ...bare } = await start(file);
    const places = () => [
      wasm.filch_host_stack_top(1),
      wasm.filch_host_stack_end(0),
      wasm.filch_host_worker_parked(1),
      wasm.filch_host_doorbell(),
      wasm.filch_host_total_parts(1000, 0),
    ];
    const before = places();
    const base = unsigned(wasm.filch_host_region_base());
    const words = new Uint32Array(
      bare.memory.buffer,
      base,
      wasm.filch_host_region_bytes(...LAYOUT) / 4,
    );
    words.fill(0xffffffff);
    assert.deepEqual(places(), before);
    const { wasm: other } = await instanceIn(bare, file);
    other.filch_host_attach(...layout);
    assert.equal(other.filch_host_worker_parked(1), before[2]);
  });

  test(`the owner's calls look at the seal [${file}]`, async () => {
    for (const call of [
      (wasm) => wasm.filch_host_submit(),
      (wasm) => wasm.filch_host_reap(),
      (wasm) => wasm.filch_host_counter(0, 0),
      (wasm) => wasm.filch_host_cancel(65536),
    ]) {
      const { wasm, broken, memory } = await start(file);
      call(wasm);
      assert.deepEqual(broken, []);
      new Uint8Array(memory.buffer)[unsigned(wasm.filch_host_region_base())] ^= 1;
      call(wasm);
      assert.match(`${broken}`, /CorruptError: the runtime's memory is corrupt/);
    }
  });
}
