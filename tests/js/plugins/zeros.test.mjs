// A plug-in that asks for less memory than its start function reaches is refused: the flag by which
// threads fill the memory once would be another's word, and load() might wait for ever.
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
