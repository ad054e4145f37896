// Bytes of a clone that other code has overwritten: a value or an error, in no time and little
// memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as KIND from '../../../web/memory/clone-kinds.js';
import { fromBytes } from '../../../web/memory/clone-reader.js';

const { buffer } = new WebAssembly.Memory({ initial: 4096, maximum: 4096, shared: true });

function bytesOf(...parts) {
  const bytes = parts.flatMap((part) =>
    part instanceof Float64Array ? [...new Uint8Array(part.buffer)] : [part].flat(),
  );
  return Uint8Array.from(bytes);
}
const n = (number) => Float64Array.of(number);
/** The whole memory, as an array of bytes. */
const everything = [KIND.SHARED, 0, n(0), n(2 ** 28)];

const CASES = {
  'an array of 2^53 items': [KIND.ARRAY, n(2 ** 53), KIND.NULL],
  'an array of endless items': [KIND.ARRAY, n(Infinity), KIND.NULL, KIND.NULL],
  'a map of 2^53 entries': [KIND.MAP, n(2 ** 53)],
  'an array of less than none': [KIND.ARRAY, n(-1)],
  'a text of 2^32 bytes': [KIND.TEXT, n(2 ** 32)],
  'a text of NaN bytes': [KIND.TEXT, n(NaN)],
  'an array that has no buffer but a number': [KIND.VIEW, 0, n(0), n(0), KIND.FLOAT, n(2 ** 32)],
  'an array of an array of numbers': [KIND.VIEW, 0, n(0), n(0), KIND.ARRAY, n(0)],
  'an array of no type': [KIND.SHARED, 99, n(0), n(1)],
  'an array beyond the memory': [KIND.SHARED, 0, n(2 ** 28), n(1)],
  'a field whose name is all memory': [KIND.OBJECT, n(1), ...everything, KIND.NULL],
  'an error whose name is all memory': [
    [KIND.ERROR, n(2)],
    [KIND.TEXT, n(4), [...'name'].map((c) => c.charCodeAt(0)), ...everything],
    [KIND.TEXT, n(1), 65, KIND.NULL],
  ].flat(),
  'a pattern that is all memory': [KIND.REGEXP, ...everything, KIND.TEXT, n(0)],
  'a BigInt whose digits are all memory': [KIND.BIGINT, ...everything],
  'nested arrays without end': Uint8Array.from({ length: 540_000 }, (_, i) =>
    [KIND.ARRAY, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f].at(i % 9),
  ),
  'an object that is named before it is there': [KIND.AGAIN, n(5)],
};

for (const [what, parts] of Object.entries(CASES)) {
  test(`corrupt bytes of a clone: ${what}`, () => {
    const bytes = parts instanceof Uint8Array ? parts : bytesOf(...parts.flat(1));
    const before = performance.now();
    let value;
    try {
      value = fromBytes(bytes, buffer);
    } catch (error) {
      value = error;
    }
    assert.ok(performance.now() - before < 1000);
    assert.ok(value === undefined || value instanceof Error);
  });
}
