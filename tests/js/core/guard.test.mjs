// Foreign values and foreign code, behind the guards of core/guard.js and core/show.js.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { guarded, report, textOf } from '../../../web/core/guard.js';
import { show } from '../../../web/core/show.js';

const bomb = () => {
  throw new Error('a getter threw');
};
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const hostile = {
  'a getter of message': Object.defineProperty(new Error('x'), 'message', { get: bomb }),
  'a getter of toStringTag': {
    get [Symbol.toStringTag]() {
      return bomb();
    },
  },
  'a function whose name is a symbol': Object.defineProperty(() => 0, 'name', {
    value: Symbol('n'),
  }),
  'a function whose name throws': Object.defineProperty(() => 0, 'name', { get: bomb }),
  'a view whose constructor throws': Object.defineProperty(new Uint8Array(2), 'constructor', {
    get: bomb,
  }),
  'an array whose items throw': Object.defineProperty([1], 0, { get: bomb }),
  'a revoked proxy': revoked(),
  'a proxy that throws': new Proxy({}, { get: bomb, getPrototypeOf: bomb, has: bomb }),
  'an object without a prototype': Object.create(null),
  'a symbol': Symbol('s'),
  null: null,
  undefined: undefined,
};

for (const [name, value] of Object.entries(hostile)) {
  test(`show() and textOf() give a text for ${name}`, () => {
    assert.equal(typeof show(value), 'string');
    assert.equal(typeof textOf(value), 'string');
  });
}

test('textOf() gives the message of an error, of any realm, and shows other values', () => {
  assert.equal(textOf(new Error('why')), 'why');
  assert.equal(textOf({ message: 'of another realm' }), 'of another realm');
  assert.equal(textOf('text'), '"text"');
  assert.equal(textOf({ message: 5 }), 'an object (Object)');
});

test('guarded() gives the value, or what stands instead; the exception is reported', async () => {
  const told = [];
  const listen = (warning) => told.push(warning);
  process.on('warning', listen);
  assert.equal(
    guarded(() => 5, 6),
    5,
  );
  assert.equal(guarded(bomb, 6), 6);
  await new Promise(setImmediate);
  process.off('warning', listen);
  assert.deepEqual(
    told.map(({ name, message }) => [name, message]),
    [['FilchWarning', 'a getter threw']],
  );
});

test('report() takes any value', () => {
  process.once('warning', () => {});
  for (const value of Object.values(hostile)) report(value);
});
