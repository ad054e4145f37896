/**
 * A plug-in linked to the module: on each thread with the same addresses in memory and in the
 * function table. So a kernel is the same number for all threads.
 *
 * Shapes of a plug-in: 'linked' (clang's -shared: data of its own, placed by the owner), 'plain'
 * (any compiler's: functions, and no data), 'script' (a JavaScript module).
 */
import { textOf } from '../core/guard.js';
import { global } from './imports.js';
import { jsKernelChunk } from './js-kernel.js';
import { libc } from './libc.js';
import { notLinked } from './not-linked.js';
import { isOverrun, overflowed, shareStack } from './stack-limits.js';

/**
 * (module (import "e" "f" (func (param i32 i32 i64 i64) (result i32))) (export "f" (func 0))):
 * makes a JavaScript function one of wasm's.
 */
const ADAPTER = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9, 1, 0x60, 4, 0x7f, 0x7f, 0x7e, 0x7e, 1, 0x7f, 2, 7, 1, 1,
  0x65, 1, 0x66, 0, 0, 7, 5, 1, 1, 0x66, 0, 0,
]);

export const NO_THREAD_LOCALS =
  'it has thread-local variables (_Thread_local), and a plug-in can have none: filch_worker_of(task) tells workers apart';

/** A plug-in may import these of the module's exports, as `env` or `filch`. */
const SHARED = /^filch_(await$|fork_|post_loop$|worker_of$)/;

/** The values of a plug-in's imports: (import) => value, undefined where there is none. */
function importsOf(wasm, memory, { memoryBase = 0, tableBase = 0 }, got) {
  const values = {
    memory,
    __indirect_function_table: wasm.__indirect_function_table,
    __memory_base: global(memoryBase),
    __table_base: global(tableBase),
    __stack_pointer: wasm.__stack_pointer,
    __handle_stack_overflow: overflowed,
  };
  const c = libc(memory);
  const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);
  return ({ module, name }) => {
    if (module === 'GOT.mem') return (got[name] ??= global(0, true));
    if (module === 'Math') return own(Math, name);
    if (module !== 'env' && module !== 'filch') return undefined;
    return own(values, name) ?? (SHARED.test(name) ? wasm[name] : c(name));
  };
}

/** The imports without a value. @returns {string[]} "module.name" */
export function missingImports(module, wasm, memory) {
  const mine = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const valueOf = importsOf(wasm, memory, {}, {});
  return WebAssembly.Module.imports(module)
    .filter((each) => (each.module === 'GOT.mem' ? !mine.has(each.name) : !valueOf(each)))
    .map(({ module: from, name }) => `${from}.${name}`);
}

function instantiate(plugin, wasm, memory) {
  const { module, memoryBase } = plugin;
  const got = Object.create(null);
  const imports = Object.create(null);
  const valueOf = importsOf(wasm, memory, plugin, got);
  for (const each of WebAssembly.Module.imports(module))
    (imports[each.module] ??= Object.create(null))[each.name] = valueOf(each);
  const { exports } = new WebAssembly.Instance(module, imports);
  shareStack(wasm, exports.__set_stack_limits);
  for (const [name, place] of Object.entries(got)) place.value = exports[name].value + memoryBase;
  return exports;
}

/** A kernel's chunk, for wasm. */
const chunkOf = (f) =>
  new WebAssembly.Instance(new WebAssembly.Module(ADAPTER), { e: { f } }).exports.f;

/** Runs a new plug-in's constructors, once for all threads. @returns what the owner asks of it */
function begin(exports, { shape, functions }) {
  if (shape === 'plain') return {};
  if (exports.__tls_size?.value) throw new Error(NO_THREAD_LOCALS);
  exports.__wasm_apply_data_relocs?.();
  exports.__wasm_call_ctors?.();
  const structs = functions.map((name) => exports[`filch_plugin_kernel_${name}`]());
  return { abi: exports.filch_plugin_abi(), structs };
}

/** Makes the function table reach up to `end`, and fills the plug-in's part of it. */
function fill(table, { tableBase, tableSize }, f) {
  const end = tableBase + tableSize;
  if (table.length < end) table.grow(end - table.length);
  for (let i = tableBase; i < end; i++) table.set(i, f);
}

/**
 * Links a plug-in, on this thread. Asynchronous for scripts alone. Until it is linked, and if it
 * cannot be, its kernels throw notLinked().
 *
 * @param {object} plugin { shape, source, tableBase, tableSize, module, memoryBase, bytes, begun,
 *   functions: names of the kernels, in the order of the table, url, fields, kind }. Without a
 *   shape: none. Without `begun` this thread is the first that links it, and sets `begun`: { abi,
 *   structs: addresses of the kernels }
 * @param {() => void} [ran] called after each chunk of a script
 */
export function link(plugin, wasm, memory, ran = () => {}) {
  const { shape, source, tableBase, functions, memoryBase, bytes, begun, url } = plugin;
  const table = wasm.__indirect_function_table;
  let why = 'it was not imported in time';
  const refuse = () => {
    throw notLinked(`${source}: ${why}`);
  };
  const refused = (error) => {
    why = textOf(error);
    throw error;
  };
  fill(table, plugin, chunkOf(refuse));
  if (shape === 'script') {
    const place = (script) => {
      const chunk = jsKernelChunk(script, plugin, wasm, memory);
      const run = (...asked) => {
        const code = chunk(...asked);
        ran();
        return code;
      };
      if (!plugin.isGone) table.set(tableBase, chunkOf(run));
    };
    return import(/* webpackIgnore: true */ /* @vite-ignore */ url).then(place).catch(refused);
  }
  if (!shape) return;
  const pointer = wasm.__stack_pointer;
  const top = pointer.value;
  try {
    // The worker that tried before may have ended in the midst of it.
    if (shape === 'linked' && !begun) new Uint8Array(memory.buffer, memoryBase, bytes).fill(0);
    const exports = instantiate(plugin, wasm, memory);
    if (shape === 'plain') functions.forEach((name, i) => table.set(tableBase + i, exports[name]));
    plugin.begun = begun ?? begin(exports, plugin);
  } catch (error) {
    shareStack(wasm);
    refused(error);
  } finally {
    pointer.value = top; // a trap, or a start function, may leave it anywhere
    isOverrun(wasm);
  }
}

/** Unlinks a plug-in, on this thread; also one whose import goes on. */
export function unlink(plugin, wasm) {
  const { tableBase, tableSize } = plugin;
  plugin.isGone = true;
  for (let i = 0; i < tableSize; i++) wasm.__indirect_function_table.set(tableBase + i, null);
}
