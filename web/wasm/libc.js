/**
 * Functions of C that a plug-in may import, as `env`. A plug-in of `make kernel` has most of them
 * itself, from runtime/include/libc.
 */
import { unsigned } from './address.js';

/** Math has these under the same names. */
const MATH =
  'acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp expm1 floor hypot log log10 log1p log2 sin sinh sqrt tan tanh trunc';
const copysign = (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x));
const isNaN = Number.isNaN;
/** Ties to even. */
const rint = (x) => {
  const whole = 2 ** 52;
  return Math.abs(x) < whole ? copysign(Math.abs(x) + whole - whole, x) : x;
};
const round = (x) => {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) < 0.5 ? whole : whole + Math.sign(x);
};
/** In steps of which at most the last one rounds. */
const scalbn = (x, n) => {
  for (let i = 0; i < 2 && n > 1023; i++, n -= 1023) x *= 2 ** 1023;
  for (let i = 0; i < 2 && n < -1022; i++, n += 969) x *= 2 ** -969;
  return x * 2 ** Math.max(n, -1022);
};
const ON_FLOATS = {
  ...Object.fromEntries(MATH.split(' ').map((name) => [name, Math[name]])),
  copysign,
  exp10: (x) => 10 ** x,
  exp2: (x) => 2 ** x,
  fabs: Math.abs,
  fdim: (a, b) => (a <= b ? 0 : a - b),
  fmax: (a, b) => (isNaN(a) ? b : isNaN(b) ? a : Math.max(a, b)),
  fmin: (a, b) => (isNaN(a) ? b : isNaN(b) ? a : Math.min(a, b)),
  fmod: (a, b) => a % b,
  ldexp: scalbn,
  nearbyint: rint,
  pow: (x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y),
  rint,
  round,
  scalbn,
};

/** @returns {(name: string) => Function | undefined} */
export function libc(memory) {
  const bytes = () => new Uint8Array(memory.buffer); // the memory may have grown
  const copy = (to, from, length) => {
    const begin = unsigned(from);
    bytes().copyWithin(unsigned(to), begin, begin + unsigned(length));
    return to;
  };
  const functions = {
    ...ON_FLOATS,
    ...Object.fromEntries(
      Object.entries(ON_FLOATS).map(([name, f]) => [
        `${name}f`,
        (...numbers) => Math.fround(f(...numbers)),
      ]),
    ),
    lrint: rint,
    lrintf: rint,
    lround: round,
    lroundf: round,
    memcpy: copy,
    memmove: copy,
    memset: (at, byte, length) => {
      bytes().fill(byte, unsigned(at), unsigned(at) + unsigned(length));
      return at;
    },
  };
  return (name) => (Object.hasOwn(functions, name) ? functions[name] : undefined);
}
