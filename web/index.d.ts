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
    /** Of no use to anybody. */
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
/** A kernel's state fields: 64-bit integers as BigInt. */
export type StateOf<K extends string> = K extends keyof Kernels ? Kernels[K]['state'] : { [name: string]: number | bigint };

/** The fields of a reduction's accumulator, once it is the total: arrays are copies. undefined for what is no reduction. */
export type TotalOf<K extends string> = Declared<K, 'total', { [name: string]: number | bigint | SharedArray } | undefined>;

export type Priority = 'high' | 'normal' | 'low';
export type Mode = 'threads' | 'cooperative';

export interface StartOptions {
  /** Worker threads, 1 to 30. 'auto' (the default): the cores; in a browser with more than two, one less, for the page. */
  workers?: number | 'auto';
  /** Tasks that the runtime holds at a time, 1 to 65535 (256). Further posts wait. */
  taskSlots?: number;
  /** Posts that may wait for a slot (65536). One more throws a QueueFullError. */
  maxQueue?: number;
  /**
   * Bytes of shared memory, 2^20 to 2^32, in steps of 65536. Given, it is had or start() fails; without, 256 MiB is tried, then
   * 128, 64, 32: `runtime.memory` tells. It never grows.
   */
  memory?: number;
  /** Bytes of each worker's stack, 16384 to 16777216 (262144). */
  stackBytes?: number;
  /** The module: its address, its bytes, or itself. Default: the package's filch.wasm. */
  module?: URL | string | ArrayBuffer | ArrayBufferView | WebAssembly.Module;
  /** Milliseconds that workers may take to start (10000). start() goes on with those that came. */
  startLimit?: number;
  /**
   * 'auto' (the default): threads, or else the cooperative mode, and `modeReason` says why. 'threads': an error if there can be
   * none. 'cooperative': no workers; the owner's thread works in slices.
   */
  mode?: 'auto' | Mode;
  /** Milliseconds of a slice in the cooperative mode (6). */
  frameBudget?: number;
  /** Aborts the start; later it means nothing. */
  signal?: AbortSignal;
}

export interface RestoreOptions {
  /** Which comes first where several wait ('normal'). */
  priority?: Priority;
  /** Iterations per chunk, 1 to 2^32 - 1. Left out, it tunes itself. */
  grain?: number;
  /** Cancels the job, with the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds from the post, more than 0 and at most 2^31 - 1, after which it is cancelled, with a TimeoutError. */
  timeout?: number;
}

export interface PostOptions<Args = ArgumentsOf<string>> extends RestoreOptions {
  /**
   * The iterations [begin, end): whole numbers, 0 <= begin <= end <= 2^53 - 1. A kernel of kind 'fork' has none, nor a `grain`:
   * they are left out.
   */
  range?: readonly [begin: number, end: number];
  /** May be left out where the kernel needs none. */
  args?: Args;
  /**
   * Jobs of this runtime, at most 16, that it comes after: it begins when all of them are done, and fails with a DependencyError
   * where one is not. While it waits they are at least as urgent as it is.
   */
  after?: Job<any, any> | readonly Job<any, any>[];
  /**
   * Of a reduction: the total is the same, bit for bit, whoever runs what, and with any number of workers; save() takes no other.
   * It costs memory for more accumulators (false).
   */
  deterministic?: boolean;
}

type Needs<Part extends string, T> = {} extends T ? {} : { [part in Part]: T };
type Loop = { range: readonly [begin: number, end: number] };
type Fork = { range?: undefined; grain?: undefined; deterministic?: undefined };

/** PostOptions with what the kernel needs required, and what it does not take refused. */
export type PostOptionsOf<K extends string> = PostOptions<ArgumentsOf<K>> &
  Needs<'args', ArgumentsOf<K>> &
  (K extends keyof Kernels ? (Kernels[K] extends { kind: 'fork' } ? Fork : Loop) : {}) &
  (undefined extends TotalOf<K> ? (K extends keyof Kernels ? { deterministic?: undefined } : {}) : {});

export interface JobResult<State = StateOf<string>, Total = TotalOf<string>> {
  /** Iterations that ran: all of the range; 1 of a kernel of kind 'fork'. */
  iterations: number;
  /** Numbers of the workers that ran a part of it. */
  workers: number[];
  /** The kernel's fields of role `state`. */
  state: State;
  /** Of a reduction: what it came to. */
  total: Total;
}

/** 'paused': by pause(), from then on; a chunk may still run. */
export type JobStatus = 'queued' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed';

/**
 * A posted loop. `await job` gives its result or throws a JobError. A job that nobody awaits is silent, however it ends: no
 * unhandled rejection; its `status` tells.
 */
export interface Job<State = StateOf<string>, Total = TotalOf<string>> extends PromiseLike<JobResult<State, Total>> {
  /** Its number in its runtime, from 1 on. */
  readonly id: number;
  readonly kernel: string;
  /** The arguments that it was posted with, frozen; a restored job's have the arrays that were made for it. */
  readonly args: { readonly [name: string]: Argument };
  readonly status: JobStatus;
  /** The part of its iterations that has finished, 0 to 1. Read from shared memory, without a message. */
  readonly progress: number;
  /**
   * May be set until it has settled: it goes behind what waits at its new priority. Outstanding, it is at least as urgent as what
   * comes after it. Throws ArgumentError.
   */
  priority: Priority;
  /**
   * Cancels it: at once while it waits or is paused, else at the end of the chunks that run now. It rejects with a
   * CancelledError. The first reason counts. A job that has settled, or whose last iteration had finished, is not changed.
   */
  cancel(reason?: unknown): void;
  /**
   * Keeps it from being worked on until resume() or cancel(); it keeps its place, its task slot if it has one, and its timeout.
   * Resolves when no worker works on it any more; or when it has settled or was resumed before. While it is paused it does not
   * settle, though it may have run to its end.
   */
  pause(): Promise<void>;
  /** Lets a paused job go on. */
  resume(): void;
  /**
   * The job as bytes, for restore(): what is left of its loop, its arguments and state, all memory of the arrays that it uses, a
   * reduction's accumulators. It stands still meanwhile, and then goes on, unless it is paused. Rejects with NotSavableError,
   * OutOfMemoryError.
   */
  save(): Promise<Uint8Array>;
  catch<T = never>(onFail?: ((error: any) => T | PromiseLike<T>) | null): Promise<JobResult<State, Total> | T>;
  finally(onSettled?: (() => void) | null): Promise<JobResult<State, Total>>;
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

/** What the workers did, chunk by chunk, for Perfetto and DevTools. */
export interface Trace {
  readonly running: boolean;
  /**
   * Begins to note, and forgets what was noted before. `events`: records to keep for each worker, the latest (16384); 32 bytes each, of
   * the memory that alloc() gives out. Throws ArgumentError, OutOfMemoryError.
   */
  start(options?: { events?: number }): void;
  /** Stops, and gives what was noted: save it as JSON, and open that. Times are microseconds of the owner's performance.now(). */
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

/** The thread that starts a runtime owns it; nothing here may be called from another, and nothing blocks. */
export class Runtime {
  private constructor();

  /** Rejects with OptionsError, ModuleError, OutOfMemoryError, CancelledError; in the mode 'threads' also IsolationError, WorkerStartError. */
  static start(options?: StartOptions): Promise<Runtime>;

  readonly mode: Mode;
  /** Why it is cooperative; '' with threads. */
  readonly modeReason: string;
  /** Asked for, at work now (0 in the cooperative mode), and why there are fewer. */
  readonly workers: { readonly asked: number; readonly running: number; readonly reason: string };
  readonly kernels: { readonly [name: string]: KernelSchema };
  readonly memory: MemoryUse;
  readonly trace: Trace;

  /**
   * An array in shared memory, zeroed, 64-byte aligned, that stays where it is until free() or close(). `length` in elements.
   * Throws ArgumentError, OutOfMemoryError, ClosedError.
   */
  alloc(type: Uint8ArrayConstructor, length: number): Uint8Array;
  alloc(type: Uint8ClampedArrayConstructor, length: number): Uint8ClampedArray;
  alloc(type: Int8ArrayConstructor, length: number): Int8Array;
  alloc(type: Uint16ArrayConstructor, length: number): Uint16Array;
  alloc(type: Int16ArrayConstructor, length: number): Int16Array;
  alloc(type: Uint32ArrayConstructor, length: number): Uint32Array;
  alloc(type: Int32ArrayConstructor, length: number): Int32Array;
  alloc(type: BigUint64ArrayConstructor, length: number): BigUint64Array;
  alloc(type: BigInt64ArrayConstructor, length: number): BigInt64Array;
  alloc(type: Float32ArrayConstructor, length: number): Float32Array;
  alloc(type: Float64ArrayConstructor, length: number): Float64Array;

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

  /** Each worker's counters by name (tasks, chunks, iterations, steals, ...); all of them only grow. */
  stats(): { [counter: string]: number }[];

  /**
   * Terminates a worker and starts another in its place, for a kernel that does not come back. Its jobs fail with a
   * WorkerLostError; in a browser after 3 s. In WebKit, which does not end a thread in a loop, all that is outstanding fails,
   * and the runtime takes no posts any more. Throws ArgumentError, ClosedError.
   */
  replaceWorker(worker: number): void;

  /** Cancels what is outstanding, and ends the workers, after about a second at the latest. Again: the same promise. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The base of every error here. `code` never changes; the message says what was wrong and what is allowed. */
export class FilchError extends Error {
  readonly code: string;
}
/** BAD_OPTIONS: of Runtime.start(). */
export class OptionsError extends FilchError {}
/** BAD_ARGUMENT */
export class ArgumentError extends FilchError {}
/** BAD_RANGE */
export class BadRangeError extends ArgumentError {}
/** UNKNOWN_KERNEL */
export class UnknownKernelError extends ArgumentError {}
/** FOREIGN_MEMORY: an array that is not of this runtime's memory. */
export class ForeignMemoryError extends ArgumentError {}
/** FREED_MEMORY */
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
/** OUT_OF_MEMORY; bytes. */
export class OutOfMemoryError extends FilchError {
  readonly size: number;
  readonly largest?: number;
}
/** QUEUE_FULL */
export class QueueFullError extends FilchError {}
/** STOPPED: the runtime is closed. */
export class ClosedError extends FilchError {}
/** MODULE */
export class ModuleError extends FilchError {
  readonly url?: string;
  /** The HTTP status, or the system's code. */
  readonly status?: number | string;
}
/** NOT_ISOLATED */
export class IsolationError extends FilchError {}
/** WORKER_START */
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
/** DEPENDENCY_FAILED: a job that it was to come after was cancelled, or failed. `cause` is how. */
export class DependencyError extends JobError {
  /** That job's id. */
  readonly dependency: number;
}
/** KERNEL_FAILED */
export class KernelError extends JobError {
  /** The code that the kernel returned. */
  readonly failure: number;
  /** The chunk that failed. */
  readonly range: [begin: number, end: number];
}
/** KERNEL_TRAPPED */
export class KernelTrapError extends JobError {
  /** What the engine said. */
  readonly reason: string;
  readonly range: [begin: number, end: number];
}
/** STACK_OVERFLOW */
export class StackOverflowError extends JobError {
  readonly range: [begin: number, end: number];
}
/** WORKER_LOST */
export class WorkerLostError extends JobError {}
/** CORRUPT */
export class CorruptError extends JobError {}
