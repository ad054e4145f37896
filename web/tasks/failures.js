/** Errors of tasks that did not finish, as their jobs reject with them. */
import {
  CancelledError,
  CopyBackError,
  CorruptError,
  DependencyError,
  JobError,
  KernelError,
  KernelTrapError,
  PluginError,
  QueueFullError,
  StackOverflowError,
  TimeoutError,
  WorkerLostError,
} from '../core/errors.js';
import { textOf } from '../core/guard.js';
import { show } from '../core/show.js';
import { CODE_MAX } from '../wasm/abi.js';
import { isBroken } from './dependencies.js';

/** A job in messages. */
export const named = ({ id, shownKernel, resources }) =>
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
  const when = task.resources.call ? '' : ` after ${iterations} of ${end - begin} iterations`;
  const text = ` was cancelled${when}: ${textOf(reason)}`;
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

/** @param {CorruptError} cause of the whole runtime */
export const corrupt = (task, cause) =>
  jobError(CorruptError, task, `: ${cause.message}`, { cause });

/** Ends of a kernel's run: its error's class, and a text. */
const ENDS = {
  KERNEL_FAILED: [
    KernelError,
    ({ failure, where }) => ` failed${where}: the kernel returned its code ${failure}`,
  ],
  KERNEL_TRAPPED: [
    KernelTrapError,
    ({ reason, where }) => ` trapped${where}${reason && `: ${reason}`}`,
  ],
  BAD_CODE: [KernelTrapError, ({ reason, where }) => ` failed${where}: ${reason}`],
  STACK_OVERFLOW: [
    StackOverflowError,
    ({ where }) => ` overran its worker's stack${where}; start with a larger "stackBytes"`,
  ],
  WORKER_LOST: [WorkerLostError, () => ': the worker that ran it has ended'],
  NOT_LINKED: [PluginError, ({ reason }) => ` cannot run: ${reason}`],
};

/**
 * The error of a loop of a batch, or of a ring's record.
 *
 * @param {string} end KERNEL_FAILED or another of ENDS
 * @param {{ failure?: number, reason?: string, cause?: unknown }} details
 */
export function loopFailed(task, index, end, details) {
  const [Kind, text] = ENDS[end];
  const { name } = task.shownKernel;
  const who = task.onSettled ? 'a record' : `job ${task.id}: loop ${index}`;
  const what = `${who} of kernel ${show(name)}${text({ ...details, where: '' })}`;
  return new Kind(what, {
    kernel: name,
    job: task.id,
    iterations: 0,
    range: [index, index + 1],
    ...details,
  });
}

/** The error of a loop whose kernel returned this code, which is not 0. */
export const codeFailed = (task, index, failure) =>
  failure > 0 && failure <= CODE_MAX
    ? loopFailed(task, index, 'KERNEL_FAILED', { failure })
    : loopFailed(task, index, 'BAD_CODE', {
        reason: `the kernel returned ${failure}, and must return a code from 0 to ${CODE_MAX}`,
      });

/** @param {{ index: number, error: JobError }[]} failures of a batch that has run to its end */
export function someFailed(task, states, failures) {
  const [{ index, error }] = failures;
  const { failure, message, cause } = error;
  const loops = `${failures.length} of ${task.end} loops of kernel ${show(task.shownKernel.name)}`;
  const how = failure === undefined ? `: ${message}` : `, with the kernel's code ${failure}`;
  return new error.constructor(
    `job ${task.id}: ${loops} failed, the first of them number ${index}${how}`,
    { ...error, ...facts(task), cause, failures, states },
  );
}

/** Of a task whose array has gone, or takes no values. */
export const copyBackFailed = (task, cause) =>
  jobError(
    CopyBackError,
    task,
    ` has run, and the array of copied(..., { back: true }) did not take its result: ${textOf(cause)}`,
    { cause },
  );

export const queueFull = (posted, waiting) =>
  new QueueFullError(
    `${posted} jobs hold task slots and ${waiting} wait for one: await some, or start with a larger "maxQueue"`,
  );

/** A task that has failed, by its completion. */
export function failed(task) {
  const { name, text, failure, reason, cause, failedBegin, failedEnd } = task.completion;
  const range = task.kernel.kind === 'fork' ? [task.begin, task.end] : [failedBegin, failedEnd];
  const dependency = name === 'DEPENDENCY_FAILED' && task.dependencies.find(isBroken);
  if (dependency) return dependencyFailed(task, dependency);
  const end = ENDS[name];
  if (name === 'WORKER_LOST') return workerLost(task, text);
  if (end) {
    const own = {
      KERNEL_FAILED: { failure },
      KERNEL_TRAPPED: { reason, cause },
      NOT_LINKED: { reason, cause, source: task.shownKernel.source },
      BAD_CODE: { reason: text },
    }[name];
    const what = end[1]({ failure, ...own, where: chunk(task) });
    return jobError(end[0], task, what, { ...own, range });
  }
  if (name === 'CORRUPT') return jobError(CorruptError, task, `: ${text}`);
  return jobError(JobError, task, `: ${text}`, { code: name });
}
