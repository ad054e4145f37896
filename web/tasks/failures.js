/** Errors of tasks that did not finish, as their jobs reject with them. */
import {
  CancelledError,
  CorruptError,
  DependencyError,
  JobError,
  KernelError,
  KernelTrapError,
  StackOverflowError,
  TimeoutError,
  WorkerLostError,
} from '../core/errors.js';
import { show } from '../core/show.js';
import { isBroken } from './dependencies.js';

const named = ({ id, shownKernel, resources }) =>
  `job ${id} (${resources.call ? 'function' : 'kernel'} ${show(shownKernel.name)})`;
function chunk({ kernel, resources, completion }) {
  if (kernel.kind === 'fork' || resources.call) return '';
  const { failedBegin: begin, failedEnd: end } = completion;
  return begin === end ? ' as its totals were combined' : ` in iterations [${begin}, ${end})`;
}

const facts = (task) => ({
  kernel: task.shownKernel.name,
  job: task.id,
  iterations: task.iterations,
});

/** An error of the task's job. @param {string} text goes on after the job's name */
export const jobError = (Kind, task, text, details) =>
  new Kind(named(task) + text, { ...facts(task), ...details });

export function cancelled(task) {
  const { reason, iterations, begin, end } = task;
  const Kind = task.timedOut ? TimeoutError : CancelledError;
  const why = reason instanceof Error ? reason.message : show(reason);
  const text = ` was cancelled after ${iterations} of ${end - begin} iterations: ${why}`;
  return jobError(Kind, task, text, { reason, cause: reason });
}

/** @param {object} dependency a task that is not done */
export function dependencyFailed(task, dependency) {
  const how = dependency.state === 'cancelled' ? 'was cancelled' : 'failed';
  const text = ` did not begin: ${named(dependency)}, which it depends on, ${how}`;
  const details = { dependency: dependency.id, cause: dependency.outcome };
  return jobError(DependencyError, task, text, details);
}

export const workerLost = (task, text) => jobError(WorkerLostError, task, `: ${text}`);

/** @param {{ index: number, failure: number }[]} failures of a batch that has run to its end */
export function someFailed(task, states, failures) {
  const [{ index, failure }] = failures;
  const loops = `${failures.length} of ${task.end} loops of kernel ${show(task.shownKernel.name)}`;
  return new KernelError(
    `job ${task.id}: ${loops} failed, ` +
      `the first of them number ${index}, with the kernel's code ${failure}`,
    { ...facts(task), failure, range: [index, index + 1], failures, states },
  );
}

/** A task that has failed, by its completion. */
export function failed(task) {
  const { name, text, failure, reason, failedBegin, failedEnd } = task.completion;
  const range = task.kernel.kind === 'fork' ? [task.begin, task.end] : [failedBegin, failedEnd];
  const dependency = name === 'DEPENDENCY_FAILED' && task.dependencies.find(isBroken);
  if (dependency) return dependencyFailed(task, dependency);
  const where = chunk(task);
  switch (name) {
    case 'KERNEL_FAILED': {
      const what = ` failed${where}: the kernel returned its code ${failure}`;
      return jobError(KernelError, task, what, { failure, range });
    }
    case 'KERNEL_TRAPPED': {
      const what = ` trapped${where}${reason && `: ${reason}`}`;
      return jobError(KernelTrapError, task, what, { reason, range });
    }
    case 'STACK_OVERFLOW': {
      const what = ` overran its worker's stack${where}; start with a larger "stackBytes"`;
      return jobError(StackOverflowError, task, what, { range });
    }
    case 'WORKER_LOST':
      return workerLost(task, text);
    case 'CORRUPT':
      return jobError(CorruptError, task, `: ${text}`);
    default:
      return jobError(JobError, task, `: ${text}`, { code: name });
  }
}
