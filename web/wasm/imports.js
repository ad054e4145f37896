/**
 * The module's imports: for a memory of its own, or placed in a part of the caller's
 * (placement.js). Owner and workers, each for itself.
 */
import { addStack, overflowed } from './stack-limits.js';

/** A global of type i32. */
export const global = (value, mutable = false) =>
  new WebAssembly.Global({ value: 'i32', mutable }, value);

/** @param {object} [place] of place(); every instance gets the same */
export function importsOf(memory, filch, place) {
  if (!place) return { env: { memory, __handle_stack_overflow: overflowed }, filch };
  const { memoryBase, tableBase, tableSize, stackTop, heapBase } = place;
  const env = {
    memory,
    __handle_stack_overflow: overflowed,
    __memory_base: global(memoryBase),
    __table_base: global(tableBase),
    __stack_pointer: global(stackTop, true),
    __indirect_function_table: new WebAssembly.Table({
      element: 'anyfunc',
      initial: tableBase + tableSize,
    }),
  };
  return { env, 'GOT.mem': { __heap_base: global(heapBase, true) }, filch };
}

/** The instance's exports, and the imports that a plug-in needs besides. */
export function exportsOf({ exports }, { env }) {
  const { __stack_pointer, __indirect_function_table } = env;
  const wasm = __stack_pointer
    ? { ...exports, __stack_pointer, __indirect_function_table }
    : exports;
  addStack(wasm);
  return wasm;
}
