// Stress: each native build for a bounded time. The same few seeds every time, and a fresh one
// that the test's name gives. NIGHTLY=1: ten times as long.

import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { tapTests } from '../tap.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const seconds = process.env.NIGHTLY ? 100 : 10;

/** Of each build: the options that it runs with, one after the other, each from its own seed. */
const builds = {
  stress: [['--seed', '1']],
  'stress-hostile': [
    ['--hostile', '--seed', '2'],
    ['--seed', String(randomInt(1, 2 ** 48 - 1))],
  ],
  'stress-tsan': [
    ['--hostile', '--seed', '3'],
    ['--seed', '5'],
  ],
  'stress-asan': [['--seed', '4']],
};
const env = {
  TSAN_OPTIONS: 'halt_on_error=1 second_deadlock_stack=1 suppressions=',
  ASAN_OPTIONS: 'detect_stack_use_after_return=0', // a dead worker's jmp_buf lives on its own stack
  UBSAN_OPTIONS: 'print_stacktrace=1 halt_on_error=1',
};

for (const [build, runs] of Object.entries(builds)) {
  for (const options of runs) {
    const args = ['--seconds', String(seconds / runs.length), '--limit', '60', ...options];
    await tapTests(`${build} ${options.join(' ')}`, `build/${build}`, args, {
      cwd: root,
      env,
      timeout: (seconds + 120) * 1000,
    });
  }
}
