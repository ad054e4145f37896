// The linker's waits for workers, on workers that are told what to answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Linker } from '../../../web/workers/linker.js';
import { LINK } from '../../../web/workers/protocol.js';

const plugin = () => ({ type: LINK, id: 1, source: 'a plug-in', begun: { abi: 0, structs: [] } });

/** A linker without workers. `replacement`: a promise of the first; undefined: none is to come. */
function linkerWith({ importLimit, limit, replacement }) {
  const handles = [];
  const given = [];
  const give = async ({ id }) => {
    given.push(id);
    return '';
  };
  replacement?.then(() => handles.push({ state: 'running', stopped: Promise.resolve(), give }));
  const linker = new Linker({
    importLimit,
    limit,
    handles: () => handles,
    replaced: () => (handles.length ? undefined : replacement),
    atHome: (_handle, errand) => errand(),
    isWorking: () => true,
    isBusy: () => false,
  });
  return { linker, given };
}

const none = { message: 'no worker is there that could link it' };

test('a replacement may take longer to come than an import may', async () => {
  const { linker, given } = linkerWith({ importLimit: 20, limit: 5000, replacement: sleep(200) });
  const message = plugin();
  await linker.tell(message);
  assert(given.includes(message.id));
});

test('one that does not come is waited for no longer than a start may take', async () => {
  const message = { ...plugin(), begun: undefined };
  const never = new Promise(() => {});
  const { linker } = linkerWith({ importLimit: 20, limit: 50, replacement: never });
  const began = performance.now();
  await assert.rejects(linker.tell(message), none);
  assert(performance.now() - began >= 69);
});

test('where none is to come nothing is waited for', async () => {
  const { linker } = linkerWith({ importLimit: Infinity, limit: Infinity });
  await assert.rejects(linker.tell({ ...plugin(), begun: undefined }), none);
});

test('a module is not refused where no worker is to come', async () => {
  const { linker } = linkerWith({ importLimit: 1000, limit: 1000 });
  await linker.tell({ type: LINK, id: -1, shape: 'module', number: 1, url: 'a module' });
});
