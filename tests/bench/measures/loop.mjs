// The cost of a loop that can be stopped, split, and stolen: one worker, against the same kernel
// called once for the whole range.

import { Thread, evenLoop, posted, serially, start } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const ROUNDS = 15;
const MS = 40;

export async function inside() {
  const [thread, runtime] = await Promise.all([Thread.start(), start({ workers: 1 })]);
  const bodies = [];
  for (const ns of [1, 10, 100, 1000]) {
    const loop = await evenLoop(thread, ns, MS);
    const [serial, ours] = [await serially(thread, loop), await posted(runtime, loop)];
    bodies.push({
      ns,
      n: loop.n,
      ...(await alternate({ serial: () => serial(), ours: () => ours() }, ROUNDS)),
    });
  }
  await Promise.all([thread.end(), runtime.close()]);
  return bodies;
}

export function report(bodies) {
  return bodies.map(({ ns, n, serial, ours }) => ({
    what: `resumable loop on 1 worker, body of ${ns} ns`,
    of: 'ours / serial',
    figure: summary(ratios(ours, serial)),
    unit: 'x',
    aim: { most: 1.03 },
    lines: [
      { name: 'serial', unit: 'ms', ...summary(serial) },
      { name: 'ours', unit: 'ms', ...summary(ours) },
      { name: 'body, serial', unit: 'ns', ...summary(serial.map((ms) => (ms * 1e6) / n)) },
    ],
  }));
}
