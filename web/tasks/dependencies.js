/**
 * Tasks that depend on others. The owner posts a dependent only when all its dependencies have task
 * slots: so blocked tasks never keep slots from them. See docs/internals/dependencies.md.
 */
import { ArgumentError } from '../core/errors.js';
import { NONE } from '../core/none.js';
import { show } from '../core/show.js';
import { DEPENDENCIES_MAX } from '../wasm/abi.js';

/** The task will never be done. */
export const isBroken = (task) => task.settled && task.state !== 'done';

/**
 * The tasks of post()'s option "after".
 *
 * @param {(job: unknown) => object | undefined} taskOf the task of a job of this runtime
 */
export function dependenciesOf(after, taskOf) {
  const jobs = [...new Set(Array.isArray(after) ? after : [after])];
  const allowed = `jobs of this runtime, one or an array of at most ${DEPENDENCIES_MAX}`;
  if (jobs.length > DEPENDENCIES_MAX)
    throw new ArgumentError(`option "after" of post() takes ${allowed}, got ${jobs.length}`);
  return jobs.map((job) => {
    const task = taskOf(job);
    if (!task)
      throw new ArgumentError(`option "after" of post() takes ${allowed}, got ${show(job)}`);
    return task;
  });
}

/** A new task depends on these tasks. None of them is broken. */
export function dependOn(task, dependencies) {
  task.dependencies = dependencies.filter((dependency) => !dependency.settled);
  task.unplaced = task.dependencies.filter(
    (dependency) => dependency.state === 'queued' || dependency.resources.endsHere,
  ).length;
}

/** The dependencies of a task without a slot know their dependent. */
export function linkDependent(task) {
  for (const dependency of task.dependencies) (dependency.dependents ??= new Set()).add(task);
}

/** The task has left the queue. Its dependencies have no more of its priority. */
export function unlinkDependent(task, queue, wasm) {
  if (!task.dependencies.length) return;
  for (const dependency of task.dependencies) dependency.dependents?.delete(task);
  givePriorityBack(task, task.priority, queue, wasm);
}

/** The task's own priority, or that of a more urgent dependent without a slot. */
export function urgencyOf({ ownPriority, dependents = [] }) {
  let urgency = ownPriority;
  for (const { priority } of dependents) urgency = Math.min(urgency, priority);
  return urgency;
}

/**
 * A task without a slot had this priority, and is less urgent now, or gone. The module sees to the
 * dependents that have slots.
 */
export function givePriorityBack(task, before, queue, wasm) {
  const all = [{ dependencies: task.dependencies, before }];
  for (const { dependencies, before } of all) {
    for (const dependency of dependencies) {
      const { state, handle, priority, ownPriority } = dependency;
      if (before >= ownPriority) continue;
      const urgency = urgencyOf(dependency);
      if (state === 'posted') wasm.filch_host_set_priority(handle, urgency);
      if (state !== 'queued' || urgency === priority) continue;
      queue.update(dependency, urgency);
      all.push({ dependencies: dependency.dependencies, before: priority });
    }
  }
}

/**
 * A task has got its slot; or is done, where the owner has a part in its end. Gives the dependents
 * that wait for no other.
 */
export function unblocked(dependency) {
  return dependency.dependents
    ? [...dependency.dependents].filter((task) => !--task.unplaced)
    : NONE;
}

/**
 * Whether a dependency's completion is yet to come, where the task's own has. If so, the dependency
 * keeps the task.
 */
export function isEarly(task) {
  if (task.completion.name === 'CANCELLED') return false;
  const dependency = task.dependencies.find(({ settled }) => !settled);
  if (dependency) (dependency.early ??= []).push(task);
  return Boolean(dependency);
}

/**
 * Dependencies become as urgent as their dependent, a task without a slot. The module goes on from
 * a dependency that has a slot.
 */
export function inheritPriority(task, queue, wasm) {
  const all = task.dependencies.length ? [task] : NONE;
  for (const { priority, dependencies } of all) {
    for (const dependency of dependencies) {
      const { state, handle } = dependency;
      if (state === 'posted' && wasm.filch_host_task_priority(handle) > priority)
        wasm.filch_host_set_priority(handle, priority);
      if (state !== 'queued' || dependency.priority <= priority) continue;
      queue.update(dependency, priority);
      all.push(dependency);
    }
  }
}
