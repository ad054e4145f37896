// Runs many simulations on all cores: node tests/js/simulation/simulate.mjs --count 1000 --seed 1
//
// Odd parts run like Node, even ones like a browser. The last line is `N seeds, N failed`.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const run = fileURLToPath(new URL('./run.mjs', import.meta.url));
const KINDS = ['node', 'browser'];
/** Seeds of one process, at most. */
const PART = 2000;

/** @returns {Promise<{ text: string, seeds: number, failed: number }>} of one process */
function part(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [run, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
    child.on('close', (code) => {
      const [, seeds, failed] = /(\d+) seeds, (\d+) failed, hash \w+\n$/.exec(text) ?? [0, 0, 1];
      const wrong = code && !Number(failed);
      resolve({ text, seeds: Number(seeds), failed: wrong ? 1 : Number(failed) });
    });
  });
}

/** Runs `count` seeds from `first` on. @returns {Promise<{ seeds: number, failed: number }>} */
export async function simulate(count, first, { more = [], tell = () => {} } = {}) {
  const size = Math.max(1, Math.min(PART, Math.ceil(count / 2 / availableParallelism())));
  const parts = [];
  for (let seed = first, i = 0; seed < first + count; seed += size, i++) {
    const seeds = Math.min(size, first + count - seed);
    parts.push(['--seed', seed, '--count', seeds, '--like', KINDS[i % KINDS.length], ...more]);
  }
  const sum = { seeds: 0, failed: 0 };
  const worker = async () => {
    for (let args; (args = parts.shift()); ) {
      const { text, seeds, failed } = await part(args.map(String));
      sum.seeds += seeds;
      sum.failed += failed;
      if (failed) tell(text);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return sum;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { count: { type: 'string' }, seed: { type: 'string' } },
    allowPositionals: true,
  });
  const [count, seed] = [Number(values.count ?? 1000), Number(values.seed ?? 1)];
  const tell = (text) => process.stdout.write(text);
  const { seeds, failed } = await simulate(count, seed, { more: positionals, tell });
  console.log(`${seeds} seeds, ${failed} failed`);
  process.exitCode = failed || seeds < count ? 1 : 0;
}
