/// <reference lib="esnext.disposable" />

/** An array that alloc() makes: a view of the runtime's shared memory. */
export type SharedArray =
  | Uint8Array | Uint8ClampedArray | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array
  | BigUint64Array | BigInt64Array | Float32Array | Float64Array;

/**
 * What a kernel's argument can be. Integers are whole and within their type; 64-bit ones take a BigInt or a safe integer; floats
 * take every number, NaN and the infinities too. Arrays come from alloc() of the same runtime, or are subarrays of such.
 */
export type Argument = number | bigint | SharedArray | undefined;

/** Bytes: of a u8 array. */
export type Bytes = Uint8Array | Uint8ClampedArray;

/**
 * The kernels of the module, by name: their arguments, and the fields of role `state`, which a result carries. Here stand those
 * that ship. Merge your own into it; a reduction has a `total` too, a kernel of kind 'fork' says so:
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
   * Scales a picture by Lanczos's filter, in two passes, each a job. One iteration is one tile of 32 * 32 pixels: the range of
   * pass 0 is [0, ceil(width / 32) * ceil(source_height / 32)], of pass 1 [0, ceil(width / 32) * ceil(height / 32)].
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
  /** The BLAKE3 hash of bytes. One iteration is 16 KiB: the range is [0, max(1, ceil(bytes / 16384))]. */
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
  /** Counts the primes up to a limit. One iteration is 2^19 numbers: the range is [0, floor(limit / 2^19) + 1]. */
  sieve: {
    args: {
      /** The last number to look at, at most 2^32 - 1. */
      limit: number | bigint;
      count?: number | bigint;
    };
    /** The primes found. */
    state: { count: bigint };
  };
  /** An elementary cellular automaton on a ring of cells, a sequential loop. One iteration is one generation. */
  automaton: {
    args: {
      /** Two rings of cells, 64 to a word: generation k is in the first half where k is even, else in the second. */
      cells: BigUint64Array;
      /** 0 to 255. */
      rule: number;
      /** Rows of 32 * cells.length pixels of 4 bytes: generation k is painted on row k modulo rows. */
      image?: Uint32Array;
    };
    state: {};
  };
  /** The Fibonacci number n by its recursion: what a spawn and a join cost. */
  fib: {
    kind: 'fork';
    args: {
      n: number;
      result?: number | bigint;
    };
    state: { result: bigint };
  };
  /** In how many ways n queens, 1 to 16, stand on a board of n by n squares so that none attacks another. */
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
    /** Of no use to the caller. */
    state: { got: number };
  };
  /** The integral of a function, by halving intervals until the halves agree. */
  quadrature: {
    kind: 'fork';
    args: {
      from: number;
      to: number;
      /** Of the result; more than 0. */
      tolerance: number;
      /** 0: sqrt(x), 1: 1 / (1e-4 + x * x), 2: |x - 1/3|, 3: 4 / (1 + x * x). */
      function: 0 | 1 | 2 | 3;
      integral?: number;
    };
    state: { integral: number };
  };
  /** One time step of heat that spreads in a plate. One iteration is one row: the range is [0, height]. */
  heat: {
    args: {
      /** Two plates of width * height: steps with even numbers go from the first to the second, others back. */
      grid: Float64Array;
      width: number;
      height: number;
      step: number;
    };
    state: {};
  };
  /** Time steps of heat, each a loop with all workers. The result is in plate steps % 2 of the grid. */
  stencil: {
    kind: 'fork';
    args: {
      /** Two plates of width * height; it begins in the first. */
      grid: Float64Array;
      width: number;
      height: number;
      steps: number;
      step?: number;
    };
    /** Steps that are done. */
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
  /** Half a step of k-means in the plane: the range's points, and those nearest to each centre summed up. */
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
    /** The sums, x and y in turn, and counts of each centre's points; and the sum of all squared distances. */
    total: { sums: Float64Array; counts: Uint32Array; distance: number };
  };
  /** How many of the range's random points of a square lie in its circle: total.inside / iterations is about pi / 4. */
  pi: {
    args: {
      seed: number | bigint;
    };
    state: {};
    total: { inside: bigint };
  };
}

type Declared<K extends string, Part extends string, Default> = K extends keyof Kernels
  ? Kernels[K] extends { [part in Part]: infer T } ? T : undefined
  : Default;

/** A kernel's arguments: as declared, or anything for one that is not. */
export type ArgumentsOf<K extends string> = K extends keyof Kernels ? Kernels[K]['args'] : { [name: string]: Argument };
/** An array that is copied into shared memory for one job: see copied(). */
export interface Copied<A> {
  readonly array: A | readonly number[] | readonly bigint[];
  readonly back: boolean;
}
type Arrays<T> = Extract<T, SharedArray>;
type Given<T> = [Arrays<T>] extends [never] ? T : T | Copied<Arrays<T>> | (Uint8Array extends T ? string : never);
/**
 * What a post takes for them: an array may be copied() for the job, a u8 array be text, in UTF-8. Fields that belong together, as
 * centre_x and centre_y, may be given as { centre: { x, y } } to a kernel that is not declared.
 */
export type GivenTo<K extends string> = K extends keyof Kernels
  ? { [N in keyof ArgumentsOf<K>]: Given<ArgumentsOf<K>[N]> }
  : { [name: string]: Given<Argument> | { [name: string]: Given<Argument> } };
/** A kernel's state fields: 64-bit integers as BigInt. */
export type StateOf<K extends string> = K extends keyof Kernels ? Kernels[K]['state'] : { [name: string]: number | bigint };

/** The fields of a reduction's accumulator, once it is the total: arrays are copies. undefined for what is no reduction. */
export type TotalOf<K extends string> = Declared<K, 'total', { [name: string]: number | bigint | SharedArray } | undefined>;

/** Pre-emptive: a worker leaves a less urgent job at its next safepoint. */
export type Priority = 'high' | 'normal' | 'low';
export type Mode = 'threads' | 'cooperative';

export interface StartOptions {
  /** Worker threads, 1 to 30. 'auto' (the default): the cores; in a browser with more than two, one less, for the page. */
  workers?: number | 'auto';
  /** Tasks that the runtime holds at a time, 1 to 65535 (256). Further posts wait. */
  taskSlots?: number;
  /** Posts that may wait for a slot (65536); 'auto': as many as `taskSlots`. One more throws a QueueFullError. */
  maxQueue?: number | 'auto';
  /**
   * The order of posts that wait at the same priority: the first posted comes first ('fifo', the default), the last ('lifo'), or the
   * function decides: below 0 for `a`, above for `b`.
   */
  queueOrder?: 'fifo' | 'lifo' | ((a: WaitingPost, b: WaitingPost) => number);
  /** Workers that resize() may ask for, 1 to 30 (`workers`). Each place takes memory for its stack. */
  maxWorkers?: number;
  /** Milliseconds without a job after which the workers' threads are ended, until the next post; Infinity (the default): never. */
  idleTimeout?: number;
  /**
   * While the page is hidden: all workers 'run' (the default), one alone ('slow'), or none ('pause'). Other workers yield at
   * their next safepoint, and their jobs go on later.
   */
  background?: 'run' | 'slow' | 'pause';
  /** Options of Node's `Worker` for each worker: resourceLimits, env, name, stdout, ... Browsers take none. */
  threadOptions?: object;
  /** Each settled job becomes an entry of performance.measure(), in DevTools on the track "Filch" (false). */
  measure?: boolean;
  /** Tells at close(), on the console, of arrays that were not freed, and where they were made (false). */
  debug?: boolean;
  /**
   * Bytes of shared memory, 2^20 to 2^32, in steps of 65536. With a size, start() takes that or fails; without, 256 MiB is
   * tried, then 128, 64, 32: `runtime.memory` tells. The memory never grows.
   */
  memory?: number | WebAssembly.Memory;
  /**
   * The part of a WebAssembly.Memory given as `memory` that the runtime may use: a block that the application which has that memory gave,
   * by its malloc() say, and takes back after close() has resolved. The block is overwritten. The runtime's own memory and alloc()'s arrays
   * are inside the block; kernels get arrays anywhere in the memory, without a copy, and the caller keeps those while jobs use them. The module is then the package's filch-placed.wasm, or one built like it. docs/embed.md.
   */
  region?: { address: number; bytes: number };
  /** Bytes of each worker's stack, 16384 to 16777216 (262144). */
  stackBytes?: number;
  /** The module: its address, its bytes, or itself. Default: the package's filch.wasm. */
  module?: URL | string | ArrayBuffer | ArrayBufferView | WebAssembly.Module;
  /** Milliseconds that workers may take to start (10000). start() goes on with the workers that have started. */
  startLimit?: number;
  /**
   * 'auto' (the default): threads, or else the cooperative mode, and `modeReason` has the reason. 'threads': an error if there can be
   * none. 'cooperative': no workers; kernels run on the owner's thread, in slices.
   */
  mode?: 'auto' | Mode;
  /** Milliseconds of a slice in the cooperative mode (6). */
  frameBudget?: number;
  /** Aborts the start; later it means nothing. */
  signal?: AbortSignal;
}

/** A post that waits for a task slot. */
export interface WaitingPost {
  readonly id: number;
  readonly name: string;
  readonly kernel: string;
  readonly args: { readonly [name: string]: Argument };
  /** As performance.now() counts. */
  readonly posted: number;
}

export interface RestoreOptions {
  /** Shown in events, timelines, messages (the kernel's name). */
  name?: string;
  /** The most urgent job that waits comes first ('normal'). */
  priority?: Priority;
  /** Iterations per chunk, 1 to 2^32 - 1. Left out, the grain tunes itself. */
  grain?: number;
  /** Cancels the job, with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds from the post, more than 0 and at most 2^31 - 1, after which the job is cancelled, with a TimeoutError. */
  timeout?: number;
}

export interface PostOptions<Args = GivenTo<string>> extends RestoreOptions {
  /**
   * The iterations [begin, end): whole numbers, 0 <= begin <= end <= 2^53 - 1. A kernel of kind 'fork' has none, nor a `grain`:
   * they are left out.
   */
  range?: readonly [begin: number, end: number];
  /** May be left out where the kernel needs none. */
  args?: Args;
  /**
   * Jobs of this runtime, at most 16, that the job depends on: the job begins when all dependencies are done, and fails with a
   * DependencyError where one is not. While the job waits its dependencies are at least as urgent.
   */
  after?: Job<any, any, any> | readonly Job<any, any, any>[];
  /**
   * Of a reduction: the total is the same, bit for bit, with any number of workers, in any order; save() takes no other.
   * Costs memory for more accumulators (false).
   */
  deterministic?: boolean;
}

type Needs<Part extends string, T> = {} extends T ? {} : { [part in Part]: T };
type Loop = { range: readonly [begin: number, end: number] };
type Fork = { range?: undefined; grain?: undefined; deterministic?: undefined };

/** PostOptions of one kernel: with options that the kernel requires, and without those that the kernel refuses. */
export type PostOptionsOf<K extends string> = PostOptions<GivenTo<K>> &
  Needs<'args', GivenTo<K>> &
  (K extends keyof Kernels ? (Kernels[K] extends { kind: 'fork' } ? Fork : Loop) : {}) &
  (undefined extends TotalOf<K> ? (K extends keyof Kernels ? { deterministic?: undefined } : {}) : {});

/** Options of postMany(). */
export interface ManyOptions extends RestoreOptions {
  after?: PostOptions['after'];
  /** One loop after the other, instead of any number at a time (false). */
  inOrder?: boolean;
}

/** One of postMany()'s loops. */
export type LoopOf<K extends string> = { range: readonly [begin: number, end: number] } & Needs<'args', GivenTo<K>> & { args?: GivenTo<K> };

/** Options of call(). */
export interface CallOptions extends Omit<RestoreOptions, 'grain'> {
  after?: PostOptions['after'];
  /** Buffers that go with the arguments: here they are empty afterwards. */
  transfer?: readonly ArrayBuffer[];
}

/** Options of ring() and ringPort(). */
export interface RingPortOptions<K extends string = string> {
  /** Of the ring, 256 to 2^30, made a power of two (65536). A record takes 16 more than its own, in steps of 16. */
  bytes?: number;
  /** The kernel's array argument (of u8) that gets the record (the first). */
  into?: string;
  /** The other arguments, the same for all records. */
  args?: Partial<GivenTo<K>>;
  /** One record after the other, as they were sent; one worker at a time (false). */
  ordered?: boolean;
  priority?: Priority;
  name?: string;
}

/** A ring's producer encodes and decodes records. */
export interface RingProducer<In = any, Out = any> {
  /** Writes a value from byte 0 on, and returns the number of bytes, with those that the kernel is to write. The view grows. */
  encode(view: DataView, value: In): number;
  /** Reads the kernel's result: a view of so many bytes, which is another record's afterwards. */
  decode(view: DataView): Out;
  /** 'microtask' (the default): records go in the next microtask. 'manual': at flush(). */
  flush?: 'microtask' | 'manual';
}

export interface Ring<In = any, Out = any> {
  /**
   * Sends a record. Resolves to the kernel's result, decoded. Records wait for space where the ring is full. Rejects with KernelError where
   * the kernel returned a code, QueueFullError where 65536 records wait, ClosedError; with the errors of encode() and decode().
   */
  send(value: In): Promise<Out>;
  /** Records wait for space. */
  readonly needsDrain: boolean;
  /** Resolves when no record waits; also when the ring is closed. */
  ready(): Promise<void>;
  /** Hands over the records, where `flush` is 'manual'. */
  flush(): void;
  /** Takes no records any more. Resolves when all records in the ring have come back; those that wait for space reject with a ClosedError. */
  close(): Promise<void>;
}

/** To be sent by postMessage() to the thread of the producer, for connectRing() of 'filch/ring'. */
export interface RingPort {
  readonly memory: WebAssembly.Memory;
  readonly name: string;
  readonly byMessage: boolean;
  readonly address: number;
  readonly capacity: number;
}

/** Options of map(). */
export type MapOptions<K extends string> = RestoreOptions & {
  /** The array arguments with the elements, and with the result. */
  input?: string;
  output?: string;
  /** The other arguments. */
  args?: Partial<GivenTo<K>>;
  /** ([0, array.length]) */
  range?: readonly [begin: number, end: number];
};

/** Milliseconds. */
export interface Times {
  /** From the post until the first worker began. */
  readonly queued: number;
  /** From then until the last worker had ended. */
  readonly running: number;
}

export interface JobResult<State = StateOf<string>, Total = TotalOf<string>> {
  /** Iterations that ran: all of the range; 1 of a kernel of kind 'fork'. */
  iterations: number;
  /** Numbers of the workers that ran a part of the job. */
  workers: number[];
  times: Times;
  /** The kernel's fields of role `state`. */
  state: State;
  /** Of a reduction. */
  total: Total;
}

/** Of postMany(). */
export interface ManyResult<State = StateOf<string>> {
  /** Loops that ran: all. */
  iterations: number;
  workers: number[];
  times: Times;
  /** Of each loop, its kernel's fields of role `state`. */
  states: State[];
}

/** Of updates(). */
export interface Update {
  readonly progress: number;
  readonly iterations: number;
  readonly status: JobStatus;
}

/** 'paused': by pause(), from then on; a chunk may still run. */
export type JobStatus = 'queued' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed';

/**
 * A posted loop. `await job` gives its result or throws a JobError. A job that no caller awaits is silent, however it ends:
 * no unhandled rejection; its `status` tells.
 */
export interface Job<State = StateOf<string>, Total = TotalOf<string>, Result = JobResult<State, Total>> extends PromiseLike<Result> {
  /** Its number in its runtime, from 1 on. */
  readonly id: number;
  /** Of the post's options, else the kernel's. */
  readonly name: string;
  readonly kernel: string;
  /** The post's arguments, frozen; a restored job's have the arrays that restore() made. */
  readonly args: { readonly [name: string]: Argument };
  readonly status: JobStatus;
  /** The part of its iterations that has finished, 0 to 1. Read from shared memory, without a message. */
  readonly progress: number;
  /**
   * May be set until the job has settled: the job goes behind those that wait at its new priority. An outstanding job is at least as
   * urgent as its dependents. Throws ArgumentError.
   */
  priority: Priority;
  /**
   * Cancels the job: at once while it waits or is paused, else at the end of the chunks that run now. The job rejects with a
   * CancelledError. The first reason counts. A job that has settled, or whose last iteration had finished, is not changed.
   */
  cancel(reason?: unknown): void;
  /**
   * Pauses the job until resume() or cancel(). The job keeps its place, its task slot if it has one, and its timeout. Resolves when no
   * worker runs the job any more; or when the job has settled or was resumed before. A paused job does not settle, though it may have run
   * to its end.
   */
  pause(): Promise<void>;
  /** Lets a paused job go on. */
  resume(): void;
  /**
   * The job as bytes, for restore(): the rest of its loop, its arguments and state, all memory of its arrays, a reduction's
   * accumulators. The job is paused meanwhile, and then goes on, unless it was paused before. Rejects with NotSavableError,
   * OutOfMemoryError.
   */
  save(): Promise<Uint8Array>;
  /** The job's progress now, every `every` milliseconds (100), and when the job has settled. Never throws: await the job for that. */
  updates(options?: { every?: number }): AsyncGenerator<Update, void, void>;
  catch<T = never>(onFail?: ((error: any) => T | PromiseLike<T>) | null): Promise<Result | T>;
  finally(onSettled?: (() => void) | null): Promise<Result>;
}

export type FieldType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64' | 'f32' | 'f64';

export interface KernelSchema {
  /**
   * parallel: iterations in any order; sequential: in order, one worker at a time; fork: no loop, it spawns what may run beside it.
   */
  readonly kind: 'parallel' | 'sequential' | 'fork';
  readonly fields: {
    readonly [name: string]: { readonly role: 'value' | 'array' | 'option' | 'state'; readonly type: FieldType };
  };
  /** Of a reduction: the fields of its accumulator; with a length it is an array. */
  readonly total?: { readonly [name: string]: { readonly type: FieldType; readonly length?: number } };
}

export interface MemoryUse {
  /** Bytes of the whole memory. */
  readonly size: number;
  /** Bytes that alloc() can give in all, gives now, and gave at most. */
  readonly capacity: number;
  readonly used: number;
  readonly peak: number;
  /** Why it is smaller than the default; '' where it is not. */
  readonly reason: string;
}

/** The trace of the workers' chunks, for Perfetto and DevTools. */
export interface Trace {
  readonly running: boolean;
  /**
   * Begins a trace, and forgets the last. `events`: records to keep for each worker, the latest (16384); 32 bytes each, of
   * the memory that alloc() gives out. Throws ArgumentError, OutOfMemoryError.
   */
  start(options?: { events?: number }): void;
  /** Stops, and gives the events: save them as JSON, and open that. Times are microseconds of the owner's performance.now(). */
  stop(): { traceEvents: TraceEvent[]; displayTimeUnit: 'ns' };
}

/** https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU */
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

/** What load() and define() give. */
export interface Plugin {
  /** Names of its kernels. */
  readonly kernels: readonly string[];
  readonly source: string;
}

/** A kernel that was not built with filch.h. In memory its fields stand in this order, each aligned to its size, in 64 bytes at most. */
export interface KernelDescription {
  /** ('parallel') */
  kind?: 'parallel' | 'sequential';
  /** name -> role and type; an array is { u32 address, u32 length }. */
  fields?: { [name: string]: `${'value' | 'array' | 'option' | 'state'} ${FieldType}` };
}

/**
 * A chunk of a JavaScript kernel: the iterations [begin, end). It must not wait. A number from 1 to 65535 fails the job; so does what it
 * throws. `state` in a sequential loop: as the chunk before left it; in a parallel one: 0 at first, and what it is at the end is added.
 */
export type KernelFunction<
  Args = { readonly [name: string]: Argument }, State extends { [name: string]: number | bigint } = { [name: string]: any },
> = (task: { readonly args: Args; readonly state: State; readonly worker: number }, begin: number, end: number) => number | void;

/** An array from alloc(): `using` frees it. */
export type Owned<A> = A & Disposable;

/** Milliseconds; zeros where nothing was counted. Percentiles are right within 9 %. */
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
  /** Each worker's counters (tasks, chunks, iterations, steals, ...), which only grow, and the part of its time that it ran kernels. */
  readonly workers: readonly { readonly utilization: number; readonly [counter: string]: number }[];
  /** The mean of the workers'. */
  readonly utilization: number;
  /** Jobs that have not settled, and of those the ones that wait for a slot. */
  readonly outstanding: number;
  readonly queued: number;
  /** How many have settled, and how. */
  readonly jobs: { readonly done: number; readonly cancelled: number; readonly failed: number };
  /** How long settled jobs ran, and how long they had waited before. */
  readonly runTime: Histogram;
  readonly waitTime: Histogram;
}

/** Detail of the event 'task': a job has settled. Node's diagnostics channels 'filch:post' and 'filch:settle' tell the same. */
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
  /** A worker has been sent to work, after the start. */
  'worker-start': CustomEvent<{ readonly worker: number }>;
  /** A worker has died; another is started in its place. */
  'worker-crash': CustomEvent<{ readonly worker: number; readonly reason: string }>;
}

/**
 * For an array argument: a copy is made in shared memory when the job is posted, and freed when it has settled. With `back`, what the
 * kernel wrote stands in the array when the job is done. Throws ArgumentError.
 */
export function copied<A extends SharedArray>(array: A, options?: { back?: boolean }): Copied<A>;
export function copied(array: readonly number[] | readonly bigint[], options?: { back?: boolean }): Copied<any>;

/** For what a function called by call() returns: buffers, ports, or pictures in it that are moved to the caller, not copied. */
export function transfer<T>(value: T, list: readonly object[]): T;

/** The thread that starts a runtime owns it; nothing here may be called from another, and nothing blocks. */
export class Runtime extends EventTarget {
  private constructor();

  /** Rejects with OptionsError, ModuleError, OutOfMemoryError, CancelledError; in the mode 'threads' also IsolationError, WorkerStartError. */
  static start(options?: StartOptions): Promise<Runtime>;

  /** 'threads': workers share the memory; 'cooperative': the owner's thread works, in slices. */
  readonly mode: Mode;
  /** Why it is cooperative; '' with threads. */
  readonly modeReason: string;
  /** Asked for, at work now (0 in the cooperative mode), and why there are fewer. */
  readonly workers: { readonly asked: number; readonly running: number; readonly reason: string };
  /** Those that post() knows, and their arguments. */
  readonly kernels: { readonly [name: string]: KernelSchema };
  readonly memory: MemoryUse;
  /** What the workers do, to be noted and shown. */
  readonly trace: Trace;

  /**
   * An array in shared memory, zeroed, 64-byte aligned, that stays where it is until free() or close(). `length` in elements.
   * Throws ArgumentError, OutOfMemoryError, ClosedError.
   */
  alloc(type: Uint8ArrayConstructor, length: number): Owned<Uint8Array>;
  alloc(type: Uint8ClampedArrayConstructor, length: number): Owned<Uint8ClampedArray>;
  alloc(type: Int8ArrayConstructor, length: number): Owned<Int8Array>;
  alloc(type: Uint16ArrayConstructor, length: number): Owned<Uint16Array>;
  alloc(type: Int16ArrayConstructor, length: number): Owned<Int16Array>;
  alloc(type: Uint32ArrayConstructor, length: number): Owned<Uint32Array>;
  alloc(type: Int32ArrayConstructor, length: number): Owned<Int32Array>;
  alloc(type: BigUint64ArrayConstructor, length: number): Owned<BigUint64Array>;
  alloc(type: BigInt64ArrayConstructor, length: number): Owned<BigInt64Array>;
  alloc(type: Float32ArrayConstructor, length: number): Owned<Float32Array>;
  alloc(type: Float64ArrayConstructor, length: number): Owned<Float64Array>;

  /** Gives an array's memory back. Throws ForeignMemoryError, FreedMemoryError, MemoryInUseError, ClosedError. */
  free(array: SharedArray): void;

  /**
   * Posts a loop and returns at once. Throws UnknownKernelError, BadRangeError, ArgumentError, ForeignMemoryError,
   * FreedMemoryError, OutOfMemoryError (a reduction's accumulators), QueueFullError, ClosedError.
   */
  post<K extends (keyof Kernels & string) | (string & {})>(kernel: K, options: PostOptionsOf<K>): Job<StateOf<K>, TotalOf<K>>;

  /**
   * Goes on with a job that save() wrote, in this runtime or another that has the same kernel. Its arrays are made anew:
   * `job.args` has them, and they are the caller's, to free when it has settled; one free() for arrays that lay in one. Any bytes may be
   * given: what is no saved job throws a SaveError. Throws also ArgumentError, OutOfMemoryError, QueueFullError, ClosedError.
   */
  restore(bytes: Uint8Array, options?: RestoreOptions): Job;

  /**
   * Many loops of one kernel as one job: one wake-up, one promise; each costs what an iteration does, 10^6 a second and more. Each runs
   * whole, by one worker. Where loops fail, the others run all the same, and the KernelError has `failures` and `states`. Throws what
   * post() does; ArgumentError for a reduction or a kernel of kind 'fork'.
   */
  postMany<K extends (keyof Kernels & string) | (string & {})>(
    kernel: K, loops: readonly LoopOf<K>[], options?: ManyOptions,
  ): Job<StateOf<K>, undefined, ManyResult<StateOf<K>>>;

  /**
   * Calls a function that an ES module exports, on a worker: a task like any other, with a priority, that can be cancelled while it waits. `url`
   * is absolute: new URL('./tasks.js', import.meta.url). Arguments are cloned as by structuredClone(), but for arrays of this runtime's
   * memory, which both sides see; so is what it gives, see transfer(). A function may be asynchronous; its worker runs nothing else until it
   * has ended, and `cancel()` or `timeout` settle the job, but do not end the function: replaceWorker() does.
   *
   * The job rejects with what the function throws, with a PluginError where the module cannot be imported or has no such function, or as any job.
   * Throws ArgumentError, FreedMemoryError, OutOfMemoryError, QueueFullError, ClosedError.
   */
  call<T = any>(url: URL | string, name: string, args?: readonly unknown[], options?: CallOptions): Job<never, undefined, T>;

  /**
   * A ring of small records, from here to a kernel and back, through shared memory: a batch of them is one job, and a record is one iteration, 0,
   * of a loop of its own. Throws ArgumentError, UnknownKernelError, OutOfMemoryError, ClosedError.
   */
  ring<K extends (keyof Kernels & string) | (string & {}), In = any, Out = any>(
    kernel: K, options: RingPortOptions<K> & RingProducer<In, Out>,
  ): Ring<In, Out>;

  /**
   * The same for a producer on another thread: it calls connectRing(port, { encode, decode }) of 'filch/ring'. Its close() ends the ring.
   * close() here tells it to: what is out rejects with ClosedError, and when it has heard of that the memory is given back.
   * `gone`: it never will, for its thread has ended; what it sent still runs.
   */
  ringPort<K extends (keyof Kernels & string) | (string & {})>(kernel: K, options?: RingPortOptions<K>): { readonly port: RingPort; close(options?: { gone?: boolean }): void };

  /** post(), awaited; what that throws it rejects with. */
  run<K extends (keyof Kernels & string) | (string & {})>(kernel: K, options: PostOptionsOf<K>): Promise<JobResult<StateOf<K>, TotalOf<K>>>;

  /**
   * Runs a kernel over an array's elements; a new array of what it wrote to its array argument `output`, of the same length. The
   * elements are in its array argument `input`. Without names these are the first and the next one; where there is one alone, the
   * kernel works in place, on a copy.
   */
  map<A extends SharedArray, K extends (keyof Kernels & string) | (string & {})>(
    kernel: K, array: A | readonly number[], options?: MapOptions<K>,
  ): Promise<A>;

  /** A reduction's total. */
  reduce<K extends (keyof Kernels & string) | (string & {})>(kernel: K, options: PostOptionsOf<K>): Promise<TotalOf<K>>;

  /**
   * Makes the kernels of another module known, while jobs run. Resolves when every worker has them: each comes to a safepoint for that, and
   * goes on; a kernel that comes to none keeps this waiting. A module that was not built with filch.h (AssemblyScript, say) is
   * described by `kernels`; it may have functions (task: i32, args: i32, begin: i64, end: i64): i32, and no data. Rejects with
   * PluginError, ModuleError, OptionsError, OutOfMemoryError, ClosedError.
   */
  load(
    source: URL | string | ArrayBuffer | ArrayBufferView | Response, options?: { kernels?: { [name: string]: KernelDescription } },
  ): Promise<Plugin>;

  /**
   * A kernel in JavaScript: the default export of an ES module, a KernelFunction. It is split, stolen, paused, saved, and cancelled
   * like any other. `url` is absolute: new URL('./kernel.js', import.meta.url). Rejects as load() does.
   */
  define(kernel: string, url: URL | string, description: KernelDescription): Promise<Plugin>;

  /** Lets go of what load() or define() gave. Rejects with PluginInUseError while its jobs are outstanding, ArgumentError, ClosedError. */
  unload(plugin: Plugin): Promise<void>;

  /** Posts find no free slot, and wait. 'drain' comes when none waits any more. */
  readonly needsDrain: boolean;
  /** Resolves when a post finds a free slot. Rejects with ClosedError. */
  ready(): Promise<void>;

  /** What it has done and does. `reset`: the histograms begin anew afterwards. */
  stats(options?: { reset?: boolean }): Stats;

  /**
   * So many workers from now on, 1 to `maxWorkers`. Resolves when that is so: a surplus worker leaves at its next safepoint, and its jobs
   * go on with others; in a kernel that never comes to a safepoint the worker stays. Throws ArgumentError, ClosedError.
   */
  resize(workers: number): Promise<void>;

  addEventListener<T extends keyof RuntimeEvents>(
    type: T, listener: (event: RuntimeEvents[T]) => void, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<T extends keyof RuntimeEvents>(
    type: T, listener: (event: RuntimeEvents[T]) => void, options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;

  /**
   * Terminates a worker and starts another in its place, for a kernel that does not come back. Its jobs fail with a
   * WorkerLostError; in a browser after 3 s. In WebKit, which does not end a thread in a loop, all that is outstanding fails,
   * and the runtime takes no posts any more. Throws ArgumentError, ClosedError.
   */
  replaceWorker(worker: number): void;

  /**
   * Cancels what is outstanding, and ends the workers, after about a second at the latest. `drain`: takes no posts any more, and waits
   * for what is outstanding before, at most `timeout` milliseconds (Infinity). Again: the same promise.
   */
  close(options?: { drain?: boolean; timeout?: number }): Promise<void>;
  /** The same at once: the workers' threads are ended, whatever they do. */
  terminate(): Promise<void>;
  /** close(), for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The base of every error here. `code` never changes; the message says what was wrong and what is allowed. */
export class FilchError extends Error {
  readonly code: string;
}
/** BAD_OPTIONS: of Runtime.start(). */
export class OptionsError extends FilchError {}
/** BAD_ARGUMENT: of post(), alloc(), or another method. */
export class ArgumentError extends FilchError {}
/** BAD_RANGE: of post(). */
export class BadRangeError extends ArgumentError {}
/** UNKNOWN_KERNEL: the module has none of that name, nor has a plug-in. */
export class UnknownKernelError extends ArgumentError {}
/** FOREIGN_MEMORY: an array that is not of this runtime's memory. */
export class ForeignMemoryError extends ArgumentError {}
/** FREED_MEMORY: an array that free() has given back. */
export class FreedMemoryError extends ArgumentError {}
/** BAD_SAVE: restore() of what is no saved job, or of one that cannot go on here. */
export class SaveError extends ArgumentError {}
/** NOT_SAVABLE: save() of a job that has settled, waits for others, is of kind 'fork', or a reduction that is not deterministic. */
export class NotSavableError extends FilchError {
  readonly kernel: string;
  /** Its id. */
  readonly job: number;
  readonly reason: string;
}
/** MEMORY_IN_USE: free() of an array that a job is using. */
export class MemoryInUseError extends FilchError {
  /** The job's id. */
  readonly job: number;
}
/** OUT_OF_MEMORY: `size` bytes were asked for, and `largest` is the largest piece that there is. */
export class OutOfMemoryError extends FilchError {
  readonly size: number;
  readonly largest?: number;
}
/** QUEUE_FULL: `maxQueue` posts wait already, or 65536 records of a ring. */
export class QueueFullError extends FilchError {}
/** STOPPED: the runtime is closed. */
export class ClosedError extends FilchError {}
/** MODULE: it was not found, is no WebAssembly, or does not fit. */
export class ModuleError extends FilchError {
  readonly url?: string;
  /** The HTTP status, or the system's code. */
  readonly status?: number | string;
}
/** NOT_ISOLATED: threads were asked for, and cannot be had here. */
export class IsolationError extends FilchError {}
/** PLUGIN: of load() and define(). */
export class PluginError extends FilchError {
  readonly source: string;
}
/** PLUGIN_IN_USE: unload() while its jobs are outstanding. */
export class PluginInUseError extends FilchError {}
/** WORKER_START: no worker started. */
export class WorkerStartError extends FilchError {}

/** A job that did not finish. */
export class JobError extends FilchError {
  readonly kernel: string;
  /** Its id. */
  readonly job: number;
  /** Iterations that had finished. */
  readonly iterations: number;
}
/** CANCELLED; `name` is 'AbortError'. Runtime.start() rejects with it too, without the fields of a job. */
export class CancelledError extends JobError {
  readonly reason: unknown;
}
/** TIMEOUT; `name` is 'TimeoutError'. The job's status is 'cancelled'. */
export class TimeoutError extends CancelledError {}
/** DEPENDENCY_FAILED: a dependency was cancelled, or failed; `cause` is its error. */
export class DependencyError extends JobError {
  /** The dependency's id. */
  readonly dependency: number;
}
/** KERNEL_FAILED: the kernel returned a code of its own. */
export class KernelError extends JobError {
  /** The code that the kernel returned. */
  readonly failure: number;
  /** The chunk that failed. */
  readonly range: [begin: number, end: number];
  /** Of postMany(): the loops that failed, and the states of all. */
  readonly failures?: { readonly index: number; readonly failure: number }[];
  readonly states?: { [name: string]: number | bigint }[];
}
/** KERNEL_TRAPPED: the kernel trapped, or threw. */
export class KernelTrapError extends JobError {
  /** What the engine said. */
  readonly reason: string;
  readonly range: [begin: number, end: number];
}
/** STACK_OVERFLOW: the kernel overran its worker's stack; `stackBytes` of start() makes it larger. */
export class StackOverflowError extends JobError {
  readonly range: [begin: number, end: number];
}
/** WORKER_LOST: a worker died that ran a part of the job. */
export class WorkerLostError extends JobError {}
/** CORRUPT: shared memory was overwritten. */
export class CorruptError extends JobError {}
