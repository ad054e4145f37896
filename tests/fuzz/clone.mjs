// Random values, as call() carries them, against structuredClone(): equal, or refused by both.
// Without workers: node tests/fuzz/clone.mjs [--count N] [--seed S]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { fromBytes } from '../../web/memory/clone-reader.js';
import { pack, parcel } from '../../web/memory/values.js';
import { difference } from './same.mjs';
import { Maker, randomFrom } from './values.mjs';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const own = (random) => new Uint16Array(memory.buffer, 64 * Math.floor(random() * 9), 8);

const tried = (make) => {
  try {
    return { value: make() };
  } catch (error) {
    return { error };
  }
};

/** Bytes, or the message's values. */
function carried(list, how) {
  const { bytes, copy } = pack(list, memory.buffer);
  how[bytes ? 'bytes' : 'message']++;
  if (bytes) return fromBytes(bytes.slice(), memory.buffer);
  return copy ?? parcel(list, []).message.values;
}

/** The difference for one seed, as a text; undefined: there is none. */
export function tryOne(seed, how = { bytes: 0, message: 0 }) {
  const makers = [0, 1].map(() => new Maker(randomFrom(seed), { own }));
  const [first, second] = makers.map((maker) => [maker.value(), maker.value()]);
  const wanted = tried(() => structuredClone(first));
  const found = tried(() => carried(second, how));
  if (Boolean(found.error) !== Boolean(wanted.error))
    return found.error ? `refused: ${found.error}` : `not refused: ${wanted.error}`;
  if (makers[0].reads !== makers[1].reads)
    return `${makers[1].reads} getters called, expected ${makers[0].reads}`;
  return wanted.error ? undefined : difference(found.value, wanted.value, memory.buffer);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { count: { type: 'string' }, seed: { type: 'string' } },
  });
  const [count, seed] = [Number(values.count ?? 100_000), Number(values.seed ?? 1)];
  const how = { bytes: 0, message: 0 };
  let differ = 0;
  for (let i = seed; i < seed + count; i++) {
    const text = tryOne(i, how);
    if (!text) continue;
    if (++differ <= 10) console.log(`seed ${i}: ${text}`);
  }
  console.log(`${how.bytes} as bytes, ${how.message} by message`);
  console.log(`${count} values, ${differ} differ`);
  process.exitCode = differ ? 1 : 0;
}
