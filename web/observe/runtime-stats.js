/** What stats() tells of a runtime. Owner's thread only. */
import { workerStats } from './observer.js';

export class RuntimeStats {
  #parts;

  /** @param {object} parts counters: their names; workers: how many */
  constructor(parts) {
    this.#parts = parts;
  }

  read(reset) {
    const { wasm, counters, workers: count, scheduler, observer, pool } = this.#parts;
    const workers = Array.from({ length: count }, (_, worker) =>
      workerStats(wasm, counters, worker),
    );
    const utilization = workers.reduce((sum, each) => sum + each.utilization, 0) / count;
    const { outstanding, queued } = scheduler;
    const foreignMessages = pool?.foreign ?? 0;
    return { workers, utilization, outstanding, queued, foreignMessages, ...observer.read(reset) };
  }
}
