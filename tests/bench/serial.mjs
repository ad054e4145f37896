// Kernels without the scheduler: an instance of the benchmarks' module with a memory of its own.
// Any thread, pages included.

import { Heap } from '../../web/memory/heap.js';
import { Resources } from '../../web/tasks/resources.js';
import { ARGS_BYTES } from '../../web/wasm/abi.js';
import { textReader } from '../../web/wasm/module.js';
import { pack, readKernels } from '../../web/wasm/schema.js';
import { exportsOf, importsOf } from '../../web/wasm/imports.js';
import { anyStack } from '../../web/wasm/stack-limits.js';

const PAGES = 512; // 32 MiB

/**
 * Copies the arrays among a loop's arguments into shared memory.
 * @param {(Type: Function, n: number) => object} alloc
 */
export function share(args, alloc) {
  const shared = ([name, value]) => {
    if (!ArrayBuffer.isView(value)) return [name, value];
    const array = alloc(value.constructor, value.length);
    array.set(value);
    return [name, array];
  };
  return Object.fromEntries(Object.entries(args).map(shared));
}

export class Serial {
  #wasm;
  #heap;
  #kernels;
  #loops = [];

  constructor(module) {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
    const filch = { now: () => performance.now(), notify() {}, call() {} };
    const imports = importsOf(memory, filch);
    this.#wasm = exportsOf(new WebAssembly.Instance(module, imports), imports);
    anyStack(this.#wasm);
    this.#wasm._initialize?.();
    this.#heap = new Heap(
      memory,
      this.#wasm.filch_host_region_base(),
      memory.buffer.byteLength,
      {},
    );
    this.#kernels = readKernels(this.#wasm, textReader(memory)).kernels;
  }

  /** @param {{ kernel: string, args: object }} loop @returns {number} its number for run() */
  prepare({ kernel: name, args }) {
    const kernel = this.#kernels.get(name);
    const alloc = (Type, n) => this.#heap.alloc(Type, n);
    const packed = new Uint8Array(ARGS_BYTES);
    pack(kernel, share(args, alloc), {
      heap: this.#heap,
      into: new DataView(packed.buffer),
      resources: new Resources(),
    });
    const address = alloc(Uint8Array, packed.length);
    address.set(packed);
    return this.#loops.push({ kernel: kernel.index, args: address.byteOffset }) - 1;
  }

  /** Runs [begin, end) in one call. @returns {number} milliseconds */
  run({ loop, begin, end }) {
    const { kernel, args } = this.#loops[loop];
    const start = performance.now();
    const code = this.#wasm.bench_serial(kernel, args, begin, end);
    const time = performance.now() - start;
    if (code) throw new Error(`the kernel returned its code ${code}`);
    return time;
  }

  /**
   * Runs a part of [0, end): takes `chunk` iterations at a time off a counter that it shares with
   * other threads.
   */
  share({ loop, end, chunk, counter }) {
    const { kernel, args } = this.#loops[loop];
    for (let begin; (begin = Atomics.add(counter, 0, chunk)) < end; ) {
      const code = this.#wasm.bench_serial(kernel, args, begin, Math.min(begin + chunk, end));
      if (code) throw new Error(`the kernel returned its code ${code}`);
    }
  }

  /**
   * V8 runs a loop in its baseline tier until the call returns: many short calls get it the
   * optimised code.
   */
  warm({ loop, end, ms }) {
    const limit = performance.now() + ms;
    for (let n = 1; performance.now() < limit; )
      n = this.run({ loop, begin: 0, end: n }) < 1 ? Math.min(2 * n, end) : n;
  }
}
