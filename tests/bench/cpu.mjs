// CPU time of a process and all that it started. Linux only: from /proc.

import { readFile, readdir } from 'node:fs/promises';

const numbers = async (folder) => (await readdir(folder).catch(() => [])).filter(Number);
const text = (file) => readFile(file, 'latin1').catch(() => '');

/**
 * Parents by process. The name in a stat line may contain anything but its own closing parenthesis
 * last.
 */
async function parents() {
  const pairs = (await numbers('/proc')).map(async (pid) => {
    const stat = await text(`/proc/${pid}/stat`);
    return [pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]];
  });
  return Promise.all(pairs);
}

/** Threads of the processes below `root`, itself included or not, as paths in /proc. */
export async function threadsBelow(root, { itself = false } = {}) {
  const all = await parents();
  const found = new Set([String(root)]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [pid, parent] of all) if (found.has(parent)) found.add(pid);
  }
  if (!itself) found.delete(String(root));
  const threads = await Promise.all(
    [...found].map(async (pid) =>
      (await numbers(`/proc/${pid}/task`)).map((thread) => `/proc/${pid}/task/${thread}`),
    ),
  );
  return threads.flat();
}

/**
 * Milliseconds of CPU time that the threads have used. schedstat counts nanoseconds; stat knows
 * only hundredths of a second.
 */
export async function cpuTime(threads) {
  const used = await Promise.all(
    threads.map(async (thread) => Number((await text(`${thread}/schedstat`)).split(' ')[0])),
  );
  return used.reduce((sum, ns) => sum + (ns || 0), 0) / 1e6;
}
