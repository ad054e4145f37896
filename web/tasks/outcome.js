/** Errors of tasks that did not finish, as their jobs reject with them. */
import {
  CancelledError, CorruptError, DependencyError, JobError, KernelError, KernelTrapError, StackOverflowError, TimeoutError,
  WorkerLostError,
} from '../core/errors.js';
import { show } from '../core/show.js';
import { isBroken } from './dependencies.js';

const job = ({ id, shownKernel, resources }) => `job ${id} (${resources.call ? 'function' : 'kernel'} ${show(shownKernel.name)})`;
const facts = (task) => ({ kernel: task.shownKernel.name, job: task.id, iterations: task.iterations });
function chunk({ kernel, resources, completion }) {
  if (kernel.kind === 'fork' || resources.call) return '';
  const [begin, end] = completion.range;
  return begin === end ? ' as its totals were combined' : ` in iterations [${begin}, ${end})`;
}

export function cancelled(task) {
  const { reason } = task;
  const Kind = task.timedOut ? TimeoutError : CancelledError;
  const why = reason instanceof Error ? reason.message : show(reason);
  return new Kind(`${job(task)} was cancelled after ${task.iterations} of ${task.end - task.begin} iterations: ${why}`, {
    ...facts(task), reason, cause: reason,
  });
}

/** @param {object} dependency a task that is not done */
export function dependencyFailed(task, dependency) {
  const how = dependency.state === 'cancelled' ? 'was cancelled' : 'failed';
  return new DependencyError(`${job(task)} did not begin: ${job(dependency)}, which it depends on, ${how}`, {
    ...facts(task), dependency: dependency.id, cause: dependency.outcome,
  });
}

export const workerLost = (task, text) => new WorkerLostError(`${job(task)}: ${text}`, facts(task));

/** @param {{ index: number, failure: number }[]} failures of a batch that has run to its end */
export function someFailed(task, states, failures) {
  const { shownKernel } = task;
  const [{ index, failure }] = failures;
  const text =
    `job ${task.id}: ${failures.length} of ${task.end} loops of kernel ${show(shownKernel.name)} failed, ` +
    `the first of them number ${index}, with the kernel's code ${failure}`;
  return new KernelError(text, { ...facts(task), failure, range: [index, index + 1], failures, states });
}

/** A maker of errors per status that a task can fail with. */
const FAILURES = {
  KERNEL_FAILED: (task, { failure, range }) =>
    new KernelError(`${job(task)} failed${chunk(task)}: the kernel returned its code ${failure}`, { ...facts(task), failure, range }),
  KERNEL_TRAPPED: (task, { reason, range }) =>
    new KernelTrapError(`${job(task)} trapped${chunk(task)}${reason && `: ${reason}`}`, { ...facts(task), reason, range }),
  STACK_OVERFLOW: (task, { range }) =>
    new StackOverflowError(`${job(task)} overran its worker's stack${chunk(task)}; start with a larger "stackBytes"`, {
      ...facts(task), range,
    }),
  WORKER_LOST: (task, { text }) => workerLost(task, text),
  CORRUPT: (task, { text }) => new CorruptError(`${job(task)}: ${text}`, facts(task)),
};

/** A task that has failed, by its completion. */
export function failed(task) {
  const { name, text } = task.completion;
  const dependency = name === 'DEPENDENCY_FAILED' && task.dependencies.find(isBroken);
  if (dependency) return dependencyFailed(task, dependency);
  const make = FAILURES[name];
  return make ? make(task, task.completion) : new JobError(`${job(task)}: ${text}`, { ...facts(task), code: name });
}
