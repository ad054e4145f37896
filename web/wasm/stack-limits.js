/**
 * The stacks of a thread's instances. A module built with binaryen's stack check calls
 * overflowed() where a chunk would leave its worker's stack, and has to be told the limits. Below
 * each stack lies a red zone, for plug-ins that were built without the check.
 */
import { RED_WORD, RED_ZONE } from './abi.js';

/**
 * By stack pointer, which a plug-in shares with its module: { memory, limits, ends: by worker,
 * plugins: id -> __set_stack_limits(), nameOf: see noteStacks() }.
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
  if (__stack_pointer)
    stacks.set(__stack_pointer, { memory, limits: ANY, ends: new Map(), plugins: new Map() });
}

/** Right after instantiation: anywhere. */
export function anyStack(wasm) {
  wasm.__set_stack_limits?.(...ANY);
}

/**
 * The plug-in's instance, too, checks the stack. Without `setLimits` not any more: an overflow at
 * its start is no kernel's.
 */
export function shareStack(wasm, id, setLimits) {
  const { limits, plugins } = stacks.get(wasm.__stack_pointer);
  overflow = false;
  setLimits?.(...limits);
  if (setLimits) plugins.set(id, setLimits);
  else plugins.delete(id);
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
  for (const setLimits of stack.plugins.values()) setLimits(...stack.limits);
}

/**
 * An error where a known worker has written below its stack. It may have gone on, over the stacks
 * of those before it: so the last such worker did it.
 */
export function overrun(wasm) {
  const { memory, ends, nameOf } = stacks.get(wasm.__stack_pointer);
  for (const [worker, end] of [...ends].reverse()) {
    const zone = new Uint32Array(memory.buffer, end - RED_ZONE, RED_ZONE / 4);
    if (zone.some((word) => word !== RED_WORD)) {
      const who = nameOf?.(wasm.filch_host_worker_task(worker)) ?? 'a kernel';
      return new Error(`${who} overran the stack of worker ${worker}`);
    }
  }
}

/**
 * After a trap, or another exception of a chunk: the worker's task fails, with a note. Where a
 * kernel has overrun its stack, the owner's runtime ends, and a worker throws, which tells its owner.
 */
export function afterTrap(wasm, worker, thrown, notes) {
  const error = overrun(wasm);
  if (error) {
    if (!wasm.broken) throw error;
    wasm.broken(error);
    return;
  }
  const isChecked = overflow; // the check has thrown, before a byte was written
  enterStack(wasm, worker);
  notes.write(wasm.filch_host_worker_task(worker), worker, thrown);
  wasm.filch_host_worker_trapped(worker, isChecked);
}
