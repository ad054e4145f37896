// Addresses from 2 GiB on, and up to 4 GiB, in a page: run there by runtime.test.mjs, in each
// engine. The lower memory is never touched.
import { copied } from '/index.js';
import { FINE, pairs, THROWS } from '/tests/fixtures/modules/picky.js';
import { ensure, equal, withRuntime } from './runtime-side.mjs';

const TASKS = new URL('/tests/fixtures/modules/tasks.js', location.href);
const PICKY = new URL('/tests/fixtures/modules/picky.js', location.href);
const SCHEMA = { fields: { record: 'array u8', runs: 'array u32', waits: 'option u32' } };
const LEFT = 2 ** 24;
const COUNT = 1000;
const range = (n) => Array.from({ length: n }, (_, i) => i);

/** Calls that fill the last LEFT bytes of memory of this size. */
async function check(memory, mode) {
  await withRuntime({ mode, memory }, async (runtime) => {
    runtime.alloc(Uint8Array, runtime.memory.capacity - LEFT);
    const visits = runtime.alloc(Uint32Array, COUNT);
    ensure(visits.byteOffset >= 2 ** 31, `${visits.byteOffset}`);
    await runtime.run('visit', { range: [0, COUNT], args: { visits } });
    const back = copied(new Uint32Array(COUNT), { back: true });
    await runtime.run('visit', { range: [0, COUNT], args: { visits: back } });
    const loops = range(COUNT).map((i) => ({ range: [i, i + 1], args: { visits } }));
    await runtime.postMany('visit', loops);
    for (const [array, wanted] of [
      [visits, 2],
      [back.array, 1],
    ])
      ensure(
        array.every((n) => n === wanted),
        `each ran ${wanted} times, ${mode}`,
      );

    const [same] = await runtime.call(TASKS, 'same', [visits]);
    equal([same.byteOffset, same.length], [visits.byteOffset, COUNT], mode);
    await runtime.call(TASKS, 'fill', [visits, 0]);
    equal((await runtime.call(TASKS, 'large', [1e5])).length, 1e5, mode);

    await runtime.define('picky', PICKY, SCHEMA);
    const given = { into: 'record', args: { runs: visits } };
    const ring = runtime.ring('picky', { ...given, ...pairs });
    const sent = range(COUNT).map((i) => ring.send([i === 500 ? THROWS : FINE, i]));
    (await Promise.allSettled(sent)).forEach(({ value, reason }, i) => {
      if (i === 500) equal(reason?.cause?.message, 'record 500 is bad', `${mode}: ${reason}`);
      else equal(value, i + 1000, `${mode}: ${reason}`);
    });
    await ring.close();
    const large = {
      encode: (view, n) => (view.setUint32(4, n, true), view.setUint32(600, n, true), 604),
      decode: (view) => [view.getUint32(4, true), view.getUint32(600, true)],
    };
    const apart = runtime.ring('picky', { ...given, ...large, bytes: 1024 });
    equal(await apart.send(3), [1003, 3], `a record in a block of its own, ${mode}`);
    await apart.close();
    equal([visits[0], visits[3], visits[999]], [1, 2, 1], mode);

    const end = runtime.alloc(Uint8Array, runtime.memory.capacity - runtime.memory.used);
    equal(end.byteOffset + end.byteLength, Math.min(memory, 2 ** 32 - 64), `the end, ${mode}`);
    end.set([1, 2], end.length - 2);
    equal([end.at(-1), end.at(-2)], [2, 1], mode);
  });
}

export async function addresses_from_2_GiB_on_are_addresses() {
  for (const mode of ['threads', 'cooperative']) await check(2 ** 31 + 2 * LEFT, mode);
}

export async function addresses_up_to_4_GiB_are_addresses() {
  for (const mode of ['threads', 'cooperative']) await check(2 ** 32, mode);
}
