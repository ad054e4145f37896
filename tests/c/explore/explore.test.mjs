// The explorer's cases: every schedule within each case's bounds, and random walks beyond them. NIGHTLY=1: wider bounds.

import { fileURLToPath } from 'node:url';
import { tapTests } from '../tap.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const [args, minutes] = process.env.NIGHTLY ? [['--nightly'], 180] : [[], 15];

await tapTests('explore', 'build/explore', args, { cwd: root, timeout: minutes * 60_000 });
for (const cases of ['priority:', 'fork: yielded']) {
  await tapTests(
    `explore, three priorities, ${cases}`,
    'build/explore-priorities',
    ['--case', cases, ...args],
    { cwd: root, timeout: minutes * 60_000 },
  );
}
