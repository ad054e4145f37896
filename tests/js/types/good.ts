// No error by the types.
import {
  CancelledError,
  DependencyError,
  FilchError,
  KernelError,
  KernelTrapError,
  NotSavableError,
  Runtime,
  TimeoutError,
  copied,
  transfer,
  type Argument,
  type CallOptions,
  type Job,
  type KernelFunction,
  type Plugin,
  type JobResult,
  type JobStatus,
  type Kernels,
  type KernelSchema,
  type Mode,
  type PostOptions,
  type Priority,
  type Ring,
  type RingPort,
  type RingProducer,
  type SharedArray,
  type StartOptions,
  type Wait,
  type WaitEvent,
  type WaitOptions,
} from 'filch';
import { connectRing } from 'filch/ring';
import 'filch/preload';

declare module 'filch' {
  interface Kernels {
    scale: { args: { data: Float32Array; factor: number; sum?: number }; state: { sum: number } };
    nothing: { args: {}; state: {} };
    mean: { args: { data: Float32Array }; state: {}; total: { sum: number; bins: Uint32Array } };
    fold: { kind: 'fork'; args: { depth: number }; state: { leaves: bigint } };
  }
}

const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
const adopted: StartOptions = { memory, region: { address: 4096, bytes: 2 ** 16 } };
void adopted;
const options: StartOptions = {
  workers: 'auto',
  taskSlots: 64,
  memory: 2 ** 24,
  mode: 'auto',
  signal: AbortSignal.timeout(100),
};
const runtime: Runtime = await Runtime.start(options);
await Runtime.start();
await Runtime.start({ workers: 3, module: new Uint8Array(8) });
await Runtime.start({ module: new URL('filch.wasm', 'https://example.org') });
const mode: Mode = runtime.mode;
const why: string = runtime.modeReason;
const running: number = runtime.workers.running;
const schema: KernelSchema | undefined = runtime.kernels['scale'];
const role: 'value' | 'array' | 'option' | 'state' | undefined = schema?.fields['factor']?.role;
const steals: number | undefined = runtime.stats().workers[0]?.['steals'];
const free: number = runtime.memory.capacity - runtime.memory.used;

const pixels: Uint8ClampedArray = runtime.alloc(Uint8ClampedArray, 4 * 64);
const words: BigUint64Array = runtime.alloc(BigUint64Array, 8);
const data: Float32Array = runtime.alloc(Float32Array, 100);

const picture = { out: pixels, width: 8, height: 8, cx: 0, cy: 0, scale: 0.5, limit: 100 };
const job = runtime.post('mandelbrot', {
  range: [0, 64],
  args: picture,
  priority: 'high',
  grain: 8,
  signal: new AbortController().signal,
});
const typed: Job<{}> = job;
const result: JobResult<{}> = await job;
const who: number[] = result.workers;
const progress: number = job.progress;
const status: JobStatus = job.status;
job.cancel();
job.cancel(new Error('enough'));
runtime.post('mandelbrot', {
  range: [0, 64],
  args: { ...picture, owners: runtime.alloc(Uint8Array, 64) },
});

const primes: bigint = (await runtime.post('sieve', { range: [0, 1], args: { limit: 100n } })).state
  .count;
const sum: number = (await runtime.post('scale', { range: [0, 100], args: { data, factor: 2 } }))
  .state.sum;
runtime.post('nothing', { range: [0, 1] });
runtime.post('automaton', { range: [0, 9], args: { cells: words, rule: 30 } });

// Reductions have a total, others none; a fork has no range.
const mean = await runtime.post('mean', { range: [0, 100], args: { data }, deterministic: true });
const average: number = mean.total.sum / mean.total.bins.length;
const none: undefined = (await runtime.post('nothing', { range: [0, 1] })).total;
const leaves: bigint = (await runtime.post('fold', { args: { depth: 3 }, priority: 'low' })).state
  .leaves;
const length: number | undefined = runtime.kernels['mean']?.total?.['bins']?.length;

// A batch: ordered, with a limit; paused, saved, resumed.
const first = runtime.post('scale', { range: [0, 100], args: { data, factor: 2 }, timeout: 500 });
const second = runtime.post('fold', { args: { depth: 3 }, after: first });
const third = runtime.post('nothing', { range: [0, 1], after: [first, second, job] });
third.priority = 'high';
const priority: Priority = third.priority;
const paused: Promise<void> = third.pause();
third.resume();
const saved: Uint8Array = await third.save();
const again: Job = runtime.restore(saved, {
  priority: 'low',
  timeout: 100,
  grain: 2,
  signal: AbortSignal.timeout(100),
});
runtime.restore(saved);
const restored: Argument = again.args['data'];

// A kernel that is not declared takes any arguments.
const name: string = 'some' + 'thing';
const unknown = await runtime.post(name, { range: [0, 1], args: { a: 1, b: 2n, c: data } });
const value: number | bigint | undefined = unknown.state['x'];
await runtime.post('not-declared', { range: [0, 1] });
await runtime.post('not-declared', { args: { a: 1 } });
const total: number | bigint | SharedArray | undefined = (
  await runtime.post(name, { deterministic: true })
).total?.['sum'];

const caught: JobResult | undefined = await job.catch(() => undefined);
await job.finally(() => {});
await Promise.all([job, job.then((done) => done.iterations)]);

try {
  await job;
} catch (error) {
  if (error instanceof KernelError) error.failure satisfies number;
  if (error instanceof KernelTrapError) error.range[0] satisfies number;
  if (error instanceof CancelledError) error.reason satisfies unknown;
  if (error instanceof TimeoutError) error.reason satisfies unknown;
  if (error instanceof DependencyError) error.dependency satisfies number;
  if (error instanceof NotSavableError) error.reason satisfies string;
  if (error instanceof FilchError) error.code satisfies string;
}

function all<K extends keyof Kernels & string>(
  kernel: K,
  options: PostOptions<Kernels[K]['args']>[],
) {
  return [kernel, options] as const;
}
all('scale', [{ range: [0, 1], args: { data, factor: 1 } }]);

runtime.free(pixels);
runtime.replaceWorker(0);
await runtime.close();
await using disposed = await Runtime.start();

export { average, none, leaves, length, priority, paused, restored, total };
export {
  mode,
  why,
  running,
  role,
  steals,
  free,
  typed,
  who,
  progress,
  status,
  primes,
  sum,
  value,
  caught,
  disposed,
};

const floats = runtime.alloc(Float64Array, 8);
{
  using scratch = runtime.alloc(Float64Array, 8);
  scratch.fill(1);
}
const hashed = await runtime.run('blake3', {
  range: [0, 1],
  args: { input: 'text', bytes: 4, tree: copied(new Uint32Array(9), { back: true }) },
});
const waited: number = hashed.times.queued + hashed.times.running;
const product = await runtime.reduce('dot', {
  range: [0, 8],
  args: { a: floats, b: copied([1, 2, 3, 4, 5, 6, 7, 8]) },
});
const dotted: number = product.sum;
const doubled: Float32Array = await runtime.map('double', new Float32Array(8), {
  args: { factor: 2 },
  priority: 'high',
});
const batch = runtime.postMany(
  'sieve',
  [
    { range: [0, 1], args: { limit: 100 } },
    { range: [0, 1], args: { limit: 200 } },
  ],
  { inOrder: true, name: 'primes' },
);
const counts: bigint[] = (await batch).states.map((state) => state.count);
for await (const { progress, status } of batch.updates({ every: 10 }))
  console.log(progress.toFixed(2), status === 'done', batch.name);
if (runtime.needsDrain) await runtime.ready();
runtime.addEventListener('task', ({ detail }) =>
  console.log(detail.job, detail.kernel, detail.running),
);
runtime.addEventListener('worker-crash', ({ detail }) => console.log(detail.worker, detail.reason));
runtime.addEventListener('drain', () => {}, { once: true });
const {
  runTime,
  workers: [worker],
  jobs,
  queued,
} = runtime.stats({ reset: true });
console.log(runTime.p99, worker?.utilization, jobs.failed, queued, waited, dotted, doubled, counts);
await runtime.resize(2);
await Runtime.start({
  workers: 2,
  maxWorkers: 4,
  callGrace: 500,
  idleTimeout: 1000,
  background: 'slow',
  maxQueue: 'auto',
  measure: true,
  debug: true,
  queueOrder: (a, b) => a.posted - b.posted,
  threadOptions: { resourceLimits: { maxOldGenerationSizeMb: 64 } },
});
await runtime.close({ drain: true, timeout: 1000 });
await runtime.terminate();

const plugin: Plugin = await runtime.load('./kernels.wasm');
await runtime.load(new URL('file:///k.wasm'), {
  kernels: {
    brighten: {
      kind: 'parallel',
      fields: { data: 'array u8', by: 'value u32', count: 'state u64' },
    },
  },
});
await runtime.define('sum', new URL('file:///sum.js'), {
  kind: 'sequential',
  fields: { data: 'array f64', sum: 'state f64' },
});
const sumOf: KernelFunction<{ data: Float64Array }, { sum: number }> = (
  { args, state },
  begin,
  end,
) => {
  for (let i = begin; i < end; i++) state.sum += args.data[i] ?? 0;
};
await runtime.unload(plugin);
console.log(sumOf, plugin.kernels.join(), plugin.source);

// Functions of modules: the caller says the type of the result.
const tasks = new URL('file:///tasks.js');
const added: number = await runtime.call<number>(tasks, 'add', [1, 2]);
const called: Job<never, undefined, string> = runtime.call<string>(
  'https://example.org/tasks.js',
  'greet',
  ['you'] as const,
);
const greeting: string = await called;
const anything = await runtime.call(tasks, 'nothing');
anything.whatever;
const calling: CallOptions = {
  after: [called, job],
  transfer: [new ArrayBuffer(8)],
  priority: 'high',
  timeout: 50,
  signal: AbortSignal.timeout(5),
  name: 'x',
};
await runtime.call(tasks, 'later', [{ any: [new Map(), data] }], calling);
runtime.post('nothing', { range: [0, 1], after: called });
const length8: number = transfer(new Float32Array(8), [new ArrayBuffer(8)]).length;
called.cancel();
called.priority = 'low';

// Rings: encode() and decode() say the types of records and answers.
interface Point {
  x: number;
  y: number;
}
const points: RingProducer<Point, number> = {
  encode(view, { x, y }) {
    view.setFloat64(0, x, true);
    view.setFloat64(8, y, true);
    return 16;
  },
  decode: (view) => view.getFloat64(0, true),
};
const ring: Ring<Point, number> = runtime.ring('blake3', {
  ...points,
  bytes: 4096,
  into: 'input',
  args: { bytes: 16 },
  ordered: true,
  flush: 'manual',
});
const distance: number = await ring.send({ x: 1, y: 2 });
if (ring.needsDrain) await ring.ready();
ring.flush();
const ended: Promise<void> = ring.close();
const inferred = runtime.ring('whatever', {
  encode: (view: DataView, n: number) => (view.setInt8(0, n), 1),
  decode: (view: DataView) => String(view.byteLength),
});
const said: string = await inferred.send(5);
const opened = runtime.ringPort('whatever', { bytes: 1024, priority: 'high', name: 'points' });
const port: RingPort = opened.port;
const there: Ring<Point, number> = connectRing(port, points);
const here = connectRing<string, bigint>(port, {
  encode: (view, text) => text.length + view.byteLength,
  decode: (view) => view.getBigInt64(0),
});
const back: bigint = await here.send('text');
opened.close();
opened.close({ gone: true });
runtime.ringPort('whatever');
console.log(added, greeting, length8, distance, ended, said, there, back);

const go: WaitEvent = await runtime.event('go');
const settled: WaitEvent = await runtime.event(Promise.resolve(5));
go.pulse();
go.pulse(2);
go.set();
go.reset();
const figures: number = go.permits + go.waiting + go.id;
if (!go.isSet || settled.isClosed) go.close();
const asked: WaitOptions = { event: go.id, timeout: 5, done: 1 };
const rests: KernelFunction<{ go: number }, { step: number }> = ({ args, state, wait, waited }) => {
  if (waited === 'timeout') return 1;
  if (!state.step++) return wait({ event: args.go });
  const pause: Wait = wait(5);
  return state.step === 2 ? pause : undefined;
};
console.log(figures, asked, rests, await runtime.event(runtime.post('nothing', { range: [0, 1] })));
