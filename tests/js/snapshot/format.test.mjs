// restore() of bytes that save() did not make: each is refused with a SaveError, or is a job like
// any other; and the runtime goes on.
import assert from 'node:assert/strict';

import { ArgumentError, JobError, SaveError } from '../../../web/index.js';
import { encode } from '../../../web/snapshot/encode.js';
import { Gate, eachBuild } from '../helpers.mjs';

const ROUNDS = process.env.NIGHTLY ? 20_000 : 800;
const START = 24; // bytes in front of the header

const isBad = (says) => (error) => {
  assert(error instanceof SaveError && error instanceof ArgumentError, `${error.stack}`);
  assert.equal(error.code, 'BAD_SAVE');
  assert.match(error.message, /^restore\(\): /);
  if (says) assert.match(error.message, says);
  return true;
};

/** The header and the blocks of saved bytes; encode() computes the checksum again. */
function open(saved) {
  const view = new DataView(saved.buffer, saved.byteOffset, saved.length);
  const at = START + view.getUint32(12, true);
  return {
    header: JSON.parse(new TextDecoder().decode(saved.subarray(START, at))),
    blocks: [saved.slice(at, -8)],
  };
}
const close = ({ header, blocks }) => encode(header, blocks, async () => {});

function randomOf(seed) {
  let x = seed;
  return (n) => (x = (x * 48271) % 0x7fffffff) % n;
}

/** Saved jobs of every sort, none of which has run to its end. */
async function samples(runtime) {
  const gate = new Gate(runtime);
  const held = await gate.hold(2);
  const visits = runtime.alloc(Uint32Array, 100);
  const costs = runtime.alloc(Uint32Array, 8);
  const [a, b] = [runtime.alloc(Float64Array, 64), runtime.alloc(Float64Array, 64)];
  const picture = {
    out: runtime.alloc(Uint8Array, 256),
    width: 8,
    height: 8,
    cx: -0.5,
    cy: 0,
    scale: 0.3,
    limit: 50,
  };
  const jobs = [
    runtime.post('visit', { range: [0, 100], args: { visits } }),
    runtime.post('spin', { range: [5, 50], args: { cost: 3, costs } }),
    runtime.post('iterate', { range: [0, 50], args: { cost: 3, x: 7 } }),
    runtime.post('dot', { range: [0, 64], args: { a, b }, deterministic: true }),
    runtime.post('mandelbrot', { range: [0, 8], args: picture }),
    runtime.post('empty', { range: [3, 9] }),
  ];
  const saves = [];
  for (const job of jobs) {
    await job.pause();
    saves.push(await job.save());
  }
  gate.open();
  for (const job of jobs) job.resume();
  await Promise.all([...held, ...jobs]);
  // Half of each job is left: a table of pieces says which.
  for (const saved of saves.slice(0, 4)) {
    const { header, blocks } = open(saved);
    const [begin, end] = header.range;
    const middle = begin + 32;
    header.pieces = [[middle, end]];
    header.done = 32;
    if (header.schema.kind === 'sequential') header.values.next = String(middle);
    if (header.deterministic) {
      header.parts = 64;
      blocks.push(new Uint8Array(64 * 8));
    }
    saves.push(await close({ header, blocks }));
  }
  return saves;
}

/** Bytes are refused with a SaveError, or are a job that ends as jobs do. True: a job. */
async function tried(runtime, bytes) {
  let job;
  try {
    job = runtime.restore(bytes, { timeout: 20_000 });
  } catch (error) {
    // A range longer than before needs accumulators, and the memory may not suffice.
    if (error.code !== 'OUT_OF_MEMORY') isBad()(error);
    return false;
  }
  setTimeout(() => job.cancel(), 30).unref();
  await job.catch((error) => assert(error instanceof JobError, `${error}`));
  const arrays = Object.values(job.args).filter((value) => ArrayBuffer.isView(value));
  for (const array of arrays) {
    try {
      runtime.free(array);
    } catch (error) {
      assert.equal(error.code, 'FREED_MEMORY');
    }
  }
  return true;
}

async function goesOn(runtime) {
  const visits = runtime.alloc(Uint32Array, 1000);
  await runtime.post('visit', { range: [0, 1000], args: { visits } });
  assert(visits.every((count) => count === 1));
  runtime.free(visits);
}

eachBuild(
  'restore() survives each byte changed, each length cut off, and bytes added',
  async (start) => {
    const runtime = await start();
    const { used } = runtime.memory;
    const random = randomOf(5);
    const saves = await samples(runtime);
    for (const saved of saves) assert.equal(await tried(runtime, saved), true);
    const before = runtime.memory.used;
    for (const saved of saves) {
      for (let at = 0; at < saved.length; at++) {
        const bad = saved.slice();
        bad[at] ^= 1 << random(8);
        assert.throws(() => runtime.restore(bad), isBad());
      }
      for (let length = 0; length < saved.length; length++) {
        assert.throws(() => runtime.restore(saved.subarray(0, length)), isBad());
      }
      for (const more of [1, 3, 4, 8, 64, saved.length]) {
        const bad = new Uint8Array(saved.length + more);
        bad.set(saved);
        if (more === saved.length) bad.set(saved, saved.length);
        assert.throws(() => runtime.restore(bad), isBad());
      }
    }
    assert.equal(runtime.memory.used, before);
    assert(before >= used);
    await goesOn(runtime);
  },
);

eachBuild('SaveError says what is wrong', async (start) => {
  const runtime = await start();
  const [saved] = await samples(runtime);
  const changed = (at, byte) => {
    const bad = saved.slice();
    bad[at] = byte;
    return bad;
  };
  assert.throws(() => runtime.restore(new Uint8Array(0)), isBad(/there are 0 of them/));
  assert.throws(() => runtime.restore(changed(0, 0)), isBad(/do not begin as one/));
  assert.throws(() => runtime.restore(changed(8, 2)), isBad(/format 2, this package reads 1/));
  assert.throws(() => runtime.restore(saved.subarray(0, -8)), isBad(/were saved, there are/));
  assert.throws(() => runtime.restore(changed(50, 0)), isBad(/checksum/));
  const { header } = open(saved);
  for (const [change, says] of [
    [(h) => (h.schema.name = 'nope'), /kernel "nope" is not in the module/],
    [(h) => (h.schema.name = 'constructor'), /kernel "constructor" is not/],
    [(h) => (h.schema.name = 'fib'), /"fib" is of kind "fork"/],
    [(h) => (h.schema.fields[0].type = 'f64'), /"visit" has other fields/],
    [(h) => (h.schema.fields[0].offset = 8), /"visit" has other fields/],
    [(h) => (h.schema.kind = 'sequential'), /"visit" has other fields/],
    [(h) => (h.schema = null), /name no kernel/],
    [(h) => (h.range = [100, 0]), /range is none/],
    [(h) => (h.range = [0, 2 ** 53]), /range is none/],
    [
      (h) =>
        (h.pieces = [
          [0, 50],
          [40, 100],
        ]),
      /not in order/,
    ],
    [
      (h) =>
        (h.pieces = [
          [50, 100],
          [0, 50],
        ]),
      /not in order/,
    ],
    [(h) => (h.pieces = [[0, 101]]), /not in the range/],
    [(h) => (h.pieces = [[7, 7]]), /not in order/],
    [(h) => (h.pieces = [['0', '100']]), /no list of ranges/],
    [(h) => (h.done = 1), /count of iterations/],
    [(h) => ((h.pieces = []), (h.done = 100)), /nothing is left/],
    [(h) => (h.deterministic = true), /deterministic/],
    [(h) => (h.parts = 4), /there are 4 accumulators, this runtime makes 0/],
    [(h) => (h.blocks = [64]), /not as long as it should be/],
    [(h) => (h.blocks = [448, 0]), /in no blocks/],
    [(h) => (h.arrays = {}), /"visits" is missing/],
    [(h) => (h.arrays.visits.length = 113), /"visits" is no array in their memory/],
    [(h) => (h.arrays.visits.length = -1), /"visits" is no array/],
    [(h) => (h.arrays.visits.offset = 2), /"visits" is no array/],
    [(h) => (h.arrays.visits.block = 1), /"visits" is no array/],
    [(h) => (h.arrays.visits.type = 'Float32Array'), /"visits" is no array/],
    [(h) => (h.arrays.more = h.arrays.visits), /arguments that the kernel does not have/],
    [(h) => (h.values.more = '5'), /arguments that the kernel does not have/],
  ]) {
    const { blocks } = open(saved);
    const copy = structuredClone(header);
    change(copy);
    const bytes = await close({ header: copy, blocks });
    assert.throws(() => runtime.restore(bytes), isBad(says), `${change}`);
  }
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  for (const text of [
    '',
    'x',
    '[]',
    'null',
    '7',
    '"',
    '{}',
    deep,
    `{"schema":{"name":"visit","kind":${deep}}}`,
    '\u0000{}',
  ]) {
    assert.throws(() => runtime.restore(withText(text)), isBad(), text.slice(0, 40));
  }
  await goesOn(runtime);
});

/** Bytes that are right but for their header's text. */
function withText(text) {
  const bytes = new TextEncoder().encode(text);
  const long = Math.ceil(bytes.length / 8) * 8;
  const all = new Uint8Array(START + long + 8).fill(0x20);
  all.set([0x89, 0x46, 0x49, 0x4c, 0x43, 0x48, 0x0d, 0x0a]);
  const view = new DataView(all.buffer);
  view.setUint32(8, 1, true);
  view.setUint32(12, long, true);
  view.setBigUint64(16, BigInt(all.length), true);
  all.set(bytes, START);
  // The checksum once more, as snapshot/format.js describes it.
  let [a, b] = [0x46696c63, 0x68736176];
  const words = new Uint32Array(all.buffer);
  for (let i = 0; i < words.length - 2; i++) {
    a = Math.imul(a ^ words[i], 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b + words[i], 0x85ebca6b);
    b = (b << 13) | (b >>> 19);
  }
  words.set([a, b], words.length - 2);
  return all;
}

/** Values that a header may have somewhere. */
const ODD = [
  0,
  1,
  -1,
  0.5,
  63,
  64,
  100,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
  '',
  '0',
  '-1',
  '7',
  '1e3',
  'NaN',
  '-0',
  'Infinity',
  '007',
  'x',
  null,
  true,
  false,
  [],
  {},
  [[0, 1]],
  [0, 64],
  { length: 5 },
  'Uint8Array',
  'Uint32Array',
  'Function',
  '__proto__',
  'constructor',
];

/**
 * Changes one value somewhere in the header: to another, to one from elsewhere in it, or to
 * nothing.
 */
function mutate(header, random) {
  const places = [];
  const walk = (value) => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push([value, key]);
      walk(value[key]);
    }
  };
  walk(header);
  const [object, key] = places[random(places.length)];
  const how = random(8);
  if (how === 0) delete object[key];
  else if (how === 1) object[ODD[13 + random(20)]] = structuredClone(object[key]);
  else if (how === 2)
    object[key] = structuredClone(places[random(places.length)].reduce((o, k) => o[k]));
  else if (how === 3 && typeof object[key] === 'number') object[key] += random(3) - 1;
  else if (how === 4 && Array.isArray(object[key]))
    object[key].push(structuredClone(object[key].at(-1) ?? 0));
  else object[key] = structuredClone(ODD[random(ODD.length)]);
}

eachBuild(
  'restore() survives random headers with a right checksum',
  async (start, t) => {
    const runtime = await start();
    const saves = await samples(runtime);
    const { used } = runtime.memory;
    const random = randomOf(99);
    let jobs = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { header, blocks } = open(saves[random(saves.length)]);
      for (let i = random(3); i >= 0; i--) mutate(header, random);
      if (random(4) === 0) blocks[0] = blocks[0].slice(0, 8 * random(1 + blocks[0].length / 8));
      for (let i = random(4); i > 0 && blocks[0].length; i--)
        blocks[0][random(blocks[0].length)] = random(256);
      const bytes = await close({ header, blocks }).catch(() => undefined);
      if (bytes && (await tried(runtime, bytes))) jobs++;
      if (bytes) assert(runtime.memory.used <= used, `round ${round}: ${JSON.stringify(header)}`);
    }
    t.diagnostic(`${jobs} of ${ROUNDS} were jobs`);
    assert(jobs > 0);
    await goesOn(runtime);
  },
  { timeout: process.env.NIGHTLY ? 600_000 : 60_000 },
);

eachBuild('restore() survives random bytes', async (start) => {
  const runtime = await start();
  const [saved] = await samples(runtime);
  const random = randomOf(3);
  for (let round = 0; round < 2000; round++) {
    const bytes = new Uint8Array(random(400));
    for (let i = 0; i < bytes.length; i++) bytes[i] = random(256);
    if (round % 2) bytes.set(saved.subarray(0, Math.min(bytes.length, 24)));
    assert.throws(() => runtime.restore(bytes), isBad());
  }
  await goesOn(runtime);
});
