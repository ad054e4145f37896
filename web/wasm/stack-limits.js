/**
 * The stacks of a thread's instances. A module built with binaryen's stack check calls
 * overflowed() where a chunk would leave its worker's stack, and has to be told the limits. Below
 * each stack lies a red zone, for plug-ins that were built without the check.
 */
import { RED_WORD, RED_ZONE } from './abi.js';

/**
 * By stack pointer, which a plug-in shares with its module: { memory, limits, ends: by worker,
 * nameOf: see noteStacks() }.
 */
const stacks = new WeakMap();
const ANY = [-1, 0];
let overflow = false;

/** The import __handle_stack_overflow() of checked modules. */
export function overflowed() {
  overflow = true;
  throw new RangeError("the kernel would leave its worker's stack");
}

/** A new instance of Filch's module, on this thread. */
export function addStack({ __stack_pointer }, memory) {
  if (__stack_pointer) stacks.set(__stack_pointer, { memory, limits: ANY, ends: new Map() });
}

/** Right after instantiation: anywhere. */
export function anyStack(wasm) {
  wasm.__set_stack_limits?.(...ANY);
}

/**
 * The plug-in's instance, too, checks the stack; its start function has not. An overflow before
 * this call is no kernel's.
 */
export function shareStack(wasm, setLimits) {
  overflow = false;
  setLimits?.(...stacks.get(wasm.__stack_pointer).limits);
}

/**
 * Owner: notes where the stacks are, before a kernel can have overwritten the module's words.
 *
 * @param {(handle: number) => string | undefined} nameOf the job of a task
 */
export function noteStacks(wasm, workers, nameOf) {
  const stack = stacks.get(wasm.__stack_pointer);
  stack.nameOf = nameOf;
  for (let w = 0; w < workers; w++) stack.ends.set(w, wasm.filch_host_stack_end(w) >>> 0);
}

/** Gives an instance that knows its region the worker's stack; again after a trap. */
export function enterStack(wasm, worker) {
  const stack = stacks.get(wasm.__stack_pointer);
  overflow = false;
  anyStack(wasm);
  const end = wasm.filch_host_stack_end(worker);
  if (!stack.ends.has(worker)) stack.ends.set(worker, end >>> 0);
  stack.limits = [wasm.filch_host_stack_top(worker), end];
  wasm.filch_host_worker_enter(stack.limits[0]);
  wasm.__set_stack_limits?.(...stack.limits);
}

/** An error where a worker that is known here has written below its stack. */
function overrunOf({ memory, ends, nameOf }, wasm) {
  // Code that went on overwrote the stacks of the workers before: the last one is to blame.
  for (const [worker, end] of [...ends].reverse()) {
    const zone = new Uint32Array(memory.buffer, end - RED_ZONE, RED_ZONE / 4);
    if (zone.every((word) => word === RED_WORD)) continue;
    const who = nameOf?.(wasm.filch_host_worker_task(worker)) ?? "a kernel's code";
    return new Error(`${who} overran the stack of worker ${worker}`);
  }
}

/**
 * Whether a worker that is known here has written below its stack, and perhaps over all memory.
 * Then the owner's runtime ends; a worker throws, which tells its owner.
 */
export function isOverrun(wasm) {
  const error = overrunOf(stacks.get(wasm.__stack_pointer), wasm);
  if (error && !wasm.broken) throw error;
  if (error) wasm.broken(error);
  return Boolean(error);
}

/** After a trap, or another exception of a chunk: the worker's task fails, with a note. */
export function afterTrap(wasm, worker, thrown, notes) {
  if (isOverrun(wasm)) return;
  const isChecked = overflow; // the check has thrown, before a byte was written
  enterStack(wasm, worker);
  notes.write(wasm.filch_host_worker_task(worker), worker, thrown);
  wasm.filch_host_worker_trapped(worker, isChecked);
}
