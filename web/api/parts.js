/**
 * The parts of a runtime, each made of those before. assemble() has made the first ones: the
 * module, the memory, the workers. Owner's thread only.
 */
import { PluginError } from '../core/errors.js';
import { lazy, preloaded } from '../core/lazy.js';
import { Imports } from '../core/limit.js';
import { Heap } from '../memory/heap.js';
import { RuntimeStats } from '../observe/runtime-stats.js';
import { Trace } from '../observe/trace.js';
import { Rings } from '../ring/rings.js';
import { Scheduler } from '../tasks/scheduler.js';
import { unsigned } from '../wasm/address.js';
import { names, textReader } from '../wasm/module.js';
import { readKernels, readStatuses } from '../wasm/schema.js';
import { watchStacks } from '../wasm/stack-limits.js';
import { Autoscale } from '../workers/autoscale.js';
import { Cooperative } from '../workers/cooperative.js';
import { Doorbell } from '../workers/doorbell.js';
import { LINK } from '../workers/protocol.js';
import { SCRIPT_AFTERLIFE } from '../workers/thread-maker.js';
import { TrapReader } from '../workers/trap-reader.js';
import { Job } from './job.js';
import { Watch } from './watch.js';

/**
 * @param {object} parts of assemble(), options, alive: a KeepAlive
 * @returns {object} the same, with all others; `cooperative` or `pool`, `doorbell`, and `autoscale`
 */
export function joined(parts) {
  const { wasm, memory, layout, options } = parts;
  const [workers, , , end] = layout;
  const text = textReader(memory);
  const region = unsigned(wasm.filch_host_region_bytes(...layout));
  const notes = new TrapReader(memory, unsigned(wasm.filch_host_region_base()) + region, options);
  const counters = names((i) => text(wasm.filch_host_counter_name(i)));
  Object.assign(parts, readKernels(wasm, text), {
    statuses: readStatuses(wasm, text),
    workers,
    notes,
    counters,
    tasks: counters.indexOf('tasks'), // the counter of tasks that a worker has picked
    heap: new Heap(memory, notes.endFor(workers), end, options),
    imports: new Imports(options.importLimit),
  });
  parts.limited = (importing) => parts.imports.limited(importing);
  parts.trace = new Trace(parts);
  addTasks(parts);
  watchStacks(wasm, workers, parts.scheduler);
  parts.plugins = lazy('plug-ins need', () => loadPlugins(parts), PluginError, { source: '' });
  parts.stats = new RuntimeStats(parts);
  parts.watch = new Watch(parts);
  if (parts.pool) runWorkers(parts);
  else parts.cooperative = new Cooperative({ ...parts, budget: options.frameBudget });
  return parts;
}

function addTasks(parts) {
  const { memory, heap, pool, alive, options } = parts;
  parts.work = (soon) => (pool ? parts.doorbell?.expect(soon) : parts.cooperative.start());
  const scheduler = new Scheduler({
    ...options,
    ...parts,
    taskOf: (job) => Job.taskOf(job, scheduler),
    slots: options.taskSlots,
    replace(worker, reason) {
      pool?.kill(worker, reason, SCRIPT_AFTERLIFE);
      return Boolean(pool);
    },
    tell: ({ number, url }) =>
      pool
        ? pool.tell({ type: LINK, id: -number, shape: 'module', number, url })
        : parts.limited(parts.cooperative.import(number, url)),
    busy(on) {
      alive.reasons += on ? 1 : -1;
      parts.autoscale?.busy(on);
      if (on) parts.watch.begin();
    },
  });
  parts.scheduler = scheduler;
  parts.rings = new Rings({
    memory,
    heap,
    kernelOf: (name) => scheduler.find(name),
    post: (batch) => scheduler.batch(batch),
  });
}

async function loadPlugins(parts) {
  const { Plugins } = await (preloaded.registry ?? import('../plugins/registry.js'));
  return new Plugins(parts);
}

function runWorkers(parts) {
  const { wasm, memory, scheduler, pool, layout, notes, tasks, workers, options } = parts;
  parts.doorbell = new Doorbell(wasm, memory, scheduler);
  parts.doorbell.notify();
  const same = { layout, notes: notes.place, tasks };
  pool.run((worker) => ({ top: unsigned(wasm.filch_host_stack_top(worker)), ...same }));
  parts.autoscale = new Autoscale(pool, { ...options, asked: pool.size, most: workers });
  parts.autoscale.busy(false);
}
