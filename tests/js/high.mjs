// Runtimes with addresses from 2 GiB on. 'heap': of the heap, whose first 2 GiB are taken; 'all':
// of all that the runtime has, which lies in a region there. See tiers/addresses.test.mjs. This
// file imports nothing: processes that look like a page use it, too.

export const TAKEN = 2 ** 31;

/** Runtime -> the array that takes the heap's first 2 GiB. Its pages are never touched. */
const fillers = new WeakMap();

/** Whether `bytes` is a size of memory that fits above 2 GiB. */
const fits = (bytes) => Number.isInteger(bytes) && bytes >= 2 ** 20 && bytes <= TAKEN;

/** A memory with room for so many bytes from 2 GiB on. */
export function highMemory(bytes) {
  const pages = Math.ceil((TAKEN + bytes) / 65536);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/**
 * Runtime.start(), with addresses as `high` says where the option "memory" is a number; and
 * `memory` of the runtime is as if nothing was taken.
 *
 * @param {'heap' | 'all' | undefined} high
 * @param {typeof Uint8Array} Bytes of the package's realm
 */
export async function startHigh(Runtime, options, high, Bytes = Uint8Array) {
  const { memory: bytes = 2 ** 28, debug } = options; // as without the option
  const isReported = high === 'heap' && debug; // the array that takes the memory
  if (!high || !fits(bytes) || isReported || !globalThis.WebAssembly) return Runtime.start(options);
  if (high === 'all')
    return Runtime.start({
      ...options,
      memory: highMemory(bytes),
      region: { address: TAKEN, bytes },
    });
  const runtime = await Runtime.start({ ...options, memory: TAKEN + bytes });
  fillers.set(runtime, runtime.alloc(Bytes, TAKEN));
  const memory = Object.getOwnPropertyDescriptor(Runtime.prototype, 'memory').get;
  Object.defineProperty(runtime, 'memory', {
    get: () => {
      const { reason, ...sizes } = memory.call(runtime);
      for (const name of Object.keys(sizes)) sizes[name] -= TAKEN;
      return { ...sizes, reason };
    },
  });
  return runtime;
}

/**
 * The memory in front of the heap: the module's data, and the runtime's region.
 *
 * @param {ArrayBufferView} first the heap's first array
 */
export function beforeHeap(runtime, first, high) {
  const { buffer, byteOffset } = fillers.get(runtime) ?? first;
  const begin = high === 'all' ? TAKEN : 0;
  return new Uint8Array(buffer, begin, byteOffset - begin);
}

/** The heap, but for what is taken. @param {ArrayBufferView} first as above */
export function heapOf(runtime, first) {
  const filler = fillers.get(runtime);
  return new Uint8Array(first.buffer, filler ? filler.byteOffset + TAKEN : first.byteOffset);
}
