/**
 * Every error that Filch throws or rejects with; see index.d.ts. The status of the runtime in C of
 * the same kind is the code.
 */

export class FilchError extends Error {
  /**
   * @param {string} message
   * @param {object} [details] further properties; `cause` as of any Error
   */
  constructor(message, { cause, ...details } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, details);
  }
}

function name(Kind, name, code, shown) {
  const hidden = (value) => ({ value, writable: true, configurable: true });
  Object.defineProperty(Kind, 'name', { value: name });
  Object.defineProperties(Kind.prototype, { name: hidden(shown), code: hidden(code) });
  return Kind;
}
name(FilchError, 'FilchError', 'FILCH', 'FilchError');

const kind = (text, code, Base = FilchError, shown = text) =>
  name(class extends Base {}, text, code, shown);

export const OptionsError = kind('OptionsError', 'BAD_OPTIONS');
export const ArgumentError = kind('ArgumentError', 'BAD_ARGUMENT');
export const BadRangeError = kind('BadRangeError', 'BAD_RANGE', ArgumentError);
export const UnknownKernelError = kind('UnknownKernelError', 'UNKNOWN_KERNEL', ArgumentError);
export const ForeignMemoryError = kind('ForeignMemoryError', 'FOREIGN_MEMORY', ArgumentError);
export const FreedMemoryError = kind('FreedMemoryError', 'FREED_MEMORY', ArgumentError);
export const SaveError = kind('SaveError', 'BAD_SAVE', ArgumentError);
export const NotSavableError = kind('NotSavableError', 'NOT_SAVABLE');
export const MemoryInUseError = kind('MemoryInUseError', 'MEMORY_IN_USE');
export const OutOfMemoryError = kind('OutOfMemoryError', 'OUT_OF_MEMORY');
export const QueueFullError = kind('QueueFullError', 'QUEUE_FULL');
export const ClosedError = kind('ClosedError', 'STOPPED');
export const ModuleError = kind('ModuleError', 'MODULE');
export const IsolationError = kind('IsolationError', 'NOT_ISOLATED');
export const PluginError = kind('PluginError', 'PLUGIN');
export const PluginInUseError = kind('PluginInUseError', 'PLUGIN_IN_USE');
export const WorkerStartError = kind('WorkerStartError', 'WORKER_START');

export const JobError = kind('JobError', 'JOB');
export const CancelledError = kind('CancelledError', 'CANCELLED', JobError, 'AbortError');
export const TimeoutError = kind('TimeoutError', 'TIMEOUT', CancelledError);
export const DependencyError = kind('DependencyError', 'DEPENDENCY_FAILED', JobError);
export const KernelError = kind('KernelError', 'KERNEL_FAILED', JobError);
export const KernelTrapError = kind('KernelTrapError', 'KERNEL_TRAPPED', JobError);
export const StackOverflowError = kind('StackOverflowError', 'STACK_OVERFLOW', JobError);
export const WorkerLostError = kind('WorkerLostError', 'WORKER_LOST', JobError);
export const CopyBackError = kind('CopyBackError', 'COPY_BACK', JobError);
export const CorruptError = kind('CorruptError', 'CORRUPT', JobError);
