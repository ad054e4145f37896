/**
 * Every error that Filch throws or rejects with: one class per kind. Each has a `code`, which never changes, and a message
 * that names what was wrong and what is allowed. Where the runtime in C has a status of the same kind, that is the code.
 */

/** The base of all of them. What else is known stands in further properties, named beside each kind. */
export class FilchError extends Error {
  /** @param {string} message @param {object} [details] further properties; `cause` as of any Error, `code` where the kind has none */
  constructor(message, { cause, ...details } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, details);
  }
}

function kind(name, code, Base = FilchError, shown = name) {
  const Kind = class extends Base {};
  const hidden = (value) => ({ value, writable: true, configurable: true });
  Object.defineProperty(Kind, 'name', { value: name });
  Object.defineProperties(Kind.prototype, { name: hidden(shown), code: hidden(code) });
  return Kind;
}
FilchError.prototype.name = 'FilchError';
FilchError.prototype.code = 'FILCH';

/** A bad option of Runtime.start(). */
export const OptionsError = kind('OptionsError', 'BAD_OPTIONS');
/** A bad argument or option of post(), alloc(), or another method. */
export const ArgumentError = kind('ArgumentError', 'BAD_ARGUMENT');
/** A bad `range` of post(). */
export const BadRangeError = kind('BadRangeError', 'BAD_RANGE', ArgumentError);
/** post() named a kernel that the module does not have. */
export const UnknownKernelError = kind('UnknownKernelError', 'UNKNOWN_KERNEL', ArgumentError);
/** An array that is not this runtime's: alloc() of another runtime made it, or nobody's. */
export const ForeignMemoryError = kind('ForeignMemoryError', 'FOREIGN_MEMORY', ArgumentError);
/** An array whose memory was given back by free(). */
export const FreedMemoryError = kind('FreedMemoryError', 'FREED_MEMORY', ArgumentError);
/** restore() got bytes that are no saved job, or one that cannot go on here. */
export const SaveError = kind('SaveError', 'BAD_SAVE', ArgumentError);
/** save() of a job that cannot be saved. `kernel`, `job`: its kernel and id; `reason`: why. */
export const NotSavableError = kind('NotSavableError', 'NOT_SAVABLE');
/** free() of an array that a job is using. `job`: its id. */
export const MemoryInUseError = kind('MemoryInUseError', 'MEMORY_IN_USE');
/** No memory for what was asked. `size`: bytes asked for; `largest`: what there is in one piece. */
export const OutOfMemoryError = kind('OutOfMemoryError', 'OUT_OF_MEMORY');
/** More posts than `maxQueue` wait for a task slot. */
export const QueueFullError = kind('QueueFullError', 'QUEUE_FULL');
/** The runtime is closed, or closing. */
export const ClosedError = kind('ClosedError', 'STOPPED');
/** The module was not found, is no WebAssembly, or does not fit. `url`, `status`: where it came from, and the HTTP status. */
export const ModuleError = kind('ModuleError', 'MODULE');
/** Threads were asked for, and cannot be had here. */
export const IsolationError = kind('IsolationError', 'NOT_ISOLATED');
/** load(), define(): a plug-in that cannot be had, or does not fit. `source`: where it came from. */
export const PluginError = kind('PluginError', 'PLUGIN');
/** unload() of a plug-in whose kernels have jobs outstanding. */
export const PluginInUseError = kind('PluginInUseError', 'PLUGIN_IN_USE');
/** No worker started. */
export const WorkerStartError = kind('WorkerStartError', 'WORKER_START');

/** A job that did not finish. `kernel`, `job`: its kernel and id; `iterations`: how many of its iterations had finished. */
export const JobError = kind('JobError', 'JOB');
/** It was cancelled; its `name` is AbortError, as the platform calls that. `reason`: what cancel(), the signal, or close() gave. */
export const CancelledError = kind('CancelledError', 'CANCELLED', JobError, 'AbortError');
/** Its `timeout` was over. `reason` says how long that was. */
export const TimeoutError = kind('TimeoutError', 'TIMEOUT', CancelledError);
/** A job that it was to come after did not finish. `dependency`: that job's id; `cause`: how that ended. */
export const DependencyError = kind('DependencyError', 'DEPENDENCY_FAILED', JobError);
/** The kernel returned a code of its own. `failure`: that code; `range`: of the chunk that failed. */
export const KernelError = kind('KernelError', 'KERNEL_FAILED', JobError);
/** The kernel trapped. `range`: of the chunk that trapped; `reason`: what the engine said, '' where it could not be told. */
export const KernelTrapError = kind('KernelTrapError', 'KERNEL_TRAPPED', JobError);
/** The kernel overran its worker's stack. `range`: of the chunk that did. */
export const StackOverflowError = kind('StackOverflowError', 'STACK_OVERFLOW', JobError);
/** A worker died that ran a part of the job. */
export const WorkerLostError = kind('WorkerLostError', 'WORKER_LOST', JobError);
/** Shared memory was overwritten by somebody who had no business there. */
export const CorruptError = kind('CorruptError', 'CORRUPT', JobError);
