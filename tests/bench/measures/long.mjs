// A long loop in one post, so in one task slot, on two workers: 10^9 iterations of about 1 ns
// against half the serial time; and 10^8, which other pools take in 4,096 pieces.

import { Thread, evenLoop, posted, serially, start } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const LOOPS = [
  { name: '10^9', n: 1e9, rounds: 5 },
  { name: '10^8', n: 1e8, rounds: 11 },
];

export async function inside() {
  const [a, b, runtime] = await Promise.all([
    Thread.start(),
    Thread.start(),
    start({ workers: 2 }),
  ]);
  const body = await evenLoop(a, 1, 1);
  const results = [];
  for (const { name, n, rounds } of LOOPS) {
    const loop = { ...body, n };
    const [one, other, ours] = [
      await serially(a, loop),
      await serially(b, loop),
      await posted(runtime, loop),
    ];
    const split = async () => {
      const begin = performance.now();
      await Promise.all([one(0, n / 2), other(n / 2, n)]);
      return performance.now() - begin;
    };
    results.push({
      name,
      ...(await alternate({ serial: () => one(), ours: () => ours(), split }, rounds)),
    });
  }
  await Promise.all([a.end(), b.end(), runtime.close()]);
  return results;
}

export function report(results) {
  return results.map(({ name, serial, ours, split }) => ({
    what: `${name} iterations of 1 ns in one post, 2 workers`,
    of: 'ours / half of serial',
    figure: summary(
      ratios(
        ours,
        serial.map((ms) => ms / 2),
      ),
    ),
    unit: 'x',
    aim: { most: 1.05 },
    lines: [
      { name: 'ours / static split', unit: 'x', ...summary(ratios(ours, split)) },
      { name: 'ours', unit: 'ms', ...summary(ours) },
      { name: 'static split', unit: 'ms', ...summary(split) },
      { name: 'serial', unit: 'ms', ...summary(serial) },
    ],
  }));
}
