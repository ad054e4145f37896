// The package as npm would publish it, and projects that have installed it. Nothing here asks a
// registry, or reports to one.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { writePackage } from '../../tools/package.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const output = path.join(here, '../../build/package');
export const offline = { ...process.env, npm_config_offline: 'true', NEXT_TELEMETRY_DISABLED: '1' };

/** @returns {Promise<{ file: string, size: number, files: { path: string, size: number }[] }>} */
export async function pack() {
  await mkdir(output, { recursive: true });
  // A folder of its own: test files pack at the same time.
  const folder = await mkdtemp(path.join(tmpdir(), 'filch-package-'));
  await writePackage(folder);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', output], {
    cwd: folder,
    env: offline,
  });
  await rm(folder, { recursive: true });
  const [{ filename, size, files }] = JSON.parse(stdout);
  return { file: path.join(output, filename), size, files };
}

/**
 * A new copy of the page's sources and of a bundler's folder, with the package in node_modules.
 *
 * @param {string} name of the folder
 * @param {{ file: string }} packed
 * @returns its place
 */
export async function project(name, { file }, as = name) {
  const folder = path.join(output, as);
  const installed = path.join(folder, 'node_modules/filch');
  await rm(folder, { recursive: true, force: true });
  await cp(path.join(here, 'app'), folder, { recursive: true });
  await cp(path.join(here, name), folder, { recursive: true });
  // Bundlers look for the root of a project by this file.
  await writeFile(path.join(folder, 'package-lock.json'), '{}');
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', file, '--strip-components=1', '-C', installed]);
  return folder;
}

/** Has the scripts of a project run this Vite: npm's alias of a version. */
export async function linkVite(folder, alias) {
  const bin = path.join(folder, 'node_modules/.bin');
  await mkdir(bin, { recursive: true });
  await symlink(
    path.join(here, '../../node_modules', alias, 'bin/vite.js'),
    path.join(bin, 'vite'),
  );
}

/** Runs the script "build" of a project, with further arguments. */
export async function build(folder, ...args) {
  await run('npm', ['run', 'build', '--', ...args], { cwd: folder, env: offline }).catch(
    (error) => {
      throw new Error(`${error.message}\n${error.stdout}`);
    },
  );
}
