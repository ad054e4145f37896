// Filch inside C programs: native ones, plain and under sanitizers.

import { fileURLToPath } from 'node:url';
import { tapTests } from '../tap.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const env = {
  TSAN_OPTIONS: 'halt_on_error=1 second_deadlock_stack=1 suppressions=',
  UBSAN_OPTIONS: 'print_stacktrace=1 halt_on_error=1',
};

for (const program of ['embed', 'embed-tsan', 'embed-asan']) {
  await tapTests(program, `build/${program}`, [], { cwd: root, env, timeout: 60_000 });
}
