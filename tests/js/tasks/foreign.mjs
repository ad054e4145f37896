// Shared by the tests of foreign code.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

export const bomb = () => {
  throw new Error('foreign');
};
export const spin = { range: [0, 100], args: { cost: 10 } };

/** Warnings that the runtime has reported while `body` ran. */
export async function reported(body) {
  const told = [];
  const listen = ({ name, message }) => name === 'FilchWarning' && told.push(message);
  process.on('warning', listen);
  await body();
  await sleep(0);
  process.off('warning', listen);
  return told;
}

/** Nothing is outstanding; the runtime goes on, and closes. */
export async function works(runtime) {
  await runtime.run('spin', spin);
  await runtime.ready();
  assert.equal(runtime.stats().outstanding, 0);
  await runtime.close({ drain: true });
}
