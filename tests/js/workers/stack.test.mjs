// A worker's instance shares its memory with the owner's, and comes with the owner's stack.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findCodec } from '../../../web/core/text.js';
import { unsigned } from '../../../web/wasm/address.js';
import { instantiate } from '../../../web/wasm/module.js';
import { LOAD, RUN, STOPPED } from '../../../web/workers/protocol.js';
import { receiver } from '../../../web/workers/receiver.js';
import { bareMemory, builds, moduleOf } from '../helpers.mjs';

const BYTES = 2 ** 24;

for (const file of builds) {
  test(`a worker leaves the owner's stack alone [${file}]`, async () => {
    await findCodec();
    const module = await moduleOf(file);
    const { memory, place, end } = bareMemory(module, BYTES);
    const wasm = await instantiate(module, memory, { notify: () => {}, call: () => 0 }, place);
    const layout = [1, 4, 65536, end];
    const own = unsigned(wasm.__stack_pointer.value);
    assert.equal(wasm.filch_host_attach(...layout) || wasm.filch_host_init(), 0);
    wasm.filch_host_stop(); // the worker comes home at once
    const stack = new Uint8Array(memory.buffer, own - 4096, 4096).fill(0x5a);

    const answers = [];
    const { receive } = receiver((message) => answers.push(message));
    receive({ type: LOAD, key: 1, module, memory, place, origin: 0 });
    const top = wasm.filch_host_stack_top(0);
    receive({ type: RUN, worker: 0, top, layout, notes: end - 65536, tasks: 0 });
    assert.equal(answers.at(-1).type, STOPPED, answers.at(-1).reason);
    assert(stack.every((byte) => byte === 0x5a));
  });
}
