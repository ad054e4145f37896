// Values of runtime.call() in a page, against the engine's own clones: run there by
// runtime.test.mjs, in each engine.
import { difference } from '/tests/fuzz/same.mjs';
import { Maker, PLATFORM, randomFrom } from '/tests/fuzz/values.mjs';
import { ensure, equal, rejection, withRuntime } from './runtime-side.mjs';

const TASKS = new URL('/tests/fixtures/modules/tasks.js', location.href);
const VALUES = new URL('/tests/fixtures/modules/values.js', location.href);

async function eachMode(body) {
  for (const mode of ['threads', 'cooperative'])
    await withRuntime({ mode }, (runtime) => body(runtime, mode));
}

/** What a worker of the page gives back, as postMessage() clones it: twice. */
function echo() {
  const script = 'onmessage = ({ data }) => postMessage(data)';
  const worker = new Worker(URL.createObjectURL(new Blob([script])));
  const ask = (value) =>
    new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(value);
    });
  return { ask, end: () => worker.terminate() };
}

/** The same values from the same seed. */
const twice = (seed, count) =>
  [0, 1].map(() => {
    const maker = new Maker(randomFrom(seed), { refused: false });
    return Array.from({ length: count }, () => maker.value());
  });

export async function random_values_come_back_as_the_engine_clones_them() {
  const { ask, end } = echo();
  await eachMode(async (runtime, mode) => {
    for (let seed = 1; seed <= 60; seed++) {
      const [first, second] = twice(seed, 6);
      const wanted = await ask(first);
      const found = await runtime.call(TASKS, 'same', second);
      ensure(!difference(found, wanted), `seed ${seed}, ${mode}: ${difference(found, wanted)}`);
    }
    equal(runtime.memory.used, 0, `shared memory in use, ${mode}`);
  });
  end();
}

export async function values_of_the_engine_arrive_as_what_they_are() {
  const { ask, end } = echo();
  await eachMode(async (runtime, mode) => {
    for (const [name, make] of Object.entries(PLATFORM)) {
      const value = make();
      const wanted = await ask(value).catch(() => undefined);
      const [found] = await runtime.call(TASKS, 'same', [value]);
      ensure(!difference(found, wanted), `${name}, ${mode}: ${difference(found, wanted)}`);
    }
    const words = new Int32Array(new SharedArrayBuffer(64));
    await runtime.call(TASKS, 'fill', [words, 7]);
    equal(words[9], 7, `memory of others, ${mode}`);
    const match = await runtime.call(VALUES, 'match', ['abc', /b/]);
    equal([match[0], match.index], ['b', 1], `a match, ${mode}`);
    if (globalThis.Float16Array) {
      const [half] = await runtime.call(TASKS, 'same', [new Float16Array([1.5])]);
      ensure(half instanceof Float16Array && half[0] === 1.5, `Float16Array, ${mode}`);
    }
  });
  end();
}

export async function objects_of_every_kind_move() {
  await eachMode(async (runtime, mode) => {
    const { port1, port2 } = new MessageChannel();
    const said = new Promise((resolve) => (port2.onmessage = ({ data }) => resolve(data)));
    await runtime.call(VALUES, 'say', [port1, 'hello'], { transfer: [port1] });
    equal(await said, 'hello', `a port, ${mode}`);
    const canvas = new OffscreenCanvas(3, 4);
    const [back] = await runtime
      .call(TASKS, 'same', [canvas], { transfer: [canvas] })
      .catch((error) => [error]);
    // It comes back only where the function moves it back, too.
    ensure(back instanceof Error, `a canvas that stays, ${mode}: ${back}`);
    const bitmap = await createImageBitmap(new ImageData(2, 3));
    equal(
      await runtime.call(VALUES, 'sizeOf', [bitmap], { transfer: [bitmap] }),
      [2, 3],
      `a bitmap, ${mode}`,
    );
    const other = new OffscreenCanvas(5, 6);
    equal(
      await runtime.call(VALUES, 'sizeOf', [other], { transfer: [other] }),
      [5, 6],
      `a canvas, ${mode}`,
    );
    const bytes = new Uint8Array(2 ** 26);
    const moved = await runtime.call(VALUES, 'touch', [bytes], { transfer: [bytes.buffer] });
    equal([bytes.length, moved.length, moved[0]], [0, 2 ** 26, 1], `a buffer, ${mode}`);
    ensure(runtime.memory.peak < 2 ** 20, `the heap has no copy, ${mode}`);
  });
}

export async function what_the_engine_refuses_is_refused() {
  await eachMode(async (runtime, mode) => {
    for (const value of [
      new Proxy({}, {}),
      () => {},
      Symbol('s'),
      new WeakMap(),
      Promise.resolve(),
    ]) {
      let thrown;
      try {
        runtime.call(TASKS, 'same', [value]);
      } catch (error) {
        thrown = error;
      }
      equal(
        [thrown?.code, thrown?.cause?.name],
        ['BAD_ARGUMENT', 'DataCloneError'],
        `${String(thrown)}, ${mode}`,
      );
    }
    for (const name of ['proxy', 'unclonable', 'unclonableLater', 'unmovable']) {
      const error = await rejection(runtime.call(VALUES, name), name);
      const cause = name === 'unmovable' ? error.cause.name : 'DataCloneError'; // engines differ
      equal([error.code, error.source, error.cause.name], ['PLUGIN', VALUES.href, cause], mode);
      if (/^unclonable/.test(name))
        ensure(error.message.includes('result.deep[1].get("f") is the function'), error.message);
    }
    equal(runtime.stats().outstanding, 0, mode);
  });
}
