/**
 * Every error that Filch throws or rejects with: one class per kind. Each has a `code`, which never changes, and a message that names
 * the fault and the values allowed. Where the runtime in C has a status of the same kind, the status is the code.
 */

/** The base of all errors. Details stand in further properties, named beside each kind. */
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
/** An array that alloc() of this runtime did not make. */
export const ForeignMemoryError = kind('ForeignMemoryError', 'FOREIGN_MEMORY', ArgumentError);
/** An array whose memory was given back by free(). */
export const FreedMemoryError = kind('FreedMemoryError', 'FREED_MEMORY', ArgumentError);
/** restore() got bytes that are no saved job, or one that cannot go on here. */
export const SaveError = kind('SaveError', 'BAD_SAVE', ArgumentError);
/** save() of a job that cannot be saved. `kernel`, `job`: its kernel and id; `reason`: why. */
export const NotSavableError = kind('NotSavableError', 'NOT_SAVABLE');
/** free() of an array that a job is using. `job`: its id. */
export const MemoryInUseError = kind('MemoryInUseError', 'MEMORY_IN_USE');
/** Too little memory. `size`: bytes asked for; `largest`: bytes free in one piece. */
export const OutOfMemoryError = kind('OutOfMemoryError', 'OUT_OF_MEMORY');
/** More posts than `maxQueue` wait for a task slot. */
export const QueueFullError = kind('QueueFullError', 'QUEUE_FULL');
/** The runtime is closed, or closing. */
export const ClosedError = kind('ClosedError', 'STOPPED');
/** The module was not found, is no WebAssembly, or does not fit. `url`, `status`: its address, and the HTTP status. */
export const ModuleError = kind('ModuleError', 'MODULE');
/** Threads were asked for, and cannot be had here. */
export const IsolationError = kind('IsolationError', 'NOT_ISOLATED');
/** load(), define(): a plug-in that cannot be had, or does not fit. `source`: its address. */
export const PluginError = kind('PluginError', 'PLUGIN');
/** unload() of a plug-in whose kernels have jobs outstanding. */
export const PluginInUseError = kind('PluginInUseError', 'PLUGIN_IN_USE');
/** No worker started. */
export const WorkerStartError = kind('WorkerStartError', 'WORKER_START');

/** A job that did not finish. `kernel`, `job`: its kernel and id; `iterations`: how many of its iterations had finished. */
export const JobError = kind('JobError', 'JOB');
/** A job was cancelled; the `name` is AbortError, as the platform's. `reason`: of cancel(), the signal, or close(). */
export const CancelledError = kind('CancelledError', 'CANCELLED', JobError, 'AbortError');
/** A job's `timeout` was over. `reason` has the time. */
export const TimeoutError = kind('TimeoutError', 'TIMEOUT', CancelledError);
/** A dependency of a job did not finish. `dependency`: the dependency's id; `cause`: its error. */
export const DependencyError = kind('DependencyError', 'DEPENDENCY_FAILED', JobError);
/** The kernel returned a code of its own. `failure`: the code; `range`: of the chunk that failed. */
export const KernelError = kind('KernelError', 'KERNEL_FAILED', JobError);
/** The kernel trapped. `range`: of the chunk that trapped; `reason`: the engine's message; '' where there is none. */
export const KernelTrapError = kind('KernelTrapError', 'KERNEL_TRAPPED', JobError);
/** The kernel overran its worker's stack. `range`: of the chunk. */
export const StackOverflowError = kind('StackOverflowError', 'STACK_OVERFLOW', JobError);
/** A worker died that ran a part of the job. */
export const WorkerLostError = kind('WorkerLostError', 'WORKER_LOST', JobError);
/** Shared memory was overwritten: it is corrupt. */
export const CorruptError = kind('CorruptError', 'CORRUPT', JobError);
