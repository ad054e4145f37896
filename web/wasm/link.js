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

/**
 * (module (import "e" "f" (func (param i32 i32 i64 i64) (result i32))) (export "f" (func 0))):
 * makes a JavaScript function one of wasm's.
 */
const ADAPTER = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9, 1, 0x60, 4, 0x7f, 0x7f, 0x7e, 0x7e, 1, 0x7f, 2, 7, 1, 1,
  0x65, 1, 0x66, 0, 0, 7, 5, 1, 1, 0x66, 0, 0,
]);

/** A plug-in may import these besides memory, table, bases, and the module's own exports. */
const MATH = [
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atan2',
  'atanh',
  'cbrt',
  'cos',
  'cosh',
  'exp',
  'expm1',
  'hypot',
  'log',
  'log10',
  'log1p',
  'log2',
  'pow',
  'sin',
  'sinh',
  'tan',
  'tanh',
];
const f32 =
  (f) =>
  (...numbers) =>
    Math.fround(f(...numbers));
const remainder = (a, b) => a % b;
const LIBM = Object.fromEntries([
  ...MATH.flatMap((name) => [
    [name, Math[name]],
    [`${name}f`, f32(Math[name])],
  ]),
  ['fmod', remainder],
  ['fmodf', f32(remainder)],
]);

/** The value of an import; undefined where there is none. */
function importOf({ module, name }, wasm, { memoryBase = 0, tableBase = 0 }, memory, got) {
  if (module === 'GOT.mem' || module === 'GOT.func') return (got[module][name] ??= global(0, true));
  if (module !== 'env' && module !== 'filch' && module !== 'Math') return undefined;
  switch (name) {
    case 'memory':
      return memory;
    case '__indirect_function_table':
      return wasm.__indirect_function_table;
    case '__memory_base':
      return global(memoryBase);
    case '__table_base':
      return global(tableBase);
    case '__stack_pointer':
      return wasm.__stack_pointer;
    default:
      return /^(filch_(fork_|post_loop$|worker_of$)|mem(cpy|move|set)$)/.test(name) && wasm[name]
        ? wasm[name]
        : LIBM[name];
  }
}

/** The imports without a value. @returns {string[]} "module.name" */
export function missingImports(module, wasm, memory) {
  const got = { 'GOT.mem': {}, 'GOT.func': {} };
  const mine = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  return WebAssembly.Module.imports(module)
    .filter((each) =>
      each.module.startsWith('GOT.')
        ? !mine.has(each.name) || each.module === 'GOT.func'
        : !importOf(each, wasm, {}, memory, got),
    )
    .map(({ module: from, name }) => `${from}.${name}`);
}

function instantiate({ module, memoryBase, tableBase }, wasm, memory) {
  const got = { 'GOT.mem': {}, 'GOT.func': {} };
  const imports = {};
  for (const each of WebAssembly.Module.imports(module)) {
    (imports[each.module] ??= {})[each.name] = importOf(
      each,
      wasm,
      { memoryBase, tableBase },
      memory,
      got,
    );
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  for (const [name, place] of Object.entries(got['GOT.mem']))
    place.value = exports[name].value + memoryBase;
  return exports;
}

/** Makes the function table reach up to `end`. */
function reach(table, end) {
  if (table.length < end) table.grow(end - table.length);
}

/**
 * Links a plug-in, on this thread. Asynchronous for scripts alone: until then, and without the
 * module, their kernels throw.
 *
 * @param {object} plugin { shape, tableBase, tableSize, module, memoryBase, functions: names in the
 *   order of the table, url, fields, kind }
 */
export function link(plugin, wasm, memory) {
  const { shape, tableBase, tableSize, functions } = plugin;
  const table = wasm.__indirect_function_table;
  reach(table, tableBase + tableSize);
  if (shape === 'script') {
    const place = (f) => {
      const adapter = new WebAssembly.Instance(new WebAssembly.Module(ADAPTER), { e: { f } });
      if (!plugin.isGone) table.set(tableBase, adapter.exports.f);
      return {};
    };
    let why = 'it was not imported in time';
    place(() => {
      throw new Error(`${plugin.url}: ${why}`);
    });
    return import(/* webpackIgnore: true */ /* @vite-ignore */ plugin.url)
      .then((script) => place(jsKernelChunk(script, plugin, memory)))
      .catch((error) => {
        why = textOf(error);
        throw error;
      });
  }
  const exports = instantiate(plugin, wasm, memory);
  if (shape === 'plain') functions.forEach((name, i) => table.set(tableBase + i, exports[name]));
  return exports;
}

/** Unlinks a plug-in, on this thread; also one whose import goes on. */
export function unlink(plugin, wasm) {
  const { tableBase, tableSize } = plugin;
  plugin.isGone = true;
  for (let i = 0; i < tableSize; i++) wasm.__indirect_function_table.set(tableBase + i, null);
}
