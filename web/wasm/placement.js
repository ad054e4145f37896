/**
 * The place of the position-independent module in the caller's memory: { memory, region } of
 * start(). Owner's thread only.
 */
import { ModuleError, OptionsError } from '../core/errors.js';
import { dylinkOf } from './binary.js';

const LINE = 64;
const STACK = 65536; // of the owner's instance
const up = (address, to) => Math.ceil(address / to) * to;

/**
 * Clears the region, which malloc() has not done. Then come the module's data, the owner's stack,
 * and from `heapBase` on the memory that the module itself lays out. Throws ModuleError,
 * OptionsError.
 *
 * @param {number} end of the part of the region that is used
 */
export function place(module, memory, { address, bytes }, end) {
  const dylink = dylinkOf(module);
  if (!dylink)
    throw new ModuleError(
      'the module was not built to be placed in the memory of others: filch-placed.wasm is',
    );
  const memoryBase = up(address, Math.max(LINE, 2 ** dylink.align));
  const stackTop = up(memoryBase + dylink.size, LINE) + STACK;
  if (stackTop > end)
    throw new OptionsError(
      `option "region" of Runtime.start() has ${bytes} bytes, and the module alone takes ${stackTop - address}`,
    );
  new Uint8Array(memory.buffer, address, bytes).fill(0);
  return { memoryBase, tableBase: 1, tableSize: dylink.table, stackTop, heapBase: stackTop };
}
