/** Saves a task. The first save() of a page loads this. Owner's thread only. */
import { turn } from '../core/platform.js';
import { capture, checkSavable, refuse } from './capture.js';
import { encode } from './encode.js';

/**
 * Throws NotSavableError, OutOfMemoryError.
 *
 * @param {object} task is paused
 * @param {object} parts as of capture(); atRest(task): a promise that no worker runs the task;
 *   hasBegun(task)
 * @returns {Promise<Uint8Array>}
 */
export async function save(task, parts) {
  checkSavable(task);
  await parts.atRest(task);
  checkSavable(task);
  if (task.dependencies.some((dependency) => !dependency.settled) && !parts.hasBegun(task))
    refuse(task, 'it waits for other jobs');
  const { header, blocks } = capture(task, parts);
  // After the task has settled its memory may be another task's.
  return encode(header, blocks, () => turn().then(() => checkSavable(task)));
}
