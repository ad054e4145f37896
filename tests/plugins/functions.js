// Functions for runtime.call(), as a worker's module exports them.
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

await sleep(30); // what they need is there before the first call

let calls = 0;

export default ({ a, b }) => a + b;
export const add = (a, b) => a + b;
export const multiply = (a, b) => a * b;
export const later = async (a, b) => sleep(20).then(() => a + b);
export const echo = (value) => value;
export const count = () => ++calls;
export const thread = () => isMainThread;
export const fill = (array, value) => array.fill(value);
export const fail = (message) => {
  throw new RangeError(message, { cause: new TypeError('the cause') });
};
export const reject = async (message) => fail(message);
export const busy = (ms) => {
  for (const end = performance.now() + ms; performance.now() < end; );
  return ms;
};
export const notCloned = () => () => {};
export const value = 7;
