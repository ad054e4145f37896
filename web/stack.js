/**
 * The stack of an instance. The module traps where a chunk leaves its worker's stack (binaryen's stack check), but has to be told
 * where that is; a module that was built without the check has no such export.
 */

/** Right after instantiation: anywhere. */
export function anyStack(wasm) {
  wasm.__set_stack_limits?.(-1, 0);
}

/** Gives the instance the worker's stack; first of all, and again after a trap. */
export function enterStack(wasm, worker) {
  anyStack(wasm);
  const top = wasm.filch_stack_top(worker);
  const end = wasm.filch_stack_end(worker);
  wasm.filch_worker_enter(worker);
  wasm.__set_stack_limits?.(top, end);
}
