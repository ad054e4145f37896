// Saved jobs that were changed: each is refused with a SaveError, or is a job that settles. Most
// are only decoded; of those that decode, some are restored into a runtime.
//     node tests/fuzz/saves.mjs [--count N] [--seed S] [--restored N at most]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { JobError, Runtime, SaveError } from '../../web/index.js';
import { decode } from '../../web/snapshot/decode.js';
import { encode } from '../../web/snapshot/encode.js';
import { createMemory, instantiate, textReader } from '../../web/wasm/module.js';
import { readKernels } from '../../web/wasm/schema.js';
import { moduleUrl } from '../js/helpers.mjs';
import { Random } from './random.mjs';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    restored: { type: 'string', default: '50' },
  },
});
const [count, seed, most] = [options.count, options.seed, options.restored].map(Number);
const random = new Random(seed);
const START = 24; // bytes in front of the header
/** Milliseconds for the decoder, and for a restored job. */
const LONG = 1000;
const LIMIT = 20_000;

/** The checksum of format.js, again: over all but the last 8 bytes. */
function seal(bytes) {
  const view = new DataView(bytes.buffer);
  let [a, b] = [0x46696c63, 0x68736176];
  for (let at = 0; at < bytes.length - 8; at += 4) {
    const word = view.getInt32(at, true);
    a = Math.imul(a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b + word, 0x85ebca6b);
    b = (b << 13) | (b >>> 19);
  }
  view.setUint32(bytes.length - 8, a >>> 0, true);
  view.setUint32(bytes.length - 4, b >>> 0, true);
  return bytes;
}

/** The header and the blocks of saved bytes. */
function open(saved) {
  const view = new DataView(saved.buffer, saved.byteOffset, saved.length);
  const at = START + view.getUint32(12, true);
  return {
    header: JSON.parse(new TextDecoder().decode(saved.subarray(START, at))),
    blocks: [saved.slice(at, -8)],
  };
}

/** Saved jobs of several kernels, paused in the middle where that is possible. */
async function samples(runtime) {
  const visits = runtime.alloc(Uint32Array, 128);
  const [a, b] = [runtime.alloc(Float64Array, 64), runtime.alloc(Float64Array, 64)];
  const jobs = [
    runtime.post('visit', { range: [0, 100], args: { visits } }),
    runtime.post('spin', { range: [5, 5000], args: { cost: 3000 } }),
    runtime.post('iterate', { range: [0, 5000], args: { cost: 3000, x: 7 } }),
    runtime.post('dot', { range: [0, 64], args: { a, b }, deterministic: true }),
    runtime.post('empty', { range: [3, 2 ** 40] }),
  ];
  const saves = [];
  for (const job of jobs) {
    await job.pause();
    if (job.status === 'paused') saves.push(await job.save());
    job.cancel();
    await job.catch(() => {});
  }
  return saves;
}

/** Values that a header may have, rightly or not. */
const ODD = [
  () => null,
  () => true,
  () => '',
  () => 'visit',
  () => '-0',
  () => String(random.word()),
  () => '9'.repeat(1 + random.below(60)),
  () => -1,
  () => 0,
  () => 64,
  () => 0.5,
  () => 2 ** 53 - 1,
  () => 2 ** 53,
  () => 1e308,
  () => random.below(200),
  () => random.word(),
  () => [],
  () => [0, 1],
  () => [[0, 2 ** 53 - 1]],
  () => Array.from({ length: 40 }, (_, i) => [2 * i, 2 * i + 1]),
  () => ({}),
  () => ({ type: 'Uint32Array', length: 4, block: 0, offset: 0 }),
  () =>
    Array(30)
      .fill(0)
      .reduce((inner) => [inner], 0),
];

/** A header with one part replaced, doubled, or taken away, somewhere. */
function changed(value) {
  if (typeof value !== 'object' || value === null || random.chance(15)) return random.of(ODD)();
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const keys = Object.keys(copy);
  if (!keys.length || random.chance(5)) {
    const name = random.of(['__proto__', 'toString', 'extra', '0']);
    const part = { value: random.of(ODD)(), enumerable: true, writable: true, configurable: true };
    Object.defineProperty(copy, name, part);
    return copy;
  }
  const key = random.of(keys);
  const how = random.below(10);
  if (how === 0) delete copy[key];
  else copy[key] = how === 1 ? copy[random.of(keys)] : changed(copy[key]);
  return copy;
}

const turn = async () => {};
const KINDS = [
  // bits of anything, the checksum as it was
  async (saved) => {
    const bytes = saved.slice();
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  // bytes of anything, with the right checksum
  async (saved) => {
    const bytes = saved.slice();
    for (let n = 1 + random.below(3); n; n--) bytes[random.below(bytes.length)] = random.word();
    return seal(bytes);
  },
  async (saved) => saved.slice(0, random.below(saved.length)),
  async ({ header, blocks }) => encode(changed(header), blocks, turn),
  async ({ header, blocks }) => encode(changed(changed(header)), blocks, turn),
  async ({ header, blocks }) =>
    encode(
      changed(header),
      [...blocks, new Uint8Array(64 * random.below(4))].slice(random.below(2)),
      turn,
    ),
];
/** How many of KINDS change the bytes; the others change what open() gives. */
const RAW = 3;

let failed = 0;
const fail = (i, text) =>
  ++failed <= 20 && console.log(`not ok: save ${i} of seed ${seed}: ${text}`);
process.on('unhandledRejection', (error) => fail('?', `unhandled: ${error?.stack ?? error}`));

const module = new WebAssembly.Module(readFileSync(moduleUrl('filch-test.wasm')));
const runtime = await Runtime.start({ module, workers: 2, memory: 2 ** 24 });
const saves = await samples(runtime);
const opened = saves.map(open);
const { memory } = createMemory(2 ** 24);
const wasm = await instantiate(module, memory, { notify() {}, call() {} });
const { kernels } = readKernels(wasm, textReader(memory));
const partsOf = (total) => wasm.filch_host_total_parts(total, 1);

/** Whether the bytes are a job. */
function decodes(i, bytes) {
  const before = performance.now();
  try {
    decode(bytes, kernels, partsOf);
    return true;
  } catch (error) {
    if (!(error instanceof SaveError)) fail(i, error.stack);
    return false;
  } finally {
    if (performance.now() - before > LONG)
      fail(i, `decoding took ${performance.now() - before} ms`);
  }
}

async function restore(i, bytes) {
  let job;
  try {
    job = runtime.restore(bytes);
  } catch (error) {
    if (error.code !== 'OUT_OF_MEMORY') fail(i, `restore() throws ${error.stack}`);
    return;
  }
  const late = setTimeout(() => fail(i, 'the job does not settle'), LIMIT);
  setTimeout(() => job.cancel(), 5);
  await job.catch((error) => error instanceof JobError || fail(i, `the job: ${error.stack}`));
  clearTimeout(late);
  const arrays = Object.values(job.args).filter((value) => ArrayBuffer.isView(value));
  for (const array of arrays) {
    try {
      runtime.free(array);
    } catch (error) {
      if (error.code !== 'FREED_MEMORY') fail(i, error.stack);
    }
  }
}

let good = 0;
let restored = 0;
for (let i = 0; i < count; i++) {
  const which = random.below(saves.length);
  const kind = random.below(KINDS.length);
  const bytes = await KINDS[kind](kind < RAW ? saves[which] : opened[which]);
  if (!decodes(i, bytes)) continue;
  good++;
  if (restored++ < most) await restore(i, bytes);
}
await runtime.close();
console.log(`${good} of them are jobs, ${Math.min(restored, most)} were restored`);
console.log(`${count} saves, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
