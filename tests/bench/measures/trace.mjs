// The cost of a trace: a loop on one worker with the trace on and off, in chunks of tuned length
// and in very short ones. Also with the trace off, in a runtime that has traced, against one that
// never did.

import { Thread, evenLoop, posted, start } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const ROUNDS = 15;
const MS = 40;
const BODY = 100;
const SHORT = 10; // iterations of a short chunk: 1 µs

export async function inside() {
  const [thread, untraced, traced] = await Promise.all([
    Thread.start(),
    start({ workers: 1 }),
    start({ workers: 1 }),
  ]);
  const loop = await evenLoop(thread, BODY, MS);
  const [run, runTraced] = [await posted(untraced, loop), await posted(traced, loop)];
  const on = async (grain) => {
    traced.trace.start();
    const ms = await runTraced(loop.n, { grain });
    if (!traced.trace.stop().traceEvents.some(({ cat }) => cat === 'chunk'))
      throw new Error('the trace has no chunk');
    return ms;
  };
  const chunks = [];
  for (const grain of [undefined, SHORT]) {
    const contenders = {
      never: () => run(loop.n, { grain }),
      off: () => runTraced(loop.n, { grain }),
      on: () => on(grain),
    };
    await alternate(contenders, 3);
    chunks.push({ grain, n: loop.n, ...(await alternate(contenders, ROUNDS)) });
  }
  await Promise.all([thread.end(), untraced.close(), traced.close()]);
  return chunks;
}

export function report(chunks) {
  return chunks.flatMap(({ grain, never, off, on }) => {
    const what = `loop on 1 worker, ${grain ? `chunks of ${(grain * BODY) / 1000} µs` : 'chunks of 20 to 50 µs'}`;
    return [
      {
        what,
        of: 'trace on / off',
        figure: summary(ratios(on, off)),
        unit: 'x',
        aim: { most: 1.03 },
        lines: Object.entries({ on, off, never }).map(([name, ms]) => ({
          name,
          unit: 'ms',
          ...summary(ms),
        })),
      },
      {
        what,
        of: 'trace off / never on',
        figure: summary(ratios(off, never)),
        unit: 'x',
        aim: { most: 1.01 },
        lines: [],
      },
    ];
  });
}
