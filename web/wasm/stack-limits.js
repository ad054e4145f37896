/**
 * The stack of an instance. A module built with binaryen's stack check traps where a chunk would
 * leave its worker's stack, and has to be told the limits.
 */

/** Right after instantiation: anywhere. */
export function anyStack(wasm) {
  wasm.__set_stack_limits?.(-1, 0);
}

/** Gives the instance the worker's stack; first of all, and again after a trap. */
export function enterStack(wasm, worker) {
  anyStack(wasm);
  const top = wasm.filch_host_stack_top(worker);
  const end = wasm.filch_host_stack_end(worker);
  wasm.filch_host_worker_enter(worker);
  wasm.__set_stack_limits?.(top, end);
}

/** After a trap, or another exception of a chunk: the worker's task fails, with a note. */
export function afterTrap(wasm, worker, thrown, notes) {
  enterStack(wasm, worker);
  notes.write(wasm.filch_host_worker_task(worker), thrown);
  wasm.filch_host_worker_trapped(worker);
}
