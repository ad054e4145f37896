// The project's own files: what git tracks or would track, and nothing that is built or fetched.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** @returns {string[]} Their paths, from the root of the project. */
export function listFiles(...under) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...under];
  const names = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  return [...new Set(names)].filter((name) => name && existsSync(root + name)).sort();
}

/** @returns {Map<string, string>} Path -> text, of files with these endings. */
export const readFiles = (under, ends) =>
  new Map(
    listFiles(...under)
      .filter((path) => ends.some((end) => path.endsWith(end)))
      .map((path) => [path, readFileSync(root + path, 'utf8')]),
  );
