// Every bad input of post(): one typed error that names what is wrong and what is allowed, before
// shared memory is touched.
import assert from 'node:assert/strict';

import {
  ArgumentError,
  BadRangeError,
  FilchError,
  ForeignMemoryError,
  FreedMemoryError,
  UnknownKernelError,
} from '../../../web/index.js';
import { beforeHeap, eachBuild, heapOf, picture } from '../helpers.mjs';

const range = [0, 8];

/** [name, kernel, options by runtime, class, parts of the message] */
const BAD = [
  [
    'an unknown kernel',
    'nope',
    () => ({ range }),
    UnknownKernelError,
    '"nope"',
    '"visit"',
    '"empty"',
  ],
  ['a kernel that is no text', 7, () => ({ range }), UnknownKernelError, '7'],
  [
    'an inherited name as a kernel',
    'constructor',
    () => ({ range }),
    UnknownKernelError,
    '"constructor"',
  ],

  ['no options', 'empty', () => undefined, ArgumentError, 'object of options', '"range"'],
  ['options that are no object', 'empty', () => 5, ArgumentError, 'got 5'],
  [
    'an unknown option',
    'empty',
    () => ({ range, colour: 1 }),
    ArgumentError,
    '"colour"',
    '"priority"',
  ],

  ['no range', 'empty', () => ({}), BadRangeError, '[begin, end)', 'undefined'],
  ['a range that is a number', 'empty', () => ({ range: 8 }), BadRangeError, 'got 8'],
  [
    'a range that is a typed array',
    'empty',
    () => ({ range: new Uint32Array(2) }),
    BadRangeError,
    'Uint32Array',
  ],
  ['a range of one', 'empty', () => ({ range: [8] }), BadRangeError, '[8]'],
  ['a range of three', 'empty', () => ({ range: [0, 8, 1] }), BadRangeError, '[0, 8, 1]'],
  ['a range reversed', 'empty', () => ({ range: [8, 0] }), BadRangeError, '[8, 0]'],
  ['a range with a fraction', 'empty', () => ({ range: [0, 1.5] }), BadRangeError, '1.5'],
  ['a negative range', 'empty', () => ({ range: [-1, 8] }), BadRangeError, '-1'],
  ['a range past 2^53 - 1', 'empty', () => ({ range: [0, 2 ** 53] }), BadRangeError, '2^53 - 1'],
  ['a range to infinity', 'empty', () => ({ range: [0, Infinity] }), BadRangeError, 'Infinity'],
  ['a range of NaN', 'empty', () => ({ range: [NaN, 8] }), BadRangeError, 'NaN'],
  ['a range of text', 'empty', () => ({ range: ['0', '8'] }), BadRangeError, '"0"'],
  ['a range of BigInts', 'empty', () => ({ range: [0n, 8n] }), BadRangeError, '0n'],

  [
    'args that are no object',
    'empty',
    () => ({ range, args: 5 }),
    ArgumentError,
    '"args"',
    'got 5',
  ],
  ['args of null', 'empty', () => ({ range, args: null }), ArgumentError, '"args"', 'got null'],
  ['args in an array', 'spin', () => ({ range, args: [1] }), ArgumentError, '"0"', '"cost"'],
  [
    'an argument too many',
    'empty',
    () => ({ range, args: { x: 1 } }),
    ArgumentError,
    '"x"',
    'none',
  ],
  [
    'a misspelt argument',
    'spin',
    () => ({ range, args: { cots: 1 } }),
    ArgumentError,
    '"cots"',
    '"costs"',
    '"cost"',
  ],
  [
    'a missing number',
    'spin',
    () => ({ range, args: {} }),
    ArgumentError,
    '"cost"',
    'missing',
    '4294967295',
  ],
  ['no args at all', 'spin', () => ({ range }), ArgumentError, '"cost"', 'missing'],
  [
    'a missing array',
    'visit',
    () => ({ range }),
    ArgumentError,
    '"visits"',
    'missing',
    'Uint32Array',
  ],

  [
    'a u32 of text',
    'spin',
    () => ({ range, args: { cost: '5' } }),
    ArgumentError,
    '"cost"',
    'u32',
    'got "5"',
  ],
  ['a u32 of null', 'spin', () => ({ range, args: { cost: null } }), ArgumentError, 'got null'],
  ['a u32 of true', 'spin', () => ({ range, args: { cost: true } }), ArgumentError, 'got true'],
  [
    'a u32 of an object',
    'spin',
    () => ({ range, args: { cost: { valueOf: () => 5 } } }),
    ArgumentError,
    'an object',
  ],
  ['a u32 of a BigInt', 'spin', () => ({ range, args: { cost: 5n } }), ArgumentError, 'got 5n'],
  [
    'a u32 with a fraction',
    'spin',
    () => ({ range, args: { cost: 0.5 } }),
    ArgumentError,
    'whole',
    '0.5',
  ],
  [
    'a u32 below 0',
    'spin',
    () => ({ range, args: { cost: -1 } }),
    ArgumentError,
    '0 to 4294967295',
  ],
  [
    'a u32 past its end',
    'spin',
    () => ({ range, args: { cost: 2 ** 32 } }),
    ArgumentError,
    '4294967296',
  ],
  ['a u32 of NaN', 'spin', () => ({ range, args: { cost: NaN } }), ArgumentError, 'NaN'],
  [
    'a u64 with a fraction',
    'trap',
    () => ({ range, args: { at: 0.5 } }),
    ArgumentError,
    'u64',
    'BigInt',
  ],
  ['a u64 below 0', 'trap', () => ({ range, args: { at: -1n } }), ArgumentError, 'got -1n'],
  [
    'a u64 past its end',
    'trap',
    () => ({ range, args: { at: 2n ** 64n } }),
    ArgumentError,
    '18446744073709551615',
  ],
  [
    'a u64 that is not safe',
    'trap',
    () => ({ range, args: { at: 2 ** 53 } }),
    ArgumentError,
    'safe integer',
  ],
  ['a bad state', 'trap', () => ({ range, args: { at: 1, count: 'x' } }), ArgumentError, '"count"'],
  [
    'a float of text',
    'mandelbrot',
    (r) => ({ range, args: picture(r, { cx: '0' }) }),
    ArgumentError,
    '"cx"',
    'f64',
  ],
  [
    'a float of a BigInt',
    'mandelbrot',
    (r) => ({ range, args: picture(r, { scale: 1n }) }),
    ArgumentError,
    '1n',
  ],

  [
    'an array of another type',
    'visit',
    (r) => ({ range, args: { visits: r.alloc(Int32Array, 8) } }),
    ArgumentError,
    'Uint32Array',
    'Int32Array of 8',
  ],
  [
    'a clamped array for words',
    'visit',
    (r) => ({ range, args: { visits: r.alloc(Uint8ClampedArray, 8) } }),
    ArgumentError,
    'Uint8ClampedArray',
  ],
  ['a plain array', 'visit', () => ({ range, args: { visits: [0, 0] } }), ArgumentError, '[0, 0]'],
  [
    'a buffer',
    'visit',
    (r) => ({ range, args: { visits: r.alloc(Uint32Array, 8).buffer } }),
    ArgumentError,
    'an object',
  ],
  [
    'a DataView',
    'visit',
    (r) => ({ range, args: { visits: new DataView(r.alloc(Uint32Array, 8).buffer) } }),
    ArgumentError,
    'DataView',
  ],
  [
    'something dressed as an array',
    'visit',
    () => ({ range, args: { visits: { [Symbol.toStringTag]: 'Uint32Array', length: 8 } } }),
    ArgumentError,
    'an object',
  ],
  [
    'null for an option',
    'spin',
    () => ({ range, args: { cost: 1, costs: null } }),
    ArgumentError,
    '"costs"',
    'null',
  ],
  [
    'an array of the page',
    'visit',
    () => ({ range, args: { visits: new Uint32Array(8) } }),
    ForeignMemoryError,
    '"visits"',
    'alloc()',
  ],
  [
    'shared memory of the page',
    'visit',
    () => ({ range, args: { visits: new Uint32Array(new SharedArrayBuffer(32)) } }),
    ForeignMemoryError,
    'alloc()',
  ],
  [
    "the runtime's own memory",
    'visit',
    (r) => ({ range, args: { visits: own(r) } }),
    FreedMemoryError,
    'alloc()',
  ],
  [
    'more than an array',
    'visit',
    (r) => ({ range, args: { visits: overreach(r) } }),
    ForeignMemoryError,
    'alloc()',
  ],
  [
    'a freed array',
    'visit',
    (r) => ({ range, args: { visits: freed(r) } }),
    FreedMemoryError,
    '"visits"',
    'freed',
  ],
  [
    'a subarray of a freed array',
    'visit',
    (r) => ({ range, args: { visits: freed(r).subarray(1, 3) } }),
    FreedMemoryError,
    'freed',
  ],
  [
    'a freed array whose place was taken',
    'visit',
    (r) => ({ range, args: { visits: taken(r) } }),
    FreedMemoryError,
    'freed',
  ],

  [
    'an unknown priority',
    'empty',
    () => ({ range, priority: 'urgent' }),
    ArgumentError,
    '"high", "normal", "low"',
    '"urgent"',
  ],
  ['a numeric priority', 'empty', () => ({ range, priority: 0 }), ArgumentError, '"priority"'],
  ['grain 0', 'empty', () => ({ range, grain: 0 }), ArgumentError, '"grain"', '1 to 2^32 - 1'],
  ['a grain with a fraction', 'empty', () => ({ range, grain: 1.5 }), ArgumentError, '1.5'],
  [
    'a grain that is too large',
    'empty',
    () => ({ range, grain: 2 ** 32 }),
    ArgumentError,
    '"grain"',
  ],
  [
    'a signal that is none',
    'empty',
    () => ({ range, signal: new AbortController() }),
    ArgumentError,
    'AbortSignal',
  ],
];

function freed(runtime) {
  const array = runtime.alloc(Uint32Array, 8);
  runtime.free(array);
  return array;
}
function taken(runtime) {
  const array = freed(runtime);
  assert.equal(runtime.alloc(Uint32Array, 8).byteOffset, array.byteOffset);
  return array;
}
/** In the runtime's own memory. */
function own(runtime) {
  const array = runtime.alloc(Uint32Array, 8);
  return new Uint32Array(array.buffer, beforeHeap(runtime, array).byteOffset, 8);
}
function overreach(runtime) {
  const array = runtime.alloc(Uint32Array, 16);
  runtime.alloc(Uint32Array, 16);
  return new Uint32Array(array.buffer, array.byteOffset, 32);
}

eachBuild('post() refuses', async (start, t) => {
  const runtime = await start();
  // The test looks at all of the memory that is in use, as no page should.
  const first = runtime.alloc(Uint8Array, 1);
  const everything = [beforeHeap(runtime, first), heapOf(runtime, first)];
  const copy = () => everything.map((part) => part.slice());
  const isAs = (before) => everything.every((part, i) => !Buffer.compare(before[i], part));
  const isQuiet = async () => {
    const before = copy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return isAs(before);
  };
  while (!(await isQuiet()));
  for (const [what, kernel, make, Kind, ...texts] of BAD) {
    await t.test(what, () => {
      const options = make(runtime);
      const before = copy();
      assert.throws(
        () => runtime.post(kernel, options),
        (error) => {
          assert.equal(error.constructor, Kind, `${error}`);
          assert(error instanceof FilchError && error.code && error.name === Kind.name);
          for (const text of texts)
            assert(error.message.includes(text), `"${error.message}" does not say ${text}`);
          return true;
        },
      );
      assert(isAs(before), 'shared memory was touched');
    });
  }
  const visits = runtime.alloc(Uint32Array, 100);
  await runtime.post('visit', { range: [0, 100], args: { visits } });
  assert(
    visits.every((n) => n === 1),
    'and goes on after all that',
  );
});
