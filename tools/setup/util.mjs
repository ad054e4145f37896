// Shared by every part of the bootstrap: places, messages, and runs of programs.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const tools = join(root, '.tools');
export const bin = join(tools, 'bin');

/** An expected failure: one sentence for a person, with a command that helps. */
export class SetupError extends Error {}

export const say = (text) => console.log(`setup: ${text}`);

export function read(file, encoding = 'utf8') {
  try {
    return readFileSync(file, encoding);
  } catch {
    return null;
  }
}

export function write(file, text, mode) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  if (mode) chmodSync(file, mode);
}

export const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/**
 * Runs a program to its end and returns the output, or null where the program is absent, fails, or
 * takes too long.
 */
export function ask(command, args, { seconds = 60, ...options } = {}) {
  const done = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: seconds * 1000,
    ...options,
  });
  return done.status === 0 ? done.stdout : null;
}

/** Runs a program quietly; if the program fails, the end of its output becomes the error. */
export function run(command, args, options = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let out = '',
      all = '';
    child.stdout.on('data', (data) => {
      out += data;
      all += data;
    });
    child.stderr.on('data', (data) => {
      all += data;
    });
    child.on('error', failed);
    child.on('close', (code) =>
      code === 0
        ? done(out)
        : failed(
            new SetupError(
              `${command} ${args[0] ?? ''} failed (${code}): ${all.trim().split('\n').slice(-6).join('\n  ')}`,
            ),
          ),
    );
  });
}

/** The first executable of that name on PATH; our own entry points do not count. */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (!folder || resolve(folder) === bin) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      /* the next folder */
    }
  }
  return null;
}

const parts = (version) =>
  version
    .split(/[^0-9]+/)
    .filter(Boolean)
    .map(Number);

function compare(a, b) {
  const x = parts(a),
    y = parts(b);
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) - (y[i] ?? 0);
  }
  return 0;
}

export const inRange = (version, [lowest, refused]) =>
  compare(version, lowest) >= 0 && compare(version, refused) < 0;

/**
 * Fills .tools/<name> once for each key. The folder is filled under another name and renamed at the
 * end, so that an interrupted run leaves nothing that looks finished.
 */
export async function once(name, key, fill) {
  const folder = join(tools, name),
    mark = join(folder, '.key');
  if (read(mark) === key) return folder;
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  await fill(fresh);
  write(join(fresh, '.key'), key);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return folder;
}

/**
 * An entry point in .tools/bin (or wherever `file` says). A shell script, because that costs a
 * millisecond; the script finds its neighbours from its own place, so that a checkout may be moved.
 */
export function entry(file, body) {
  const up = dirname(file)
    .slice(tools.length)
    .split('/')
    .filter(Boolean)
    .map(() => '..')
    .join('/');
  write(file, `#!/bin/sh\ntools=$(cd "\${0%/*}/${up}" && pwd -P)\n${body}\n`, 0o755);
}
