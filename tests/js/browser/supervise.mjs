// Child processes that never outlive this one, whatever its end.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// The shell leads a process group and reads a pipe that only this process holds. When this process
// closes the pipe, or dies, the read ends, and the shell ends the whole group: by SIGTERM, so that
// an X server removes its lock, and after two seconds at most by SIGKILL. The shell removes the
// folder. The trap keeps the shell alive through its own SIGTERM; unlike an ignored signal a trap
// is not inherited.
const SUPERVISOR = `
folder=$1
shift
trap : TERM
"$@" &
read -r _
kill -TERM 0
for _ in 1 2 3 4 5 6 7 8 9 10; do
  kill -0 $! 2>/dev/null || break
  sleep 0.2
done
rm -rf "$folder"
kill -KILL 0`;

/** An empty folder that `supervise` gives to a command, and removes at the end. */
export function temporaryFolder() {
  return mkdtempSync(path.join(os.tmpdir(), 'filch-browser-'));
}

/**
 * Starts a command. The command and its children end with `stop()` or with this process.
 *
 * @param {string[]} command
 * @param {object} [options]
 * @param {object} [options.env]
 * @param {string} [options.folder] removed at the end
 * @returns {{ stdout: import('node:stream').Readable, errors(): string, stop(): Promise<void> }}
 *   `errors()` is the last text on stderr.
 */
export function supervise(command, { env = process.env, folder = '' } = {}) {
  const child = spawn('/bin/sh', ['-c', SUPERVISOR, 'supervisor', folder, ...command], {
    detached: true,
    env,
    stdio: 'pipe',
  });
  const exited = once(child, 'exit');
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-2000);
  });
  // A test that forgets stop() must not keep this process running. The end of this process stops
  // the child as well.
  for (const handle of [child, ...child.stdio]) handle.unref();

  return {
    stdout: child.stdout,
    errors: () => stderr.trim(),
    async stop() {
      child.ref();
      child.stdin.end();
      await exited;
    },
  };
}
