// Explores one scenario of rings with the package's files from a folder.
import { Worker } from 'node:worker_threads';

import { WORDS } from './lockstep.mjs';

const LIMIT_MS = 120_000;

/**
 * @param {string} base URL of the folder
 * @param {string} name of a scenario
 * @param {{ preemptions: number, walks: number }} limits all schedules with so many preemptions,
 *   then so many random ones
 * @returns {Promise<{ executions: number, wrong?: string, plan?: number[] }>} `wrong`: the failure,
 *   under that plan
 */
export async function explore(base, name, limits) {
  const shared = new SharedArrayBuffer(4 * WORDS + 4096);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const workers = [];
  const start = (side, heard) => {
    const worker = new Worker(new URL('./side.mjs', import.meta.url), {
      workerData: { side, shared, memory, base, name, ...limits },
    });
    workers.push(worker);
    worker.on('message', heard);
    return worker;
  };
  let timer;
  try {
    return await new Promise((resolve) => {
      const fails = (error) => resolve({ executions: 0, wrong: error.stack });
      timer = setTimeout(
        () => resolve({ executions: 0, wrong: `nothing came in ${LIMIT_MS / 1000} s` }),
        LIMIT_MS,
      );
      start(1, () => start(0, resolve).on('error', fails)).on('error', fails);
    });
  } finally {
    clearTimeout(timer);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
