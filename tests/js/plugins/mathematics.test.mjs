// Functions of C in plug-ins: those of runtime/include/libc, which `make kernel` compiles in, and
// those that load() has for a plug-in that only declares them. Compared with the machine's own C
// library where the result is exact, otherwise with Math.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { eachBuild, moduleUrl } from '../helpers.mjs';

const { stdout } = await promisify(execFile)(fileURLToPath(moduleUrl('mathematics')), [], {
  encoding: 'buffer',
  maxBuffer: 2 ** 24,
});
const line = stdout.indexOf('\n');
const names = stdout.toString('latin1', 0, line).trim().split(' ');
const numbers = new Float64Array(new Uint8Array(stdout.subarray(line + 1)).buffer);
const [count] = numbers;
const column = (i) => numbers.subarray(1 + i * count, 1 + (i + 1) * count);
const [x, y, z] = [0, 1, 2].map(column);

const pow = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);
const REFERENCE = {
  ...Math,
  exp2: (a) => pow(2, a),
  exp10: (a) => pow(10, a),
  sine: Math.sin,
  cosine: Math.cos,
};
const OWN = Object.getOwnPropertyNames(Math).filter((name) => !/^(round|f16round)$/.test(name));
for (const name of OWN) REFERENCE[name] = name === 'pow' ? pow : Math[name];
/** Math has them, and C's are the same on all machines. */
const EXACT = new Set(['ceil', 'floor', 'sqrt', 'trunc']);

/** The results that are right. */
function expected(name, single) {
  const which = names.indexOf(name);
  if (!Object.hasOwn(REFERENCE, name) || EXACT.has(name)) return column(3 + 2 * which + single);
  const f = REFERENCE[name];
  const { fround } = Math;
  return x.map((_, i) => (single ? fround(f(fround(x[i]), fround(y[i]))) : f(x[i], y[i])));
}

/** C says nothing about the sign of a zero that is the greater, or the lesser, of two zeros. */
const LOOSE = new Set(['fmax', 'fmin']);
function compare(name, single, out) {
  const right = expected(name, single);
  for (let i = 0; i < count; i++) {
    const same = LOOSE.has(name) ? out[i] === right[i] : Object.is(out[i], right[i]);
    if (!same && !(Number.isNaN(out[i]) && Number.isNaN(right[i])))
      assert.fail(
        `${name}${single ? 'f' : ''}(${x[i]}, ${y[i]}, ${z[i]}) is ${right[i]}, not ${out[i]}`,
      );
  }
}

eachBuild('every function of the math.h of plug-ins is right', async (start) => {
  const runtime = await start();
  await runtime.load(moduleUrl('plugins/mathematics.wasm'));
  const [a, b, c] = [x, y, z].map((values) => {
    const copy = runtime.alloc(Float64Array, count);
    copy.set(values);
    return copy;
  });
  const out = runtime.alloc(Float64Array, count);
  const run = (which, single, other = 0) =>
    runtime.run('mathematics', {
      range: [0, count],
      args: { x: a, y: b, z: c, out, which, single, other },
    });
  assert(names.length > 55);
  for (const [which, name] of names.entries()) {
    for (const single of [0, 1]) {
      await run(which, single);
      compare(name, single, out);
    }
  }
  for (const [other, name] of [
    [1, 'floor'],
    [2, 'round'],
  ]) {
    await run(0, 0, other);
    compare(name, 0, out);
  }
});

// The order of declared.c.
const DECLARED =
  'acos acosh asin asinh atan atanh cbrt cos cosh exp expm1 log log10 log1p log2 sin sinh tan tanh ceil fabs floor nearbyint rint round sqrt trunc exp2 exp10 atan2 hypot pow copysign fdim fmax fmin fmod ldexp scalbn lround lrint'.split(
    ' ',
  );
eachBuild('load() has functions of C for plug-ins that declare them', async (start) => {
  const runtime = await start();
  await runtime.load(moduleUrl('plugins/declared.wasm'));
  const [a, b] = [x, y].map((values) => {
    const copy = runtime.alloc(Float64Array, count);
    copy.set(values);
    return copy;
  });
  const out = runtime.alloc(Float64Array, count);
  for (const [which, name] of DECLARED.entries()) {
    for (const single of [0, 1]) {
      if (single && /^l(round|rint)$/.test(name)) continue;
      await runtime.run('declared', {
        range: [0, count],
        args: { x: a, y: b, out, which, single },
      });
      compare(name, single, out);
    }
  }
});
