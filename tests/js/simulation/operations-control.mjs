// Control of jobs, workers, and the runtime; listeners; the page.
import { Foreign } from './modules.mjs';
import { common } from './operations-posts.mjs';

const outstanding = (world) => world.entries.filter(({ job, settled }) => job && !settled);
const someJob = (world) => outstanding(world).length > 0;
const anyJob = (world) => world.random.pick(outstanding(world));
const threads = (world) => world.runtime.mode === 'threads';

/** Values that are hard to print. */
const hostile = [
  undefined,
  null,
  'a reason',
  Symbol('reason'),
  Object.create(null),
  {
    get message() {
      throw new Foreign('message');
    },
  },
  new Proxy(
    {},
    {
      get() {
        throw new Foreign('proxy');
      },
    },
  ),
];

function abort(world) {
  const { controller, entries } = world.random.pick(world.signals);
  for (const entry of entries) world.stops(entry);
  controller.abort(world.random.pick(hostile));
}

function pause(world) {
  const entry = anyJob(world);
  entry.paused = true;
  world.ask(world.entry(`pause() of ${entry.number}`), () => entry.job.pause());
}

function resume(world) {
  const paused = outstanding(world).filter((entry) => entry.paused);
  if (!paused.length) return;
  const entry = world.random.pick(paused);
  entry.paused = false;
  entry.job.resume();
}

function save(world) {
  const entry = anyJob(world);
  const fails = ['NOT_SAVABLE', 'OUT_OF_MEMORY'];
  world
    .ask(world.entry(`save() of ${entry.number}`, { fails }), () => entry.job.save())
    .then(
      (bytes) => world.closed || restore(world, entry, bytes),
      () => {},
    );
}

function restore(world, saved, bytes) {
  const entry = world.entry(`restore() of ${saved.number}`);
  const options = common(world, entry);
  delete options.after;
  entry.after = [];
  const { expected } = saved;
  if (expected.endless) options.grain = 100;
  Object.assign(entry.expected, expected, { check: expected.restored ?? (() => undefined) });
  const job = world.ask(entry, () => world.runtime.restore(bytes, options), ['BAD_SAVE']);
  if (!job) return;
  entry.job = job;
  const arrays = Object.values(job.args).filter((value) => ArrayBuffer.isView(value));
  for (const array of arrays) world.arrays.add(array);
  entry.arrays.push(...arrays);
}

function resize(world) {
  const most = world.plan.options.maxWorkers ?? world.runtime.stats().workers.length;
  const entry = world.entry('resize()', { fails: ['BAD_ARGUMENT'] });
  world.ask(entry, () => world.runtime.resize(world.random.whole(1, most)), ['BAD_ARGUMENT']);
}

/** One worker, and all of them again at once. */
function resizeTwice(world) {
  const all = world.plan.options.maxWorkers ?? world.runtime.stats().workers.length;
  for (const count of [1, all])
    world.ask(world.entry(`resize(${count})`), () => world.runtime.resize(count));
}

/** Bytes of save() that have suffered. */
function restoreBroken(world) {
  const bytes = Uint8Array.from({ length: world.random.below(200) }, () => world.random.below(256));
  const entry = world.entry('restore() of broken bytes', { mustFail: true });
  world.ask(entry, () => world.runtime.restore(bytes), ['BAD_SAVE']);
}

/** The runtime keeps the memory of its first trace. */
function record(world) {
  const { memory, trace } = world.runtime;
  if (trace.running) return void trace.stop();
  trace.start({ events: 16 });
  world.used += world.runtime.memory.used - memory.used;
}

function replace(world) {
  world.lost++;
  world.runtime.replaceWorker(world.random.below(world.runtime.stats().workers.length));
}

function kill(world) {
  const alive = world.threads.all.filter(({ dead }) => !dead);
  if (!alive.length) return;
  world.lost++;
  const thread = world.random.pick(alive);
  if (thread.running && world.random.chance(0.3)) thread.getStuck();
  else thread.die('it was killed');
}

function freeInUse(world) {
  const entry = anyJob(world);
  const [array] = entry.arrays;
  // The job may have settled in this microtask.
  if (!array || !['queued', 'running', 'paused'].includes(entry.job.status)) return;
  try {
    world.runtime.free(array);
    world.wrong(`free() of an array of job ${entry.number}, which is not settled`);
  } catch (error) {
    if (error.code !== 'MEMORY_IN_USE') throw error;
  }
}

function look(world) {
  const { runtime } = world;
  runtime.stats({ reset: world.random.chance(0.5) });
  const { asked, running } = runtime.workers;
  if (running > runtime.stats().workers.length) world.wrong(`${running} of ${asked} workers run`);
  if (!runtime.kernels.visit) world.wrong('no kernel "visit"');
  for (const { job } of world.entries) {
    if (!job) continue;
    if (!(job.progress >= 0 && job.progress <= 1)) world.wrong(`a progress of ${job.progress}`);
    if (typeof job.status !== 'string') world.wrong(`a status of ${job.status}`);
  }
}

async function follow(job) {
  for await (const { progress } of job.updates({ every: 1 })) if (progress > 1) throw progress;
}

function listen(world) {
  const type = world.random.pick(['task', 'drain', 'worker-start', 'worker-crash']);
  const throws = world.random.chance(0.5);
  world.runtime.addEventListener(type, () => {
    if (throws) throw new Foreign(`a listener of ${type}`);
  });
}

/** A signal that has what the runtime asks for, and little else. */
function duck(world, signal) {
  const entry = world.entry('post with an odd signal', { fails: ['Foreign'] });
  const options = { range: [0, 5], signal };
  entry.job = world.ask(entry, () => world.runtime.post('empty', options), [
    'Foreign',
    'BAD_ARGUMENT',
  ]);
}

const throws = () => {
  throw new Foreign('signal');
};

function close(world, how) {
  const { random, runtime } = world;
  const drain = random.chance(0.5);
  const timeout = random.pick([1, 50]);
  const options = drain ? { drain, timeout } : {};
  world.closed = world.closing = true;
  world.ask(world.entry(`${how}()`), () =>
    how === 'close' ? runtime.close(options) : runtime.terminate(),
  );
}

export const control = [
  {
    name: 'cancel',
    weight: 4,
    inside: true,
    when: someJob,
    run: (world) => world.cancel(anyJob(world), world.random.pick(hostile)),
  },
  { name: 'abort', weight: 2, inside: true, when: (w) => w.signals.length > 0, run: abort },
  { name: 'pause', weight: 2, inside: true, when: someJob, run: pause },
  { name: 'resume', weight: 2, inside: true, when: someJob, run: resume },
  { name: 'save', weight: 2, inside: true, when: someJob, run: save },
  {
    name: 'set priority',
    weight: 2,
    inside: true,
    when: someJob,
    run: (world) => {
      anyJob(world).job.priority = world.random.pick(['high', 'normal', 'low']);
    },
  },
  { name: 'free what is used', weight: 1, inside: true, when: someJob, run: freeInUse },
  { name: 'resize', weight: 2, inside: true, when: threads, run: resize },
  { name: 'resize twice', weight: 1, inside: true, when: threads, run: resizeTwice },
  { name: 'restore broken bytes', weight: 0.5, inside: true, run: restoreBroken },
  { name: 'trace', weight: 0.7, inside: true, run: record },
  { name: 'replaceWorker', weight: 0.7, inside: true, when: threads, run: replace },
  { name: 'kill', weight: 0.7, inside: true, when: threads, run: kill },
  { name: 'look', weight: 2, inside: true, run: look },
  {
    name: 'updates',
    weight: 1,
    when: someJob,
    run: (world) => world.ask(world.entry('updates()'), () => follow(anyJob(world).job)),
  },
  {
    name: 'ready',
    weight: 1,
    run: (world) => world.ask(world.entry('ready()'), () => world.runtime.ready()),
  },
  { name: 'listen', weight: 1, run: listen },
  {
    name: 'hide the page',
    weight: 1,
    inside: true,
    run: ({ environment: { page }, random }) => {
      page.hidden = random.chance(0.5);
    },
  },
  {
    name: 'signal without removeEventListener',
    weight: 0.5,
    run: (world) => duck(world, { aborted: false, addEventListener() {} }),
  },
  {
    name: 'signal whose addEventListener throws',
    weight: 0.5,
    run: (world) => duck(world, { aborted: false, addEventListener: throws }),
  },
  { name: 'close', weight: 0.3, run: (world) => close(world, 'close') },
  { name: 'terminate', weight: 0.3, run: (world) => close(world, 'terminate') },
];
