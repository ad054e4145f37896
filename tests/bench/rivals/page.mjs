// Pools for pages; measures/rivals.mjs bundles this and the workers beside it.

import { releaseProxy, wrap } from 'comlink';
import workerpool from 'workerpool';
import { pool } from './pool.mjs';

const address = (name) => new URL(`${name}.worker.js`, import.meta.url).href;

async function webWorkers(workers, tasks) {
  const options = {
    minWorkers: 'max',
    maxWorkers: workers,
    workerType: 'web',
    workerOpts: { type: 'module' },
  };
  const made = workerpool.pool(address('workerpool'), options);
  return pool(
    () => made.exec('empty'),
    tasks,
    () => made.terminate(true),
  );
}

/** Comlink has no pool: the workers take turns. */
async function comlink(workers, tasks) {
  const made = Array.from(
    { length: workers },
    () => new Worker(address('comlink'), { type: 'module' }),
  );
  const calls = made.map((worker) => wrap(worker));
  let next = 0;
  const end = () => {
    for (const call of calls) call[releaseProxy]();
    for (const worker of made) worker.terminate();
  };
  return pool(() => calls[next++ % workers](), tasks, end);
}

export const rivals = { workerpool: webWorkers, Comlink: comlink };
