// The linker alone, with workers that are made up.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Linker } from '../../../web/workers/linker.js';
import { LINK } from '../../../web/workers/protocol.js';

const limits = { importLimit: 1000, limit: 1000 };

test('without a worker, and without one to come, a plug-in is refused, and a module is not', async () => {
  const linker = new Linker({ ...limits, handles: () => [], replaced: () => undefined });
  const plugin = { type: LINK, id: 1, source: 'a test', tableBase: 0, tableSize: 1 };
  await assert.rejects(linker.tell(plugin), /^Error: no worker is there that could link it$/);
  await linker.tell({ type: LINK, id: -1, shape: 'module', number: 1, url: 'a module' });
});
