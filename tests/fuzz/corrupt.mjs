// Words of a runtime's memory that a script overwrites while jobs of all sorts run: in child
// processes, each with a real runtime of two workers per round. No process may end, the owner's
// thread may not be in one piece of work for a second, every promise settles, with errors of Filch
// alone, and no rejection or exception goes astray.
//     node tests/fuzz/corrupt.mjs [--count N words] [--seed S] [--jobs N processes]
//     node tests/fuzz/corrupt.mjs --seed S --rounds 1    repeats one round, but for the schedule
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    rounds: { type: 'string' },
  },
});

/** Rounds of a process; the seed of a round is one more than that of the round before. */
const ROUNDS = 10;
/** Milliseconds that a process may take. */
const LIMIT = 600_000;

/** Runs a few rounds in a process. @returns {Promise<{ words, byClose, seeds, failures }>} */
function child(seed, rounds) {
  return new Promise((resolve) => {
    const script = fileURLToPath(new URL('./corrupt-round.mjs', import.meta.url));
    const args = [script, String(seed), String(rounds)];
    const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const late = setTimeout(() => process_.kill('SIGKILL'), LIMIT);
    let [out, err] = ['', ''];
    process_.stdout.on('data', (data) => (out += data));
    process_.stderr.on('data', (data) => (err += data));
    process_.on('close', (code, signal) => {
      clearTimeout(late);
      const lines = out
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      const sum = (what) => lines.reduce((n, line) => n + (line[what] ?? 0), 0);
      const byClose = lines.flatMap(({ seed, mode, byClose }) =>
        byClose.map((what) => ({ seed, mode, what })),
      );
      const failures = lines.flatMap((line) => line.failures ?? []);
      if (code !== 0)
        failures.push(
          `the process of the seeds from ${seed} on ended with ${code ?? signal}, after ${lines.length} rounds: ${err.slice(-1500)}`,
        );
      resolve({
        words: sum('words'),
        byClose,
        promises: sum('promises'),
        failures,
      });
    });
  });
}

const total = { words: 0, promises: 0, byClose: 0, failed: 0 };
let seed = Number(values.seed);
let left = values.rounds === undefined ? Infinity : Number(values.rounds);
async function work() {
  while (left > 0 && (left !== Infinity || total.words < Number(values.count))) {
    const rounds = Math.min(ROUNDS, left);
    left -= rounds;
    const first = seed;
    seed += rounds;
    const { words, promises, byClose, failures } = await child(first, rounds);
    total.words += words;
    total.promises += promises;
    total.byClose += byClose.length;
    total.failed += failures.length;
    for (const failure of failures) console.log(`not ok: ${failure}`);
    for (const { seed, mode, what } of byClose)
      console.log(`# seed ${seed}, ${mode}: ${what} settled by terminate()`);
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
console.log(`${total.promises} promises settled, ${total.byClose} of them by terminate()`);
console.log(`${total.words} words overwritten, ${total.failed} failed`);
process.exitCode = total.failed ? 1 : 0;
