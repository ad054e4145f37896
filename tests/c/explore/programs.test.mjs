// Random programs under random walks of the explorer, with the guarantees as oracles. A failure
// prints the smallest program that fails in the same way, and the command that replays it.
// NIGHTLY=1: 1,000,000 programs instead of 10,000, spread over the cores, from a fresh seed.

import { availableParallelism } from 'node:os';
import { describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tapTests } from '../tap.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const nightly = Boolean(process.env.NIGHTLY);
const count = nightly ? 1_000_000 : 10_000;
const processes = nightly ? availableParallelism() : 1;
const first = nightly ? Date.now() : 1;
const each = Math.ceil(count / processes);

describe('the guarantees hold in random programs', { concurrency: processes }, () => {
  for (let i = 0; i < processes; i++) {
    const seed = first + i * each;
    tapTests(
      `programs, ${each} from seed ${seed} on`,
      'build/explore-priorities',
      ['--programs', `${each}`, '--seed', `${seed}`, '--walks', nightly ? '8' : '16'],
      { cwd: root, timeout: (nightly ? 360 : 15) * 60_000 },
    );
  }
});
