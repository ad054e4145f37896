/** How a task ended, as its job's result or error. */
import {
  CancelledError, CorruptError, DependencyError, JobError, KernelError, KernelTrapError, StackOverflowError, TimeoutError,
  WorkerLostError,
} from './errors.js';
import { broken } from './after.js';
import { show } from './show.js';

const job = ({ id, face, holds }) => `job ${id} (${holds.called ? 'function' : 'kernel'} ${show(face.name)})`;
const facts = (task) => ({ kernel: task.face.name, job: task.id, iterations: task.iterations });
const chunk = (task, { range }) => (task.kernel.kind === 'fork' || task.holds.called ? '' : ` in iterations [${range.join(', ')})`);

export function cancelled(task) {
  const { reason } = task;
  const Kind = task.late ? TimeoutError : CancelledError;
  const why = reason instanceof Error ? reason.message : show(reason);
  return new Kind(`${job(task)} was cancelled after ${task.iterations} of ${task.end - task.begin} iterations: ${why}`, {
    ...facts(task), reason, cause: reason,
  });
}

/** @param {object} need the task that it was to come after, and that is not done */
export function dependencyFailed(task, need) {
  const how = need.state === 'cancelled' ? 'was cancelled' : 'failed';
  return new DependencyError(`${job(task)} did not begin: ${job(need)}, which it was to come after, ${how}`, {
    ...facts(task), dependency: need.id, cause: need.outcome,
  });
}

export const lost = (task, text) => new WorkerLostError(`${job(task)}: ${text}`, facts(task));

/** @param {{ index: number, failure: number }[]} failures of a postMany() that has run to its end */
export function someFailed(task, states, failures) {
  const { face } = task;
  const [{ index, failure }] = failures;
  const text =
    `job ${task.id}: ${failures.length} of ${task.end} loops of kernel ${show(face.name)} failed, ` +
    `the first of them number ${index}, with the kernel's code ${failure}`;
  return new KernelError(text, { ...facts(task), failure, range: [index, index + 1], failures, states });
}

/** One maker of errors per status that a task can fail with; `end` is what is known of its end. */
const FAILURES = {
  KERNEL_FAILED: (task, end) =>
    new KernelError(`${job(task)} failed${chunk(task, end)}: the kernel returned its code ${end.failure}`, {
      ...facts(task), failure: end.failure, range: end.range,
    }),
  KERNEL_TRAPPED: (task, end) =>
    new KernelTrapError(`${job(task)} trapped${chunk(task, end)}${end.reason && `: ${end.reason}`}`, {
      ...facts(task), reason: end.reason, range: end.range,
    }),
  STACK_OVERFLOW: (task, end) =>
    new StackOverflowError(`${job(task)} overran its worker's stack${chunk(task, end)}; start with a larger "stackBytes"`, {
      ...facts(task), range: end.range,
    }),
  WORKER_LOST: (task, end) => lost(task, end.text),
  CORRUPT: (task, end) => new CorruptError(`${job(task)}: ${end.text}`, facts(task)),
};

/** @param {{ status: string, text: string, failure: number, range: number[], reason: string }} end */
export function failed(task, end) {
  const need = end.status === 'DEPENDENCY_FAILED' && task.needs.find(broken);
  if (need) return dependencyFailed(task, need);
  const make = FAILURES[end.status];
  return make ? make(task, end) : new JobError(`${job(task)}: ${end.text}`, { ...facts(task), code: end.status });
}
