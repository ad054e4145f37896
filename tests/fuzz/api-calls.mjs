// The public methods, each with good arguments, which the fuzzer spoils. `held` has what the caller
// got before.
import { hostile, Own } from './hostile.mjs';

const TASKS = new URL('../fixtures/modules/tasks.js', import.meta.url);
const KERNEL = new URL('../fixtures/plugins/sum.js', import.meta.url);

const options = (random) => ({
  ...(random.chance(0.3) && { priority: random.pick(['high', 'normal', 'low']) }),
  ...(random.chance(0.2) && { timeout: random.pick([1, 50]) }),
  ...(random.chance(0.2) && { signal: new AbortController().signal }),
  ...(random.chance(0.2) && { name: 'a name' }),
});
const codec = {
  encode(view, value) {
    if (typeof value !== 'number') throw new Own('a value for a ring');
    view.setUint32(0, value, true);
    return 4;
  },
  decode: (view) => view.getUint32(0, true),
};

/** A job may reject with all that its function throws. */
const quiet = (promise) =>
  promise.then(
    () => {},
    () => {},
  );

/** [weight, name, good arguments, how the arguments are given] */
export const calls = [
  [
    3,
    'alloc',
    () => [Uint32Array, 16],
    ({ runtime, held }, args) => held.array(runtime.alloc(...args)),
  ],
  [
    1,
    'free',
    ({ held, random }) => [random.pick(held.arrays)],
    ({ runtime, held }, args) => {
      runtime.free(...args);
      held.freed(args[0]);
    },
  ],
  [
    4,
    'post',
    ({ held, random }) => {
      const more = {
        ...options(random),
        ...(random.chance(0.3) && { after: held.someJobs(random) }),
      };
      return random.pick([
        ['visit', { range: [0, 4], args: { visits: random.pick(held.arrays) }, ...more }],
        ['dot', { range: [0, 2], args: { a: held.numbers, b: held.numbers }, ...more }],
        ['fib', { args: { n: 5 }, ...more }],
        ['point', { range: [0, 3], args: { point: { x: 1, y: 2 } }, ...more }],
        ['empty', { range: [0, 100], grain: 5, ...more }],
      ]);
    },
    ({ runtime, held }, args) => held.job(runtime.post(...args)),
  ],
  [
    2,
    'postMany',
    ({ random }) => [
      'point',
      [{ range: [0, 3], args: { point_x: 1, point_y: 2 } }],
      { inOrder: true, ...options(random) },
    ],
    ({ runtime, held }, args) => held.job(runtime.postMany(...args)),
  ],
  [
    2,
    'call',
    ({ random }) => [
      TASKS,
      random.pick(['add', 'same', 'nothing', 'fail', 'throwText', 'later', 'unclonable']),
      [random.chance(0.3) ? hostile(random) : 1, 2],
      { transfer: [new ArrayBuffer(4)], ...options(random) },
    ],
    ({ runtime, held }, args) => held.job(runtime.call(...args)),
  ],
  [
    1,
    'run',
    ({ random }) => ['empty', { range: [0, 5], ...options(random) }],
    ({ runtime, held }, args) => runtime.run(...held.stoppable(args)),
  ],
  [
    1,
    'map',
    () => ['visit', new Uint32Array(4), { args: {} }],
    ({ runtime, held }, args) => runtime.map(...held.stoppable(args)),
  ],
  [
    1,
    'reduce',
    ({ held }) => ['dot', { range: [0, 2], args: { a: held.numbers, b: held.numbers } }],
    ({ runtime, held }, args) => runtime.reduce(...held.stoppable(args)),
  ],
  [
    1,
    'ring',
    () => ['record', { bytes: 256, args: { by: 1 }, ...codec }],
    ({ runtime, held }, args) => held.ring(runtime.ring(...args)),
  ],
  [
    0.5,
    'ringPort',
    () => ['record', { bytes: 256, args: { by: 1 } }],
    ({ runtime, held }, args) => held.port(runtime.ringPort(...args)),
  ],
  [
    0.3,
    'load',
    ({ held }) => [held.plugin, { kernels: undefined }],
    ({ runtime, held }, args) => held.plug(runtime.load(...args)),
  ],
  [
    0.3,
    'define',
    ({ random }) => [
      `sum${random.below(1000)}`,
      KERNEL,
      { fields: { data: 'array f64', bad: 'value f64', sum: 'state i64', big: 'state u64' } },
    ],
    ({ runtime, held }, args) => held.plug(runtime.define(...args)),
  ],
  [
    0.3,
    'unload',
    ({ held, random }) => [random.pick(held.plugins)],
    ({ runtime, held }, args) => held.unplug(runtime.unload(...args), args[0]),
  ],
  [1, 'stats', () => [{ reset: true }], ({ runtime }, args) => runtime.stats(...args)],
  [0.5, 'ready', () => [], ({ runtime }) => runtime.ready()],
  [0.2, 'resize', () => [2], ({ runtime }, args) => runtime.resize(...args)],
  [
    0.5,
    'replaceWorker',
    ({ random }) => [random.pick([-1, 30, 0.5, 'a'])],
    ({ runtime }, [worker]) => [0, 1].includes(worker) || runtime.replaceWorker(worker),
  ],
  [
    1,
    'restore',
    ({ held }) => [held.saved, { priority: 'low' }],
    ({ runtime, held }, args) => held.restored(runtime.restore(...args)),
  ],
  [
    0.3,
    'trace',
    () => [{ events: 16 }],
    ({ runtime }, [options]) => {
      // Its memory stays, for the next trace.
      runtime.trace.start({ ...options, events: options?.events ?? 16 });
      runtime.trace.stop();
    },
  ],
  [
    0.5,
    'addEventListener',
    () => ['task', () => {}],
    ({ runtime }, args) => runtime.addEventListener(...args),
  ],
  [
    0.5,
    'copied',
    () => [[1, 2], { back: true }],
    ({ filch, runtime, held }, args) => {
      const visits = filch.copied(...args);
      return held.job(runtime.post('visit', { range: [0, 2], args: { visits } }));
    },
  ],
  [0.3, 'transfer', () => [{ a: 1 }, []], ({ filch }, args) => filch.transfer(...args)],
  [
    2,
    'job.cancel',
    () => ['a reason'],
    ({ held, random }, args) => held.oneJob(random).cancel(...args),
  ],
  [
    1,
    'job.pause',
    () => [],
    ({ held, random }) => {
      const job = held.oneJob(random);
      const paused = job.pause();
      job.resume();
      return paused;
    },
  ],
  [1, 'job.save', () => [], ({ held, random }) => held.oneJob(random).save()],
  [
    1,
    'job.priority',
    () => ['low'],
    ({ held, random }, [value]) => {
      held.oneJob(random).priority = value;
    },
  ],
  [
    0.5,
    'job.updates',
    () => [{ every: 1 }],
    ({ held, random }, args) =>
      held
        .oneJob(random)
        .updates(...args)
        .next(),
  ],
  [
    1,
    'job.then',
    () => [() => {}, () => {}],
    ({ held, random }, args) => quiet(held.oneJob(random).then(...args)),
  ],
  [
    0.5,
    'job.finally',
    () => [() => {}],
    ({ held, random }, args) => quiet(held.oneJob(random).finally(...args)),
  ],
  [
    1,
    'job',
    () => [],
    ({ held, random }) => {
      const { id, name, kernel, args, status, priority, progress } = held.oneJob(random);
      return [id, name, kernel, args, status, priority, progress];
    },
  ],
  [
    3,
    'ring.send',
    ({ random }) => [random.below(1000)],
    ({ held, random }, args) => held.oneRing(random)?.send(...args),
  ],
  [0.3, 'ring.ready', () => [], ({ held, random }) => held.oneRing(random)?.ready()],
  [0.3, 'ring.flush', () => [], ({ held, random }) => held.oneRing(random)?.flush()],
  [
    0.1,
    'port.close',
    () => [{ gone: true }],
    ({ held, random }, args) => random.pick(held.ports)?.close(...args),
  ],
  [
    0.1,
    'Runtime.start',
    () => [{ memory: 2 ** 20, workers: 1, mode: 'cooperative', taskSlots: 4, stackBytes: 16384 }],
    async ({ filch, module }, [options]) => {
      const isPlain = Object.getPrototypeOf(Object(options)) === Object.prototype;
      const started = await filch.Runtime.start(
        isPlain && options === Object(options) ? { module, ...options } : options,
      );
      await started.close();
    },
  ],
].map(([weight, name, good, give]) => [weight, { name, good, give }]);
