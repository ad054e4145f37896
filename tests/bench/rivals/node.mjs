// Pools for Node, each set up for throughput as its documentation has it: all workers from the
// start, and kept.

import { fileURLToPath } from 'node:url';
import { FixedQueue, Piscina } from 'piscina';
import { FixedThreadPool } from 'poolifier';
import Tinypool from 'tinypool';
import workerpool from 'workerpool';
import { pool } from './pool.mjs';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

const piscina = (atomics) => async (workers, tasks) => {
  const options = { minThreads: workers, maxThreads: workers, idleTimeout: Infinity, atomics };
  const made = new Piscina({
    filename: file('empty.mjs'),
    taskQueue: new FixedQueue(),
    ...options,
  });
  return pool(
    () => made.run(),
    tasks,
    () => made.destroy(),
  );
};

async function tinypool(workers, tasks) {
  const made = new Tinypool({
    filename: file('empty.mjs'),
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Infinity,
  });
  return pool(
    () => made.run(),
    tasks,
    () => made.destroy(),
  );
}

async function threads(workers, tasks) {
  const options = { minWorkers: 'max', maxWorkers: workers, workerType: 'thread' };
  const made = workerpool.pool(file('workerpool.worker.mjs'), options);
  return pool(
    () => made.exec('empty'),
    tasks,
    () => made.terminate(true),
  );
}

async function poolifier(workers, tasks) {
  const made = new FixedThreadPool(workers, file('poolifier.worker.mjs'), { enableEvents: false });
  const data = Array.from({ length: tasks });
  return pool(
    () => made.execute(),
    tasks,
    () => made.destroy(),
    () => made.mapExecute(data),
  );
}

export const rivals = {
  'Piscina, sync': piscina('sync'),
  'Piscina, async': piscina('async'),
  'Piscina, disabled': piscina('disabled'),
  tinypool,
  workerpool: threads,
  poolifier,
};
