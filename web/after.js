/**
 * Jobs that come after others. The module holds such a job back until those are done; the owner posts it only when all of them
 * have task slots, so that those that wait never keep the slots from those that they wait for.
 */
import { ArgumentError } from './errors.js';
import { Job } from './job.js';
import { show } from './show.js';

/** What the module takes for one task. */
const MOST = 16;

/** It will never be done. */
export const broken = (task) => task.settled && task.state !== 'done';

/** The tasks of post()'s option "after". */
export function needsOf(after, pool) {
  const jobs = [...new Set(Array.isArray(after) ? after : [after])];
  const allowed = `jobs of this runtime, one or an array of at most ${MOST}`;
  if (jobs.length > MOST) throw new ArgumentError(`option "after" of post() takes ${allowed}, got ${jobs.length}`);
  return jobs.map((job) => {
    const task = Job.taskOf(job, pool);
    if (!task) throw new ArgumentError(`option "after" of post() takes ${allowed}, got ${show(job)}`);
    return task;
  });
}

/** A new task is to come after these, none of them broken. */
export function comeAfter(task, needs) {
  task.needs = needs.filter((need) => !need.settled);
  task.waits = task.needs.filter((need) => need.state === 'queued' || need.holds.called).length;
}

/** While a task waits for its slot, those that it comes after know of it. */
export function enlist(task) {
  for (const need of task.needs) (need.dependents ??= new Set()).add(task);
}

export function delist(task) {
  for (const need of task.needs) need.dependents?.delete(task);
}

/** A task has got its slot, or is a call that is done. Gives those that need wait for nothing else's. */
export function freed(need) {
  return need.dependents ? [...need.dependents].filter((task) => !--task.waits) : [];
}

/** Whether we hear of a task's end before that of one that it came after: then that one keeps it until we do. */
export function isEarly(task) {
  const need = task.needs.find(({ settled }) => !settled);
  if (need) (need.early ??= []).push(task);
  return Boolean(need);
}

/** What a task without a slot comes after becomes as urgent as it is; the module sees to what that, with a slot, comes after. */
export function hurry(task, queue, wasm) {
  const all = [task];
  for (const { level, needs } of all) {
    for (const need of needs) {
      if (need.state === 'posted' && wasm.filch_task_priority(need.handle) > level) wasm.filch_set_priority(need.handle, level);
      if (need.state !== 'queued' || need.level <= level) continue;
      queue.update(need, level);
      all.push(need);
    }
  }
}
