// A worker's instance shares its memory with the owner's, and comes with the owner's stack.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findCodec } from '../../../web/core/text.js';
import { unsigned } from '../../../web/wasm/address.js';
import { instantiate } from '../../../web/wasm/module.js';
import { addStack, isOverrun, watchStacks } from '../../../web/wasm/stack-limits.js';
import { ENTER, LINK, LINKED, LOAD, RUN, STOPPED } from '../../../web/workers/protocol.js';
import { receiver } from '../../../web/workers/receiver.js';
import { bareMemory, builds, moduleOf, until } from '../helpers.mjs';
import { notingStack } from '../plugins/starting.mjs';

const BYTES = 2 ** 24;

for (const file of builds) {
  test(`a worker leaves the owner's stack alone, also as it links a plug-in [${file}]`, async () => {
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
    receive({ type: ENTER, worker: 0, top, layout, notes: end - 65536, tasks: 0 });

    const words = new Uint32Array(memory.buffer, end - 8, 2);
    words[0] = end - 4;
    const bytes = notingStack(end - 8);
    const plugin = { shape: 'plain', source: 'a test', functions: ['odd'], tableBase: 500 };
    plugin.module = await WebAssembly.compile(bytes);
    receive({ type: LINK, ask: 1, id: 1, ...plugin, tableSize: 1 });
    await until(() => answers.at(-1).type === LINKED);
    assert.equal(answers.at(-1).reason, undefined);
    assert.equal(words[1], top >>> 0);

    receive({ type: RUN });
    assert.equal(answers.at(-1).type, STOPPED, answers.at(-1).reason);
    assert(stack.every((byte) => byte === 0x5a));
  });
}

// Each stack lies above those of the workers before it.
test('the last worker with a damaged red zone is to blame', () => {
  for (const [damaged, blamed] of [
    [[], undefined],
    [[0, 1, 3], 3],
    [[0], 0],
  ]) {
    const said = [];
    const wasm = {
      __stack_pointer: {},
      filch_host_stack_overrun: (worker) => Number(damaged.includes(worker)),
      filch_host_worker_task: (worker) => 100 + worker,
      broken: ({ message }) => said.push(message),
    };
    addStack(wasm);
    watchStacks(wasm, 4, { nameOf: (handle) => `job ${handle}` });
    assert.equal(isOverrun(wasm), blamed !== undefined);
    const told = `job ${100 + blamed} overran the stack of worker ${blamed}`;
    assert.deepEqual(said, blamed === undefined ? [] : [told]);
  }
});
