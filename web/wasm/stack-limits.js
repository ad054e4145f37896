/**
 * The stacks of a thread's instances. A module built with binaryen's stack check calls
 * overflowed() where a chunk would leave its worker's stack, and has to be told the limits. Below
 * each stack lies a red zone, for plug-ins that were built without the check.
 */
import { unsigned } from './address.js';

/**
 * By stack pointer, which a plug-in shares with its module: { limits, first, last, scheduler }, of
 * these workers, and the scheduler that has their tasks.
 */
const stacks = new WeakMap();
const ANY = [-1, 0];
/**
 * The check looks where code moves the stack pointer. Of a function that calls no other, LLVM keeps
 * this many bytes below the pointer without moving it.
 */
const LEAF = 128;
let overflow = false;

/** The import __handle_stack_overflow() of checked modules. */
export function overflowed() {
  overflow = true;
  throw new RangeError("the kernel would leave its worker's stack");
}

/** A new instance of Filch's module, on this thread. */
export function addStack({ __stack_pointer }) {
  if (__stack_pointer) stacks.set(__stack_pointer, { limits: ANY });
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

/** Owner: isOverrun() looks at the stacks of all workers from now on. */
export function watchStacks(wasm, workers, scheduler) {
  Object.assign(stacks.get(wasm.__stack_pointer), { first: 0, last: workers - 1, scheduler });
}

/** Gives an instance that knows its region the worker's stack; again after a trap. */
export function enterStack(wasm, worker) {
  const stack = stacks.get(wasm.__stack_pointer);
  overflow = false;
  anyStack(wasm);
  stack.first = stack.last = worker;
  const end = unsigned(wasm.filch_host_stack_end(worker)) + LEAF;
  stack.limits = [unsigned(wasm.filch_host_stack_top(worker)), end];
  wasm.filch_host_worker_enter(stack.limits[0]);
  wasm.__set_stack_limits?.(...stack.limits);
}

/**
 * Whether a worker has written below its stack, and perhaps over all memory. Then the owner's
 * runtime ends; a worker throws, which tells its owner.
 */
export function isOverrun(wasm) {
  const { first, last, scheduler } = stacks.get(wasm.__stack_pointer);
  // Code that went on has overwritten the stacks of the workers before: the last one is to blame.
  for (let worker = last; worker >= first; worker--) {
    if (!wasm.filch_host_stack_overrun(worker)) continue;
    const who = scheduler?.nameOf(wasm.filch_host_worker_task(worker)) ?? "a kernel's code";
    const error = new Error(`${who} overran the stack of worker ${worker}`);
    if (!wasm.broken) throw error;
    wasm.broken(error);
    return true;
  }
  return false;
}

/** After a trap, or another exception of a chunk: the worker's task fails, with a note. */
export function afterTrap(wasm, worker, thrown, notes) {
  if (isOverrun(wasm)) return;
  const isChecked = overflow; // the check has thrown, before a byte was written
  enterStack(wasm, worker);
  notes.write(wasm.filch_host_worker_task(worker), worker, thrown);
  wasm.filch_host_worker_trapped(worker, isChecked);
}
