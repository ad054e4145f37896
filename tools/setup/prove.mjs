// One tiny program per compiler and kind of build. A broken compiler fails here, with a sentence,
// rather than later in the middle of a build; and Emscripten builds and caches its system libraries
// on the way.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bin, read, run, say, SetupError, tools, write } from './util.mjs';

const kernel = `#include <stdatomic.h>
#include <stdlib.h>
#include <math.h>
static _Atomic int count;
__attribute__((export_name("bump"))) int bump(int n) {
  void *p = malloc((size_t)n);
  if (p) count += n + (int)floor(sin((double)n) * 0.0);
  free(p);
  return count;
}
`;
const plain = `static _Atomic int count;
__attribute__((export_name("bump"))) int bump(int n) { count += n; return count; }
`;
const native = `#include <pthread.h>
#include <stdatomic.h>
static _Atomic int count;
static void *work(void *unused) { count++; return unused; }
int main(void) { pthread_t t; pthread_create(&t, 0, work, 0); count++; pthread_join(t, 0); return count != 2; }
`;
const unit = `#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
static void adds(void **state) { (void)state; assert_int_equal(1 + 1, 2); }
int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(adds) };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
`;
const fuzz = `#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return size && data[0] == 'x' ? -1 : 0; }
`;

/**
 * Throws unless both compilers make wasm that runs. Native test builds may lack something where
 * clang is the machine's own (`strict` false): the answer names it, and tests that need it are
 * skipped.
 */
export async function prove(strict) {
  const folder = join(tools, 'prove'),
    at = (name) => join(folder, name);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ kernel, plain, native, unit, fuzz }))
    write(at(`${name}.c`), text);
  const threads = ['-matomics', '-mbulk-memory'],
    shared = '-Wl,--import-memory,--shared-memory,--max-memory=16777216';
  const clang = (...args) => run(join(bin, 'clang'), args, { cwd: folder });
  const emcc = (...args) => run(join(bin, 'emcc'), args, { cwd: folder });

  await clang(
    '--target=wasm32',
    ...threads,
    '-O2',
    '-nostdlib',
    '-Wl,--no-entry',
    shared,
    'plain.c',
    '-o',
    'plain.wasm',
  );
  callBump(read(at('plain.wasm'), null), 'clang');

  const missing = [];
  for (const [what, name, ...flags] of [
    ['thread sanitizer', 'native', '-fsanitize=thread'],
    ['address sanitizer', 'native', '-fsanitize=address,undefined'],
    ['cmocka', 'unit', '-lcmocka', `-Wl,-rpath,${join(tools, 'lib')}`],
    ['fuzzer', 'fuzz', '-fsanitize=fuzzer'],
  ]) {
    try {
      await clang('-g', '-O1', `${name}.c`, ...flags, '-pthread', '-o', name);
      await run(at(name), name === 'fuzz' ? ['-runs=10'] : []);
    } catch (error) {
      if (strict) throw error;
      missing.push(what);
    }
  }
  if (missing.length)
    say(`this clang has no ${missing.join(', no ')} here: the tests that need it are skipped`);

  say('Emscripten builds its system libraries (the first time, half a minute or more)');
  await emcc(
    '-O3',
    '-sWASM_WORKERS',
    '-sSTANDALONE_WASM',
    '--no-entry',
    '-sIMPORTED_MEMORY=1',
    '-sDEFAULT_TO_CXX=0',
    ...threads,
    '-msimd128',
    'kernel.c',
    '-o',
    'kernel.wasm',
  );
  callBump(read(at('kernel.wasm'), null), 'emcc');
  rmSync(folder, { recursive: true });
  return missing;
}

function callBump(bytes, compiler) {
  const module = new WebAssembly.Module(bytes),
    imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] =
      kind === 'memory'
        ? new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true })
        : () => 0;
  }
  // Throws if the memory is not imported as shared.
  const { exports } = new WebAssembly.Instance(module, imports);
  exports._initialize?.();
  if (exports.bump(2) + exports.bump(3) !== 7)
    throw new SetupError(`${compiler} made a module that computes wrongly`);
}
