// Values that a careless or hostile caller may give, made anew each time.

/** Thrown by the caller's own code. */
export class Own extends Error {
  name = 'Own';
}

const throws = () => {
  throw new Own('the caller throws');
};
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const throwing = () =>
  new Proxy(
    {},
    Object.fromEntries(
      ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'set'].map((trap) => [
        trap,
        throws,
      ]),
    ),
  );
const getter = (name) => Object.defineProperty({}, name, { get: throws, enumerable: true });
const detached = (Type) => {
  const array = new Type(4);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
};
const cyclic = () => {
  const value = { list: [] };
  value.list.push(value);
  return value;
};

/** Each makes one value. */
const MAKERS = [
  () => undefined,
  () => null,
  () => true,
  () => '',
  () => 'visit',
  () => 'x'.repeat(5000),
  () => '__proto__',
  () => '\0\ud800',
  () => Symbol('value'),
  () => 10n,
  () => -(2n ** 64n),
  () => NaN,
  () => Infinity,
  () => -Infinity,
  () => -0,
  () => -1,
  () => 0.5,
  () => 1,
  () => 3,
  () => 2 ** 31,
  () => 2 ** 32,
  () => 2 ** 53,
  () => Number.MAX_VALUE,
  () => [],
  () => [1, 2],
  () => new Array(3),
  () => [0, 2 ** 53 - 1],
  () => [undefined, null],
  () => ({}),
  () => Object.create(null),
  () => Object.freeze([1]),
  cyclic,
  () => () => {},
  () => throws,
  () => new Date(NaN),
  () => /x/g,
  () => new Map([[1, 2]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => new Error('an error'),
  () => Object.assign(new Error('odd'), { message: Symbol('message') }),
  () => new ArrayBuffer(8),
  () => detached(Uint8Array),
  () => detached(Uint8Array).buffer,
  () => detached(Float64Array),
  () => new Uint8Array(3),
  () => new (class extends Uint8Array {})(3),
  () => new Uint32Array(new SharedArrayBuffer(16)),
  () => new DataView(new ArrayBuffer(8)),
  () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
  () => new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])),
  () => new AbortController().signal,
  () => AbortSignal.abort(),
  () => AbortSignal.abort(throwing()),
  revoked,
  throwing,
  () => new Proxy([], { get: throws }),
  () => new Proxy(() => {}, { apply: throws }),
  () => getter('then'),
  () => getter('length'),
  () => getter('message'),
  () => getter('range'),
  () => getter('aborted'),
  () => ({ then: throws }),
  () => ({ then() {} }),
  () => Promise.resolve(1),
  () => ({ toString: throws, valueOf: throws }),
  () => ({ [Symbol.toPrimitive]: throws }),
  () => ({ [Symbol.iterator]: throws }),
  () => ({
    get [Symbol.toStringTag]() {
      return throws();
    },
  }),
  () => new URL('file:///nowhere/at/all.js'),
  () => 'data:text/javascript,export default 1',
  () => globalThis,
];

export const hostile = (random) => random.pick(MAKERS)();

/**
 * A good value with some of its parts replaced: now and then the whole, a property, an element, or
 * one more property.
 */
export function spoil(random, value, depth = 0) {
  if (random.chance(depth ? 0.25 : 0.12)) return hostile(random);
  if (Array.isArray(value)) return value.map((each) => spoil(random, each, depth + 1));
  const isPlain =
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain || depth > 3) return value;
  const spoilt = {};
  for (const [name, each] of Object.entries(value)) {
    if (random.chance(0.05)) continue;
    if (random.chance(0.03)) Object.defineProperty(spoilt, name, { get: throws, enumerable: true });
    else spoilt[name] = spoil(random, each, depth + 1);
  }
  if (random.chance(0.05))
    spoilt[random.pick(['signal', 'timeout', 'after', 'priority', 'other', 'transfer', 'name'])] =
      hostile(random);
  return spoilt;
}
