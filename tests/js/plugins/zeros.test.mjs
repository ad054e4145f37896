// Memory of a plug-in that its start function fills with zeros, once for all threads. A plug-in
// that asks for less memory than that function reaches is refused: the flag by which threads fill
// the memory once would be another's word, and load() might wait for ever.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { PluginError } from '../../../web/index.js';
import { readModule } from '../../../web/wasm/binary.js';
import { assembled, dylinkSection, isCustom, leb, sections } from '../../fuzz/wasm-bytes.mjs';
import { eachMode, moduleUrl } from '../helpers.mjs';

eachMode('a size without room for the flag of the start function is refused', async (start) => {
  const runtime = await start();
  const bytes = new Uint8Array(await readFile(moduleUrl('plugins/brittle.wasm')));
  const { dylink, data } = readModule(bytes);
  assert(data < dylink.size - 1);
  for (let size = data; size <= dylink.size; size++) {
    const parts = sections(bytes);
    const at = parts.findIndex((part) => isCustom(part, 'dylink.0'));
    const fields = [size, dylink.align, dylink.table, 0].flatMap((n) => leb(n));
    parts.splice(at, 1, dylinkSection([1, ...leb(fields.length), ...fields]));
    const loading = runtime.load(assembled(parts));
    if (size === dylink.size) await runtime.unload(await loading);
    else await assert.rejects(loading, PluginError);
  }
});

eachMode("a plug-in's zeros are zeros, and filled once", async (start) => {
  const runtime = await start({ workers: 2, maxWorkers: 3 });
  const words = 1000;
  const bytes = await readFile(moduleUrl('plugins/zeros.wasm'));
  const { dylink, data } = readModule(new Uint8Array(bytes));
  assert(dylink.size >= data + 4 * words);
  const sum = async () => {
    const { state } = await runtime.post('zeros', { range: [0, words] });
    return Number(state.sum);
  };
  for (let i = 0; i < 2; i++) {
    // The plug-in's memory is what an array had.
    const other = runtime.alloc(Uint8Array, 4 * dylink.size).fill(0xff);
    runtime.free(other);
    const plugin = await runtime.load(bytes);
    assert.equal(await sum(), 0);
    assert.equal(await sum(), words);
    if (runtime.mode === 'threads') {
      await runtime.resize(1);
      await runtime.resize(3); // each new worker runs the start function, too
    }
    assert.equal(await sum(), words);
    await runtime.unload(plugin);
  }
  assert.equal(runtime.memory.used, 0);
});
