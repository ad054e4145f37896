// Stack overflows in plug-ins: built by `make kernel`, which checks the stack, and built by others,
// where the red zone below the stack tells.
import assert from 'node:assert/strict';

import {
  CancelledError,
  CorruptError,
  KernelTrapError,
  StackOverflowError,
} from '../../../web/index.js';
import { eachBuild, eachMode, moduleUrl } from '../helpers.mjs';
import { constant, ODD, STACK_POINTER, starting } from './starting.mjs';

const STACK = 2 ** 17;
const ZONE = 2 ** 16;
const built = (name) => moduleUrl(`plugins/${name}.wasm`);

const use = (bytes, { large = 0, traps = 0 } = {}) => ({
  range: [0, 1],
  args: { bytes, large, traps },
});

/** Runs a kernel of the module, and the plug-in with as much of the stack as there is. */
async function goesOn(runtime) {
  const { inside } = await runtime.reduce('pi', { range: [0, 100_000], args: { seed: 1 } });
  assert.equal(((4 * Number(inside)) / 100_000).toFixed(1), '3.1');
  for (const large of [0, 1]) {
    const options = { ...use(STACK - 2 ** 15, { large }), range: [0, 8], grain: 1 };
    assert.equal((await runtime.run('plunge', options)).state.count, 8n);
  }
}

async function goesOnWith(plugin, runtime) {
  await runtime.load(built(plugin));
  await goesOn(runtime);
}

const overflow = (runtime, bytes, large = 0) =>
  runtime.post('plunge', use(STACK + bytes, { large })).then(
    () => assert.fail(`an overflow of ${bytes} bytes went unseen`),
    (error) => error,
  );

eachMode("a plug-in of make kernel traps before it leaves its worker's stack", async (start) => {
  const runtime = await start({ stackBytes: STACK });
  const plugin = await runtime.load(built('checked'));
  const neighbours = runtime.alloc(Uint8Array, 2 ** 16).fill(7);
  for (const bytes of [2 ** 10, 2 ** 14, ZONE, 2 ** 22, 2 ** 31]) {
    for (const large of [0, 1]) {
      const error = await overflow(runtime, bytes, large);
      assert(error instanceof StackOverflowError, `${error}`);
      assert.deepEqual([error.code, error.range], ['STACK_OVERFLOW', [0, 1]]);
      assert.match(error.message, /"stackBytes"/);
    }
    await goesOn(runtime);
  }
  assert(neighbours.every((value) => value === 7));
  const trap = runtime.run('plunge', use(STACK / 2, { traps: 1 }));
  await assert.rejects(trap, KernelTrapError); // of the kernel's own: no overflow
  await runtime.unload(plugin);
  await runtime.load(built('checked'));
  assert((await overflow(runtime, 2 ** 10)) instanceof StackOverflowError);
  await goesOn(runtime);
});

eachMode(
  'a function that calls no other may use the bytes below the stack pointer',
  async (start) => {
    const runtime = await start({ stackBytes: STACK });
    await runtime.load(built('leafy'));
    const other = runtime.post('forever', { range: [0, 2 ** 40], priority: 'low' });
    const ends = async (depth) =>
      runtime.run('leafy', { range: [0, 1], args: { depth } }).then(
        () => 'fits',
        (error) => error.name,
      );
    let [fits, overflows] = [0, STACK];
    while (overflows - fits > 1) {
      const depth = (fits + overflows) >> 1;
      const end = await ends(depth);
      if (end === 'fits') fits = depth;
      else overflows = depth;
      assert(end === 'fits' || end === 'StackOverflowError', `${depth}: ${end}`);
    }
    for (let depth = fits - 8; depth < fits + 8; depth++)
      assert.equal(await ends(depth), depth > fits ? 'StackOverflowError' : 'fits');
    assert(fits > 1000 && other.status !== 'failed');
    other.cancel();
    await assert.rejects(other, CancelledError);
  },
);

const UNCHECKED = 'a plug-in without the check overruns its stack';

/** Every job of the runtime rejects, and names the kernel that is to blame. */
async function endsRuntime(runtime, post) {
  const others = Array.from({ length: 20 }, () =>
    runtime.post('spin', { range: [0, 2 ** 40], args: { cost: 100 } }).catch((error) => error),
  );
  const job = post();
  const told = new RegExp(`: job ${job.id} .kernel "plunge". overran the stack of worker \\d+$`);
  for (const error of [await job.catch((failure) => failure), ...(await Promise.all(others))]) {
    assert(error instanceof CorruptError, `${error}`);
    assert.match(error.message, told);
  }
  assert.throws(
    () => runtime.post('pi', { range: [0, 9] }),
    (refused) => refused.cause instanceof CorruptError && told.test(refused.message),
  );
}

for (const [what, bytes, traps] of [
  ['by one frame', 2 ** 10, 0],
  ['by one frame, and traps', 2 ** 10, 1],
  ['by a half of the red zone', ZONE / 2, 0],
  ['by nearly all of the red zone', ZONE - 2 ** 13, 1],
  ['by a little more than the red zone', ZONE, 0],
]) {
  eachMode(`${UNCHECKED} ${what}`, async (start, _t, mode) => {
    const runtime = await start({ stackBytes: STACK });
    await runtime.load(built('plunge'));
    const trap = runtime.run('plunge', use(STACK / 2, { traps: 1 }));
    await assert.rejects(trap, KernelTrapError); // the stack has not overflown
    await goesOn(runtime);
    await endsRuntime(runtime, () => runtime.post('plunge', use(STACK + bytes, { traps })));
    await runtime.close();
    await goesOnWith('checked', await start({ mode, stackBytes: STACK }));
  });
}

// Its frames leave the words next to the stack as they were: the trap tells.
eachMode(`${UNCHECKED} by a frame that steps over its end`, async (start) => {
  const runtime = await start({ stackBytes: STACK });
  await runtime.load(built('plunge'));
  const sparse = (bytes) => runtime.run('plunge', use(bytes, { large: 2, traps: 1 }));
  await assert.rejects(sparse(STACK / 2), KernelTrapError);
  await assert.rejects(sparse(STACK), CorruptError);
});

// Words of the runtime may be overwritten: then no text can name the kernel.
for (const [what, bytes, large] of [
  ['by all of a stack', 2 ** 18, 1],
  ['over all memory', 2 ** 31, 0],
  ['over all memory, with zeros', 2 ** 31, 1],
]) {
  eachMode(`${UNCHECKED} ${what}`, async (start, _t, mode) => {
    const runtime = await start({ stackBytes: STACK });
    await runtime.load(built('plunge'));
    const others = Array.from({ length: 20 }, () =>
      runtime.post('spin', { range: [0, 2 ** 40], args: { cost: 100 } }).catch((error) => error),
    );
    const error = await overflow(runtime, bytes, large);
    for (const each of [error, ...(await Promise.all(others))])
      assert(each instanceof CorruptError, `${each}`);
    assert.throws(
      () => runtime.post('pi', { range: [0, 9] }),
      (refused) => refused.cause instanceof CorruptError,
    );
    await runtime.close();
    await goesOnWith('checked', await start({ mode, stackBytes: STACK }));
  });
}

eachBuild('a start function that overruns its stack ends the runtime', async (start) => {
  const runtime = await start({ stackBytes: STACK });
  const job = runtime.run('spin', { range: [0, 2 ** 40], args: { cost: 100 } });
  const below = [...STACK_POINTER, ...constant(STACK + 1000), 0x6b]; // i32.sub
  const loading = runtime.load(starting(below, constant(7), [0x36, 2, 0]), ODD);
  const told = /a kernel's code overran the stack of worker \d$/;
  await assert.rejects(loading, (error) => told.test(error.cause?.message));
  await assert.rejects(job, (error) => error instanceof CorruptError && told.test(error.message));
});
