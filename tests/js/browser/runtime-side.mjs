// Shared by tests of the runtime in a page.
import { Runtime } from '/index.js';

export const TEST_MODULE = new URL('/filch-test.wasm', location.href);

/** The range of a loop that runs for days: tests cancel that loop. */
export const ENDLESS = [0, 2 ** 53 - 1];

export function equal(found, wanted, what) {
  const [a, b] = [found, wanted].map((value) =>
    JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)),
  );
  if (a !== b) throw new Error(`${what}: ${a}, expected ${b}`);
}

export function ensure(holds, what) {
  if (!holds) throw new Error(what);
}

export async function rejection(promise, what) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what} did not reject`);
}

export async function withRuntime(options, body) {
  const runtime = await Runtime.start({ module: TEST_MODULE, workers: 2, ...options });
  try {
    return await body(runtime);
  } finally {
    await runtime.close();
  }
}

export async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Holds workers inside a kernel until open(). */
export class Gate {
  constructor(runtime) {
    this.runtime = runtime;
    this.words = runtime.alloc(Uint32Array, 2);
  }

  /** Iterations that stand at the gate. */
  get reached() {
    return Atomics.load(this.words, 1);
  }

  post(options) {
    return this.runtime.post('gate', { range: [0, 1], args: { gate: this.words }, ...options });
  }

  open() {
    Atomics.store(this.words, 0, 1);
  }
}

/**
 * { saved, result, scale } of a job that was saved halfway, and then went on. post(scale) posts a
 * job that takes the longer the larger the scale, so that the job is not over before its pause.
 */
export async function savedHalfway(post) {
  for (let scale = 1; ; scale *= 2) {
    const job = post(scale);
    await until(() => job.progress > 0);
    await job.pause();
    const saved = job.progress < 1 && (await job.save());
    job.resume();
    const result = await job;
    if (saved) return { saved, result, scale };
  }
}
