/** Where the position-independent module goes in memory that its caller gives: { memory, region } of start(). Owner's thread only. */
import { ModuleError, OptionsError } from './errors.js';
import { show } from './show.js';
import { dylinkOf } from './wasmfile.js';

const LINE = 64;
const STACK = 65536; // of the owner's instance
const up = (address, to) => Math.ceil(address / to) * to;

/** The module that start() takes then, where none is given. */
export const placedModule = () => new URL('./filch-placed.wasm', import.meta.url);

/**
 * Clears the region, which malloc() has not done, and lays it out: the module's data, the owner's stack, and from `heapBase` on what the
 * module itself lays out.
 */
export function place(module, memory, { address, bytes }) {
  const size = memory.buffer.byteLength;
  if (address + bytes > size) {
    throw new OptionsError(`option "region" of Runtime.start() ends at ${address + bytes}, and the memory given has ${show(size)} bytes`);
  }
  const dylink = dylinkOf(module);
  if (!dylink) throw new ModuleError('the module was not built to be placed in the memory of others: filch-placed.wasm is');
  const memoryBase = up(address, Math.max(LINE, 2 ** dylink.align));
  const stackTop = up(memoryBase + dylink.size, LINE) + STACK;
  if (stackTop > address + bytes) {
    throw new OptionsError(`option "region" of Runtime.start() has ${bytes} bytes, and the module alone takes ${stackTop - address}`);
  }
  new Uint8Array(memory.buffer, address, bytes).fill(0);
  return { memoryBase, tableBase: 1, tableSize: dylink.table, stackTop, heapBase: stackTop };
}
