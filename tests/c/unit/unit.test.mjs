// The single-threaded facts of the runtime and of the kernels, one named check each.

import { fileURLToPath } from 'node:url';
import { tapTests } from '../tap.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const env = { CMOCKA_MESSAGE_OUTPUT: 'TAP', UBSAN_OPTIONS: 'print_stacktrace=1 halt_on_error=1' };

for (const program of ['unit-runtime', 'unit-kernels', 'unit-kernels-tsan']) {
  await tapTests(program, `build/${program}`, [], { cwd: root, env, timeout: 120_000 });
}
