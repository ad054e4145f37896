// The error classes, as the package exports them.

/** The base of all errors. `code` never changes; the message names the fault. */
export class FilchError extends Error {
  readonly code: string;
}
/** BAD_OPTIONS: a wrong option of Runtime.start(). */
export class OptionsError extends FilchError {}
/** BAD_ARGUMENT: a wrong argument of post(), alloc(), or another method. */
export class ArgumentError extends FilchError {}
/** BAD_RANGE: a wrong range of post(). */
export class BadRangeError extends ArgumentError {}
/** UNKNOWN_KERNEL: neither the module nor a plug-in has a kernel of that name. */
export class UnknownKernelError extends ArgumentError {}
/** FOREIGN_MEMORY: the array is not in this runtime's memory. */
export class ForeignMemoryError extends ArgumentError {}
/** FREED_MEMORY: free() has given the array back. */
export class FreedMemoryError extends ArgumentError {}
/** BAD_SAVE: the bytes for restore() are not a saved job, or one that cannot go on here. */
export class SaveError extends ArgumentError {}
/** NOT_SAVABLE: the job has settled, waits for others, is of kind 'fork', or not deterministic. */
export class NotSavableError extends FilchError {
  readonly kernel: string;
  /** The job's id. */
  readonly job: number;
  readonly reason: string;
}
/** MEMORY_IN_USE: a job uses the array that free() was to give back. */
export class MemoryInUseError extends FilchError {
  /** The job's id. */
  readonly job: number;
}
/** OUT_OF_MEMORY: `size` bytes were asked for; `largest` is the largest free block. */
export class OutOfMemoryError extends FilchError {
  readonly size: number;
  readonly largest?: number;
}
/** QUEUE_FULL: `maxQueue` posts wait already, or 65536 records wait for a ring. */
export class QueueFullError extends FilchError {}
/** STOPPED: the runtime is closed. */
export class ClosedError extends FilchError {}
/** MODULE: the module, or code of save(), is missing or does not fit; or a global is missing. */
export class ModuleError extends FilchError {
  readonly url?: string;
  /** The HTTP status, or the system's code. */
  readonly status?: number | string;
}
/** NOT_ISOLATED: threads were asked for, but the page cannot have them. */
export class IsolationError extends FilchError {}
/**
 * PLUGIN: load() or define() refused a module or cannot work here, or call() could not use one, not
 * in time, or not the function's result; or a job's worker came later, could not link the kernel,
 * and no other worker has it.
 */
export class PluginError extends FilchError {
  readonly source: string;
}
/** PLUGIN_IN_USE: jobs of the plug-in are outstanding. */
export class PluginInUseError extends FilchError {}
/** WORKER_START: no worker started. */
export class WorkerStartError extends FilchError {}

/** A job that did not finish. */
export class JobError extends FilchError {
  readonly kernel: string;
  /** The job's id. */
  readonly job: number;
  /** The number of iterations that had finished. */
  readonly iterations: number;
  /** Of postMany(): the loops that failed, the first of this class; and the states of all loops. */
  readonly failures?: readonly { index: number; failure?: number; error: JobError }[];
  readonly states?: { [name: string]: number | bigint }[];
}
/** CANCELLED; `name` is 'AbortError'. Of Runtime.start(), too, without the fields of a job. */
export class CancelledError extends JobError {
  readonly reason: unknown;
}
/** TIMEOUT; `name` is 'TimeoutError'. The job's status is 'cancelled'. */
export class TimeoutError extends CancelledError {}
/** DEPENDENCY_FAILED: a job in `after` was cancelled, or failed. `cause` is that job's error. */
export class DependencyError extends JobError {
  /** That job's id. */
  readonly dependency: number;
}
/** KERNEL_FAILED: the kernel returned a code of its own. */
export class KernelError extends JobError {
  /** The code that the kernel returned. */
  readonly failure: number;
  /** The chunk that failed. */
  readonly range: [begin: number, end: number];
}
/**
 * KERNEL_TRAPPED: the kernel trapped, threw, or returned what is no code. `cause` is a copy of what
 * was thrown, shortened to 2 kB; its stack has files and lines.
 */
export class KernelTrapError extends JobError {
  /** The message of what was thrown. */
  readonly reason: string;
  readonly range: [begin: number, end: number];
}
/**
 * STACK_OVERFLOW: the kernel would have overrun its worker's stack; see `stackBytes`. No memory was
 * harmed. A plug-in that does not check its stack overruns it, and that is a CorruptError.
 */
export class StackOverflowError extends JobError {
  readonly range: [begin: number, end: number];
}
/** WORKER_LOST: a worker died that ran a part of the job. */
export class WorkerLostError extends JobError {}
/** COPY_BACK: an array of copied() did not take the result of its kernel, which has run. */
export class CopyBackError extends JobError {}
/**
 * CORRUPT: other code overwrote shared memory. The job rejects whose words are concerned. If the
 * runtime cannot go on, all reject, and posts throw a ClosedError that has this as its `cause`.
 */
export class CorruptError extends JobError {}
