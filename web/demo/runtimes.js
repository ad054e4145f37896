// The runtimes that the page uses: one with workers, and, on demand, one that blocks the main
// thread.

import { Runtime } from '../index.js';

/**
 * Longer than any job here: a slice of the cooperative mode that ends with the job, so the page is
 * blocked meanwhile.
 */
const ONE_SLICE = 600_000;
const TASK_SLOTS = 64;

let workers, main;

/** Starts the runtime anew, with so many workers or 'auto'. The one before is closed first. */
export async function startWorkers(asked) {
  const before = workers;
  workers = undefined;
  await before?.close();
  workers = await Runtime.start({ workers: asked, taskSlots: TASK_SLOTS });
  return workers;
}

/** The same module on this thread alone, whole jobs in one call. */
export async function blocking() {
  main ??= await Runtime.start({
    mode: 'cooperative',
    frameBudget: ONE_SLICE,
    taskSlots: TASK_SLOTS,
  });
  return main;
}

/** Frees the blocking runtime's memory: a phone may not have room for two. */
export async function endBlocking() {
  const before = main;
  main = undefined;
  await before?.close();
}

const NAMES = ['chunks', 'iterations', 'steals', 'splits'];

/** The counters of each worker so far: [{ chunks, iterations, steals, splits }]. */
export function counters(runtime) {
  return runtime
    .stats()
    .workers.map((worker) => Object.fromEntries(NAMES.map((name) => [name, worker[name] ?? 0])));
}

export const since = (now, before) =>
  now.map((worker, n) =>
    Object.fromEntries(NAMES.map((name) => [name, worker[name] - (before[n]?.[name] ?? 0)])),
  );
