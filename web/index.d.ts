/// <reference lib="esnext.disposable" />
import type { Wait, WaitEvent, Waiting } from './tasks/waits.js';

/** An array from alloc(): a view of the runtime's shared memory. */
export type SharedArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/**
 * Integers are whole and within their type; those of 64 bits may be a BigInt or a safe integer.
 * Floats are any number. Arrays come from alloc() of the same runtime, or are subarrays of such.
 */
export type Argument = number | bigint | SharedArray | undefined;

/** Bytes: of a u8 array. */
export type Bytes = Uint8Array | Uint8ClampedArray;

/**
 * The kernels by name: their arguments, and the fields of role `state`, which a result carries.
 * This interface declares those that ship. Merge your own into Kernels; a reduction also has a
 * `total`, and a kernel of kind 'fork' a `kind`:
 *
 *     declare module 'filch' {
 *       interface Kernels {
 *         scale: { args: { data: Float32Array; factor: number }; state: {} };
 *         mean: { args: { data: Float32Array }; state: {}; total: { sum: number; count: bigint } };
 *         fold: { kind: 'fork'; args: { data: Float32Array }; state: { sum: number } };
 *       }
 *     }
 */
export interface Kernels {
  /** Paints the Mandelbrot set. One iteration is one row: the range is [0, height]. */
  mandelbrot: {
    args: {
      /** width * height pixels of 4 bytes: red, green, blue, alpha. */
      out: Bytes;
      /** One byte per row: 1 + the number of the worker that computed it. */
      owners?: Bytes;
      width: number;
      height: number;
      /** The point in the middle of the picture. */
      cx: number;
      cy: number;
      /** Units per pixel. */
      scale: number;
      /** Steps after which a point counts as inside. */
      limit: number;
    };
    state: {};
  };
  /**
   * Scales a picture by Lanczos's filter, in two passes, each a job. One iteration is one tile of
   * 32 * 32 pixels: the range of pass 0 is [0, ceil(width / 32) * ceil(source_height / 32)], of
   * pass 1 [0, ceil(width / 32) * ceil(height / 32)].
   */
  resize: {
    args: {
      /** source_width * source_height pixels of 4 bytes: red, green, blue, alpha. */
      source: Bytes;
      /** 4 * width * source_height numbers, from pass 0 to pass 1. */
      middle: Float32Array;
      /** width * height pixels of 4 bytes. */
      out: Bytes;
      /** One byte per tile of the pass: 1 + the number of the worker that computed it. */
      owners?: Bytes;
      source_width: number;
      source_height: number;
      width: number;
      height: number;
      pass: 0 | 1;
    };
    state: {};
  };
  /** The BLAKE3 hash. One iteration is 16 KiB: the range is [0, max(1, ceil(bytes / 16384))]. */
  blake3: {
    args: {
      input: Bytes;
      /** How many bytes of input to hash. */
      bytes: number;
      /** 9 words per iteration, all 0; the first 8 are the hash when the job is done. */
      tree: Uint32Array;
    };
    state: {};
  };
  /** Counts primes. One iteration is 2^19 numbers: the range is [0, floor(limit / 2^19) + 1]. */
  sieve: {
    args: {
      /** The last number to look at, at most 2^32 - 1. */
      limit: number | bigint;
      count?: number | bigint;
    };
    /** The primes found. */
    state: { count: bigint };
  };
  /** An elementary cellular automaton: a sequential loop. One iteration is one generation. */
  automaton: {
    args: {
      /** Two rings of cells, 64 to a word: for generations with even numbers, and for others. */
      cells: BigUint64Array;
      /** 0 to 255. */
      rule: number;
      /** Rows of 32 * cells.length pixels of 4 bytes. Generation k goes to row k modulo rows. */
      image?: Uint32Array;
    };
    state: {};
  };
  /** The Fibonacci number n by its recursion: shows the cost of a spawn and a join. */
  fib: {
    kind: 'fork';
    args: {
      n: number;
      result?: number | bigint;
    };
    state: { result: bigint };
  };
  /** The number of ways to place n queens, 1 to 16, on a board so that none attacks another. */
  queens: {
    kind: 'fork';
    args: {
      n: number;
      solutions?: number | bigint;
    };
    state: { solutions: bigint };
  };
  /** Sorts numbers in place. */
  sort: {
    kind: 'fork';
    args: {
      data: Uint32Array;
      /** At least as long. */
      scratch: Uint32Array;
      got?: number;
    };
    /** For the kernel's own use. */
    state: { got: number };
  };
  /** The integral of a function, by halving intervals until the halves agree. */
  quadrature: {
    kind: 'fork';
    args: {
      from: number;
      to: number;
      /** The greatest error of the result; more than 0. */
      tolerance: number;
      /** 0: sqrt(x), 1: 1 / (1e-4 + x * x), 2: |x - 1/3|, 3: 4 / (1 + x * x). */
      function: 0 | 1 | 2 | 3;
      integral?: number;
    };
    state: { integral: number };
  };
  /** One time step of heat in a plate. One iteration is one row: the range is [0, height]. */
  heat: {
    args: {
      /** Two plates of width * height. Steps with even numbers go from the first to the second. */
      grid: Float64Array;
      width: number;
      height: number;
      step: number;
    };
    state: {};
  };
  /** Time steps of heat, each a loop. The result is in plate steps % 2 of the grid. */
  stencil: {
    kind: 'fork';
    args: {
      /** Two plates of width * height; the steps begin in the first. */
      grid: Float64Array;
      width: number;
      height: number;
      steps: number;
      step?: number;
    };
    /** The number of steps done. */
    state: { step: number };
  };
  /** The dot product over the range's elements. */
  dot: {
    args: {
      a: Float64Array;
      b: Float64Array;
    };
    state: {};
    total: { sum: number };
  };
  /** How often each byte occurs in the range's bytes. */
  histogram: {
    args: {
      data: Bytes;
    };
    state: {};
    total: { bins: Uint32Array };
  };
  /** Half a step of k-means in the plane: adds up the points nearest to each centre. */
  kmeans: {
    args: {
      /** x and y in turn. */
      points: Float32Array;
      /** The same, at most 16. */
      centres: Float32Array;
      /** A byte for each point: the number of its centre. */
      labels?: Bytes;
    };
    state: {};
    /** Sums, x and y in turn, and counts of each centre's points; the sum of squared distances. */
    total: { sums: Float64Array; counts: Uint32Array; distance: number };
  };
  /** Counts random points of a square in its circle: total.inside / iterations is about pi / 4. */
  pi: {
    args: {
      seed: number | bigint;
    };
    state: {};
    total: { inside: bigint };
  };
}

type Declared<K extends string, Part extends string, Default> = K extends keyof Kernels
  ? Kernels[K] extends { [part in Part]: infer T }
    ? T
    : undefined
  : Default;

/** A kernel's arguments: as declared, or anything for a kernel that is not declared. */
export type ArgumentsOf<K extends string> = K extends keyof Kernels
  ? Kernels[K]['args']
  : { [name: string]: Argument };
/** An array that is copied into shared memory for one job: see copied(). */
export interface Copied<A> {
  readonly array: A | readonly number[] | readonly bigint[];
  readonly back: boolean;
}
type Arrays<T> = Extract<T, SharedArray>;
type Given<T> = [Arrays<T>] extends [never]
  ? T
  : T | Copied<Arrays<T>> | (Uint8Array extends T ? string : never);
/**
 * The arguments of a post. An array may be copied() for the job; a u8 array may be text, in UTF-8.
 * For a kernel that is not declared { centre: { x, y } } stands for centre_x and centre_y.
 */
export type GivenTo<K extends string> = K extends keyof Kernels
  ? { [N in keyof ArgumentsOf<K>]: Given<ArgumentsOf<K>[N]> }
  : { [name: string]: Given<Argument> | { [name: string]: Given<Argument> } };
/** A kernel's state fields: 64-bit integers as BigInt. */
export type StateOf<K extends string> = K extends keyof Kernels
  ? Kernels[K]['state']
  : { [name: string]: number | bigint };

/** The fields of a reduction's total: arrays are copies. undefined: the kernel is no reduction. */
export type TotalOf<K extends string> = Declared<
  K,
  'total',
  { [name: string]: number | bigint | SharedArray } | undefined
>;

/**
 * Pre-emptive: a worker leaves less urgent work at its next safepoint, the point between two chunks
 * of a loop, or the beginning of a call in a fork function.
 */
export type Priority = 'high' | 'normal' | 'low';
export type Mode = 'threads' | 'cooperative';

export interface StartOptions {
  /** Workers, 1 to 30. 'auto' (the default): one per core, less one in a browser on more than 2. */
  workers?: number | 'auto';
  /** Tasks that the runtime holds at a time, 1 to 65535 (256). Further posts wait. */
  taskSlots?: number;
  /** Posts that may wait for a slot (65536); 'auto': as many as `taskSlots`. See QueueFullError. */
  maxQueue?: number | 'auto';
  /**
   * Which of the waiting posts of one priority comes first: the first posted ('fifo', the default),
   * the last ('lifo'), or by the function's result: below 0 for `a`, above 0 for `b`. (If it
   * throws: the first posted.)
   */
  queueOrder?: 'fifo' | 'lifo' | ((a: WaitingPost, b: WaitingPost) => number);
  /** The most workers for resize(), 1 to 30 (`workers`). Each takes memory for its stack. */
  maxWorkers?: number;
  /** Milliseconds without a job until the workers' threads end, up to the next post (Infinity). */
  idleTimeout?: number;
  /** Milliseconds until a stopped call that runs on loses its worker (1000); Infinity: never. */
  callGrace?: number;
  /**
   * While the page is hidden, all workers run ('run', the default), one ('slow'), or none
   * ('pause'). The others put their tasks back at their next safepoint.
   */
  background?: 'run' | 'slow' | 'pause';
  /** Options of Node's `Worker`: resourceLimits, env, name, stdout, ... Browsers take none. */
  threadOptions?: object;
  /** Each job is an entry of performance.measure(), in DevTools on the track "Filch" (false). */
  measure?: boolean;
  /** close() lists on the console the arrays not freed, and where they were allocated (false). */
  debug?: boolean;
  /**
   * Bytes of shared memory, 2^20 to 2^32, in steps of 65536; the memory never grows. If the engine
   * refuses, start() fails. Without this option start() tries 256 MiB, then 128, 64, 32.
   */
  memory?: number | WebAssembly.Memory;
  /**
   * The part of a WebAssembly.Memory given as `memory` that the runtime overwrites: a block of the
   * memory's application, freed after close() has resolved. All arrays of alloc() lie inside.
   * Kernels take arrays anywhere in the memory; the caller keeps those alive while jobs use them.
   * The module is then the package's filch-placed.wasm, or one like it. See docs/embed.md.
   */
  region?: { address: number; bytes: number };
  /** Bytes of each worker's stack, 16384 to 16777216 (262144); 64 KiB more lie below each. */
  stackBytes?: number;
  /** The module: its address, its bytes, or compiled. Default: the package's filch.wasm. */
  module?: URL | string | ArrayBuffer | ArrayBufferView | WebAssembly.Module;
  /** Milliseconds that workers may take to start (10000). start() goes on with those in time. */
  startLimit?: number;
  /** Milliseconds that a module's import, or a plug-in's start, may take (10000); or Infinity. */
  importLimit?: number;
  /**
   * Workers that may be replaced within a minute (16); or Infinity. If that leaves no worker, jobs
   * fail with a WorkerLostError, and posts throw a ClosedError, until the next may start.
   */
  replacementLimit?: number;
  /**
   * 'auto' (the default): threads, or else the cooperative mode, see `modeReason`. 'threads':
   * start() fails if there can be none. 'cooperative': the owner's thread works in slices.
   */
  mode?: 'auto' | Mode;
  /** Milliseconds of a slice in the cooperative mode (6). */
  frameBudget?: number;
  /** Aborts the start at once, also while the module is fetched; no effect later. */
  signal?: AbortSignal;
}

/** A post that waits for a task slot. */
export interface WaitingPost {
  readonly id: number;
  readonly name: string;
  readonly kernel: string;
  readonly args: { readonly [name: string]: Argument };
  /** The time of the post, as by performance.now(). */
  readonly posted: number;
}

export interface RestoreOptions {
  /** The job's name in events, timelines, and messages (the kernel's name). */
  name?: string;
  /** Which job runs first ('normal'). */
  priority?: Priority;
  /** Iterations per chunk, 1 to 2^32 - 1. Without `grain` the chunk length tunes itself. */
  grain?: number;
  /** Cancels the job, with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds from the post to a TimeoutError, more than 0 and at most 2^31 - 1. */
  timeout?: number;
}

export interface PostOptions<Args = GivenTo<string>> extends RestoreOptions {
  /** [begin, end): whole numbers, 0 <= begin <= end <= 2^53 - 1. Not for kernels of kind 'fork'. */
  range?: readonly [begin: number, end: number];
  /** May be left out where the kernel needs none. */
  args?: Args;
  /**
   * Jobs of this runtime, at most 16, that the new job depends on. The new job begins when all of
   * them are done, and fails with a DependencyError if one ends otherwise. Until then they are as
   * urgent as the new job.
   */
  after?: Job<any, any, any> | readonly Job<any, any, any>[];
  /** A reduction's total has the same bits on any number of workers; save() needs that (false). */
  deterministic?: boolean;
}

type Needs<Part extends string, T> = {} extends T ? {} : { [part in Part]: T };
type Loop = { range: readonly [begin: number, end: number] };
type Fork = { range?: undefined; grain?: undefined; deterministic?: undefined };

/** PostOptions for one kernel: its needs are required, options that it does not take refused. */
export type PostOptionsOf<K extends string> = PostOptions<GivenTo<K>> &
  Needs<'args', GivenTo<K>> &
  (K extends keyof Kernels ? (Kernels[K] extends { kind: 'fork' } ? Fork : Loop) : {}) &
  (undefined extends TotalOf<K>
    ? K extends keyof Kernels
      ? { deterministic?: undefined }
      : {}
    : {});

/** Options of postMany(). */
export interface ManyOptions extends RestoreOptions {
  after?: PostOptions['after'];
  /** One loop after the other, instead of any number at a time (false). */
  inOrder?: boolean;
}

/** One of postMany()'s loops. */
export type LoopOf<K extends string> = { range: readonly [begin: number, end: number] } & Needs<
  'args',
  GivenTo<K>
> & { args?: GivenTo<K> };

/** Options of call(). */
export interface CallOptions extends Omit<RestoreOptions, 'grain'> {
  after?: PostOptions['after'];
  /** Objects that move with the arguments, as by structuredClone(), once the call is accepted. */
  transfer?: readonly object[];
}

/** Options of ring() and ringPort(). */
export interface RingPortOptions<K extends string = string> {
  /** Bytes of the ring, 256 to 2^30 (65536). A record takes 16 more than its data, rounded up. */
  bytes?: number;
  /** The kernel's array argument (of u8) that gets the record (the first). */
  into?: string;
  /** The other arguments, the same for all records. */
  args?: Partial<GivenTo<K>>;
  /** One record after the other, in the order of sending (false). */
  ordered?: boolean;
  priority?: Priority;
  name?: string;
}

/** How a ring's producer writes and reads records. */
export interface RingProducer<In = any, Out = any> {
  /**
   * Writes a value from byte 0 on, and returns its length in bytes; the bytes that the kernel
   * writes must be among them. The view grows.
   */
  encode(view: DataView, value: In): number;
  /** Reads the record as the kernel left it. The next record reuses the view. */
  decode(view: DataView): Out;
  /** 'microtask' (the default): records go in the next microtask. 'manual': they go at flush(). */
  flush?: 'microtask' | 'manual';
}

export interface Ring<In = any, Out = any> {
  /**
   * Sends a record, and resolves to the decoded result. Rejects with a KernelError if the kernel
   * returned a code, another JobError if it did not return, a QueueFullError if 65536 records wait
   * for space, a ClosedError, or the error that encode() or decode() throws. Other records go on.
   */
  send(value: In): Promise<Out>;
  /** Whether records wait for space. */
  readonly needsDrain: boolean;
  /** Resolves when no record waits for space; also when the ring is closed. */
  ready(): Promise<void>;
  /** Passes on the records sent so far, if `flush` is 'manual'. A full ring needs no call. */
  flush(): void;
  /** Refuses records; those that wait reject with a ClosedError. Resolves when all are back. */
  close(): Promise<void>;
}

/** For connectRing() of 'filch/ring'; send the port by postMessage() to the producer's thread. */
export interface RingPort {
  readonly memory: WebAssembly.Memory;
  readonly name: string;
  readonly byMessage: boolean;
  readonly address: number;
  readonly capacity: number;
}

/** Options of map(). */
export type MapOptions<K extends string> = RestoreOptions & {
  /** The array argument that gets the elements, and the one that holds the result. */
  input?: string;
  output?: string;
  /** The other arguments. */
  args?: Partial<GivenTo<K>>;
  /** ([0, array.length]) */
  range?: readonly [begin: number, end: number];
};

/** In milliseconds. */
export interface Times {
  /** From the post until the first worker began. */
  readonly queued: number;
  /** From then until the last worker ended. */
  readonly running: number;
}

export interface JobResult<State = StateOf<string>, Total = TotalOf<string>> {
  /** Iterations that ran: the whole range; 1 for a kernel of kind 'fork'. */
  iterations: number;
  /** Numbers of the workers that ran a part of the job. */
  workers: number[];
  times: Times;
  /** The kernel's fields of role `state`. */
  state: State;
  /** The result of a reduction. */
  total: Total;
}

/** The result of postMany(). */
export interface ManyResult<State = StateOf<string>> {
  /** The number of loops. */
  iterations: number;
  workers: number[];
  times: Times;
  /** The kernel's fields of role `state`, for each loop. */
  states: State[];
}

/** A job's progress, as updates() reports it. */
export interface Update {
  readonly progress: number;
  readonly iterations: number;
  readonly status: JobStatus;
}

/** 'paused': since the call of pause(); a chunk may still run. */
export type JobStatus = 'queued' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed';

/**
 * A posted loop. `await job` gives its result or throws a JobError. A job that is not awaited never
 * causes an unhandled rejection; its `status` tells how it ended.
 */
export interface Job<
  State = StateOf<string>,
  Total = TotalOf<string>,
  Result = JobResult<State, Total>,
> extends PromiseLike<Result> {
  /** The job's number in its runtime, from 1 on. */
  readonly id: number;
  /** The name given to the post, or else the kernel's. */
  readonly name: string;
  readonly kernel: string;
  /** The arguments of the post, frozen; in a restored job, with restore()'s arrays. */
  readonly args: { readonly [name: string]: Argument };
  readonly status: JobStatus;
  /** The finished part of the iterations, 0 to 1. Read from shared memory, without a message. */
  readonly progress: number;
  /**
   * May be set until the job has settled. The job then goes behind those of the new priority. A job
   * is at least as urgent as the jobs that wait for it. Throws ArgumentError.
   */
  priority: Priority;
  /**
   * Cancels the job: at once while it waits or is paused, else at the end of the current chunks.
   * The job rejects with a CancelledError. The first reason counts. A job whose last iteration has
   * finished is not changed. The job of a call() settles at once, also while its function runs.
   */
  cancel(reason?: unknown): void;
  /**
   * Stops work on the job until resume() or cancel(). The job keeps its place, its task slot, and
   * its timeout. Resolves when no worker runs the job, when the job has settled, or was resumed. A
   * paused job does not settle, even if it has run to its end.
   */
  pause(): Promise<void>;
  /** Lets a paused job go on. */
  resume(): void;
  /**
   * Saves the job for restore(): the rest of its loop, its arguments, and the memory of its arrays.
   * The job stands still meanwhile. Rejects with NotSavableError, OutOfMemoryError, ModuleError.
   */
  save(): Promise<Uint8Array>;
  /** Reports progress now, each `every` ms (100; or Infinity), and when it has settled. */
  updates(options?: { every?: number }): AsyncGenerator<Update, void, void>;
  catch<T = never>(onFail?: ((error: any) => T | PromiseLike<T>) | null): Promise<Result | T>;
  finally(onSettled?: (() => void) | null): Promise<Result>;
}

export type FieldType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64' | 'f32' | 'f64';

export interface KernelSchema {
  /** parallel: in any order; sequential: in order; fork: a function that spawns children. */
  readonly kind: 'parallel' | 'sequential' | 'fork';
  readonly fields: {
    readonly [name: string]: {
      readonly role: 'value' | 'array' | 'option' | 'state';
      readonly type: FieldType;
    };
  };
  /** The fields of a reduction's accumulator; a field with a length is an array. */
  readonly total?: {
    readonly [name: string]: { readonly type: FieldType; readonly length?: number };
  };
}

export interface MemoryUse {
  /** Bytes of the whole memory. */
  readonly size: number;
  /** Bytes for alloc(): in all, in use now, and in use at most so far. */
  readonly capacity: number;
  readonly used: number;
  readonly peak: number;
  /** Why the memory is smaller than the default; '' if it is not. */
  readonly reason: string;
}

/** Records the work of the workers, chunk by chunk, for Perfetto and DevTools. */
export interface Trace {
  readonly running: boolean;
  /**
   * Begins to record, and forgets earlier records. `events`: the latest records to keep for each
   * worker (16384), at 32 bytes each of alloc()'s memory. Throws ArgumentError, OutOfMemoryError.
   */
  start(options?: { events?: number }): void;
  /** Stops, and returns the records, for a file in JSON. Times are those of performance.now(). */
  stop(): { traceEvents: TraceEvent[]; displayTimeUnit: 'ns' };
}

/** An event of Chrome's trace event format. */
export interface TraceEvent {
  name: string;
  /** X: took `dur`; i: a moment; b and e: a job's post and end; M: a thread's name. */
  ph: 'X' | 'i' | 'b' | 'e' | 'M';
  pid: number;
  /** 0: jobs; w + 1: worker w. */
  tid: number;
  ts?: number;
  dur?: number;
  cat?: string;
  id?: number;
  s?: 't';
  args?: { [name: string]: unknown };
}

/** The result of load() and define(). */
export interface Plugin {
  /** Names of its kernels. */
  readonly kernels: readonly string[];
  readonly source: string;
}

/** A kernel without filch.h. Its fields stand in order, each aligned to its size, in 64 bytes. */
export interface KernelDescription {
  /** ('parallel') */
  kind?: 'parallel' | 'sequential';
  /** Name, role, and type; an array is { u32 address, u32 length }. */
  fields?: { [name: string]: `${'value' | 'array' | 'option' | 'state'} ${FieldType}` };
}

/**
 * Runs a chunk of a JavaScript kernel: the iterations [begin, end). The function is synchronous. A
 * result from 1 to 65535 fails the job; so does whatever it throws, and a result that is no whole
 * number from 0 to 65535. `state` of a sequential loop is as the previous chunk left it. `state` of
 * a parallel loop begins with 0, and its last value is added.
 */
export type KernelFunction<
  Args = { readonly [name: string]: Argument },
  State extends { [name: string]: number | bigint } = { [name: string]: any },
> = (
  task: { readonly args: Args; readonly state: State; readonly worker: number } & Waiting,
  begin: number,
  end: number,
) => number | void | Wait;

/** The class of an array: Uint8Array, ... */
export type ArrayType<A> = { readonly prototype: A; new (length: number): A };
/** An array from alloc(): `using` frees it. */
export type Owned<A> = A & Disposable;

/** In milliseconds; zeros if nothing was counted. Percentiles are right within 9 %. */
export interface Histogram {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
}

export interface Stats {
  /** Each worker's counters (tasks, chunks, steals, ...), and the part of its time in kernels. */
  readonly workers: readonly { readonly utilization: number; readonly [counter: string]: number }[];
  /** The mean of the workers'. */
  readonly utilization: number;
  /** Jobs that have not settled, and those of them that wait for a slot. */
  readonly outstanding: number;
  readonly queued: number;
  /** The number of settled jobs, by their end. */
  readonly jobs: { readonly done: number; readonly cancelled: number; readonly failed: number };
  /** Messages that modules have sent from workers, and which are ignored. */
  readonly foreignMessages: number;
  /** How long settled jobs ran, and how long they waited before. */
  readonly runTime: Histogram;
  readonly waitTime: Histogram;
}

/** Detail of the event 'task', and of Node's channels 'filch:post' and 'filch:settle'. */
export interface TaskDetail {
  readonly job: number;
  readonly name: string;
  readonly kernel: string;
  readonly priority: Priority;
  readonly status: string;
  readonly iterations: number;
  readonly queued?: number;
  readonly running?: number;
  readonly error?: Error;
}

/** The runtime's events. */
export interface RuntimeEvents {
  /** No post waits for a slot any more. */
  drain: CustomEvent<undefined>;
  /** A job has settled. */
  task: CustomEvent<TaskDetail>;
  /** A worker has started, after the runtime's own start. */
  'worker-start': CustomEvent<{ readonly worker: number }>;
  /** A worker has died; another one starts in its place, if `replacementLimit` allows. */
  'worker-crash': CustomEvent<{ readonly worker: number; readonly reason: string }>;
  /** A module has left an exception in a worker, which nothing caught. The worker goes on. */
  'worker-error': CustomEvent<{ readonly worker: number; readonly reason: string }>;
  /** A worker has died and may not be replaced yet: see `replacementLimit`. */
  'replacement-limit': CustomEvent<{ readonly worker: number; readonly reason: string }>;
}

/**
 * Marks an array argument: the post copies it into shared memory for the job. With `back` the array
 * gets the kernel's changes when the job is done, or the job a CopyBackError. Throws ArgumentError.
 */
export function copied<A extends SharedArray>(array: A, options?: { back?: boolean }): Copied<A>;
export function copied(
  array: readonly number[] | readonly bigint[],
  options?: { back?: boolean },
): Copied<any>;

/** For a result of a called function: the objects in `list` are moved to the caller, not copied. */
export function transfer<T>(value: T, list: readonly object[]): T;

/** The thread that starts a runtime owns it: only that thread calls the methods. None blocks. */
export class Runtime extends EventTarget {
  private constructor();

  /**
   * Rejects with OptionsError, ModuleError, IsolationError, WorkerStartError, OutOfMemoryError,
   * CancelledError.
   */
  static start(options?: StartOptions): Promise<Runtime>;

  /** 'threads': workers share the memory; 'cooperative': the owner's thread works, in slices. */
  readonly mode: Mode;
  /** Why the mode is cooperative; '' with threads. */
  readonly modeReason: string;
  /** Workers asked for, workers that run (cooperative: 0), and why there are fewer. */
  readonly workers: { readonly asked: number; readonly running: number; readonly reason: string };
  /** The kernels that post() knows, and their arguments. */
  readonly kernels: { readonly [name: string]: KernelSchema };
  readonly memory: MemoryUse;
  /** Records the work of the workers. */
  readonly trace: Trace;

  /**
   * Allocates an array in shared memory, zeroed and 64-byte aligned, until free() or close().
   * `length` is in elements. Throws ArgumentError, OutOfMemoryError, ClosedError.
   */
  alloc<A extends SharedArray>(type: ArrayType<A>, length: number): Owned<A>;

  /** Frees an array. Throws ForeignMemoryError, FreedMemoryError, MemoryInUseError, ClosedError. */
  free(array: SharedArray): void;

  /**
   * Posts a loop. Throws UnknownKernelError, BadRangeError, ArgumentError, ForeignMemoryError,
   * FreedMemoryError, OutOfMemoryError (a reduction's accumulators), QueueFullError, ClosedError.
   */
  post<K extends (keyof Kernels & string) | (string & {})>(
    kernel: K,
    options: PostOptionsOf<K>,
  ): Job<StateOf<K>, TotalOf<K>>;

  /**
   * Goes on with a job that save() wrote, in this or another runtime with the same kernel. Any
   * bytes may be given: those that are no saved job throw a SaveError. The job's arrays are new:
   * the caller frees them from `job.args` when the job has settled, with one free() for arrays that
   * lay in one. Throws also ArgumentError, OutOfMemoryError, QueueFullError, ClosedError.
   */
  restore(bytes: Uint8Array, options?: RestoreOptions): Job;

  /**
   * Posts many loops of one kernel as one job. Each loop costs as much as an iteration; one worker
   * runs it whole. If loops fail, trap, or lose their worker, the others run all the same, and the
   * error has `failures` and `states`. Throws the errors of post(), and an ArgumentError for a
   * reduction or a kernel of kind 'fork'.
   */
  postMany<K extends (keyof Kernels & string) | (string & {})>(
    kernel: K,
    loops: readonly LoopOf<K>[],
    options?: ManyOptions,
  ): Job<StateOf<K>, undefined, ManyResult<StateOf<K>>>;

  /**
   * Calls a function that an ES module exports, on a worker, as a job like any other. `url` is
   * absolute: new URL('./tasks.js', import.meta.url). Arguments and the result are cloned as by
   * structuredClone(), except arrays of this runtime's memory, which both sides share; see also
   * transfer(). What structuredClone() refuses is an ArgumentError with its error as the cause. A
   * function may be asynchronous; its worker runs nothing else meanwhile. `cancel()`, `signal`, and
   * `timeout` settle the job at once. The function goes on; if it has not ended after `callGrace`
   * (see start()), its worker is replaced. In the cooperative mode nothing stops the function.
   *
   * The job rejects with the function's error, with a PluginError if the module or the function is
   * missing, or the result cannot be given, or as any job. Throws ArgumentError, FreedMemoryError,
   * OutOfMemoryError, QueueFullError, ClosedError.
   */
  call<T = any>(
    url: URL | string,
    name: string,
    args?: readonly unknown[],
    options?: CallOptions,
  ): Job<never, undefined, T>;

  /**
   * Opens a ring of small records, to a kernel and back. A batch of records is one job; each record
   * is iteration 0 of a loop of its own. Throws ArgumentError, UnknownKernelError,
   * OutOfMemoryError, ClosedError.
   */
  ring<K extends (keyof Kernels & string) | (string & {}), In = any, Out = any>(
    kernel: K,
    options: RingPortOptions<K> & RingProducer<In, Out>,
  ): Ring<In, Out>;

  /**
   * Opens a ring for a producer on another thread, which calls connectRing() of 'filch/ring' with
   * the port. The producer's close() ends the ring. The close() returned here asks the producer for
   * that: records that are out reject with ClosedError. `gone`: the producer's thread has ended.
   */
  ringPort<K extends (keyof Kernels & string) | (string & {})>(
    kernel: K,
    options?: RingPortOptions<K>,
  ): { readonly port: RingPort; close(options?: { gone?: boolean }): void };

  /** post(), awaited. Rejects with the errors that post() throws. */
  run<K extends (keyof Kernels & string) | (string & {})>(
    kernel: K,
    options: PostOptionsOf<K>,
  ): Promise<JobResult<StateOf<K>, TotalOf<K>>>;

  /**
   * Runs a kernel over an array's elements, its argument `input` (by default the first array), and
   * resolves to a new array of the same length, its argument `output` (the second; if there is
   * none, the kernel works in place, on a copy).
   */
  map<A extends SharedArray, K extends (keyof Kernels & string) | (string & {})>(
    kernel: K,
    array: A | readonly number[],
    options?: MapOptions<K>,
  ): Promise<A>;

  /** Posts a reduction, and resolves to its total. */
  reduce<K extends (keyof Kernels & string) | (string & {})>(
    kernel: K,
    options: PostOptionsOf<K>,
  ): Promise<TotalOf<K>>;

  /**
   * Adds the kernels of another module, while jobs run. Resolves when every worker has loaded them,
   * at a safepoint. `kernels` describes a module that was not built with filch.h: one of functions
   * (task: i32, args: i32, begin: i64, end: i64): i32, and without data. Rejects with PluginError,
   * ArgumentError, ModuleError, OptionsError, OutOfMemoryError, ClosedError.
   */
  load(
    source: URL | string | ArrayBuffer | ArrayBufferView | Response,
    options?: { kernels?: { [name: string]: KernelDescription } },
  ): Promise<Plugin>;

  /**
   * Adds a kernel in JavaScript: a KernelFunction, the default export of an ES module. `url` is
   * absolute: new URL('./kernel.js', import.meta.url). Rejects as load() does.
   */
  define(kernel: string, url: URL | string, description: KernelDescription): Promise<Plugin>;

  /** An event that jobs wait for. Rejects with ArgumentError, FilchError, ClosedError. */
  event(source: string | PromiseLike<unknown>): Promise<WaitEvent>;

  /** Removes a plug-in. Rejects with PluginInUseError, ArgumentError, ClosedError. */
  unload(plugin: Plugin): Promise<void>;

  /** Whether posts find no free slot, and wait. The event 'drain' comes when none waits. */
  readonly needsDrain: boolean;
  /** Resolves when a post finds a free slot. Rejects with ClosedError. */
  ready(): Promise<void>;

  /** Statistics of the runtime. `reset`: the histograms begin anew afterwards. */
  stats(options?: { reset?: boolean }): Stats;

  /**
   * Changes the number of workers, 1 to `maxWorkers`. Resolves when that many run. A surplus worker
   * leaves at its next safepoint. Throws ArgumentError, ClosedError.
   */
  resize(workers: number): Promise<void>;

  addEventListener<T extends keyof RuntimeEvents>(
    type: T,
    listener: (event: RuntimeEvents[T]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<T extends keyof RuntimeEvents>(
    type: T,
    listener: (event: RuntimeEvents[T]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;

  /**
   * Ends a worker and starts another, for a kernel that does not return. The worker's jobs fail
   * with a WorkerLostError; in a browser after 3 s, if they do not come to a safepoint before, and
   * go on elsewhere. WebKit does not end a thread in a loop: there all jobs fail, and the runtime
   * takes no further posts. Throws ArgumentError, ClosedError.
   */
  replaceWorker(worker: number): void;

  /**
   * Cancels all jobs, and ends the workers, after about a second at the latest. `drain`: refuses
   * posts, and first waits for the jobs, `timeout` milliseconds at most (Infinity).
   */
  close(options?: { drain?: boolean; timeout?: number }): Promise<void>;
  /** Closes at once: ends the workers' threads in the middle of their work. */
  terminate(): Promise<void>;
  /** close(), for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

export * from './tasks/waits.js';
export * from './core/errors.js';
