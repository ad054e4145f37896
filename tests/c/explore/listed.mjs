// The explorer's cases that `make test` runs whole, by the program that runs them.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The names of a program's cases, all or those that begin so. */
const casesOf = (program, ...begin) =>
  execFileSync(`build/${program}`, ['--list', ...begin.flatMap((text) => ['--case', text])], {
    cwd: root,
  })
    .toString()
    .trim()
    .split('\n');

export const explored = {
  explore: casesOf('explore'),
  // The cases that are about priorities.
  'explore-priorities': [
    ...casesOf('explore-priorities', 'priority:'),
    ...casesOf('explore-priorities', 'fork: yielded'),
  ],
};
