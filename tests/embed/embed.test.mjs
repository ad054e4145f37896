// Filch inside C programs: native ones, plain and under sanitizers, and Emscripten's applications
// in Node.

import { fileURLToPath } from 'node:url';
import { tapTests } from '../c/tap.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const env = {
  TSAN_OPTIONS: 'halt_on_error=1 second_deadlock_stack=1 suppressions=',
  UBSAN_OPTIONS: 'print_stacktrace=1 halt_on_error=1',
};

for (const program of ['embed', 'embed-tsan', 'embed-asan']) {
  await tapTests(program, `build/${program}`, [], { cwd: root, env, timeout: 60_000 });
}

for (const program of ['embed-pthread', 'embed-main', 'embed-wasm-workers']) {
  const start = `import('./build/${program}.mjs').then(({ default: start }) => start())`;
  await tapTests(`${program} in Node`, process.execPath, ['-e', start], {
    cwd: root,
    timeout: 60_000,
  });
}
