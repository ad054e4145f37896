/**
 * Notes in shared memory: what was thrown in a task, from the worker to the owner. Each note is
 * { u32 the task, u32 length }, and so many bytes: [the worker, a text, what was thrown, whether
 * that says that the kernel is not linked], as memory/clone.js or engine-error.js writes them.
 */
import { HANDLE_SLOT_BITS } from '../wasm/abi.js';

export const HEAD = 8;
const NOTE_BYTES = 2048;
export const SPACE = NOTE_BYTES - HEAD;
const SLOT_LIMIT = 2 ** HANDLE_SLOT_BITS;

/** A task's mark, never 0. */
export const markOf = (handle) => ((handle % 2 ** 32) | (2 ** 31)) >>> 0;

/**
 * Addresses of a task's note, and of the note that its other traps get: the worker's.
 *
 * @param {object} place { address, count }: notes of tasks; behind them is one of each worker
 */
export function placesOf({ address, count }, handle, worker) {
  const task = (handle % SLOT_LIMIT) % count;
  return [address + task * NOTE_BYTES, address + (count + worker) * NOTE_BYTES];
}
