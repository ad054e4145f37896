/** Memory for a saved task. Owner's thread only. */
import { PAIR } from './format.js';

/**
 * Revives a task as decode() gives it.
 *
 * @param {object} resources lists the heap's blocks; after an error the caller gives them back
 * @returns {{ args: object, totals: object, pieces: object }} as a task has them
 */
export function revive(
  { kernel, fresh, pieces, values, arrays, blocks, totals },
  heap,
  buffer,
  resources,
) {
  const take = (bytes) => {
    const block = heap.reserve(bytes, 'restore(): memory');
    resources.add('revived', block);
    return block;
  };
  const copy = (bytes) => {
    const block = take(bytes.length);
    new Uint8Array(buffer, block.address, bytes.length).set(bytes);
    return block;
  };
  const places = blocks.map(copy);
  const args = { ...values };
  for (const { name } of kernel.fields) {
    if (!arrays[name]) continue;
    const { type, length, block, offset } = arrays[name];
    places[block].reserved = false;
    args[name] = heap.view(globalThis[type], places[block], offset, length);
  }
  if (fresh) return { args };
  const block = take(pieces.length * PAIR);
  new Float64Array(buffer, block.address, pieces.length * 2).set(pieces.flat());
  return { args, totals: totals && copy(totals), pieces: { block, count: pieces.length } };
}
