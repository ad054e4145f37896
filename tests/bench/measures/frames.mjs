// How smooth a page stays while all workers compute: gaps between animation frames, and between the
// arrivals of a message that is posted every 4 ms. Against the page at rest, and against the same
// loop on the main thread, as in a page without workers.

import { Serial, evenLoop, module, start, Thread } from '../lab.mjs';
import { quantile, summary } from '../stats.mjs';

export const where = ['page'];

const ROUNDS = 5;
const MS = 1000;

/** Records gaps until the caller calls the result. */
function watch() {
  const [frames, beats] = [[], []];
  const channel = new MessageChannel();
  let [frame, beat] = [0, 0];
  let on = true;
  requestAnimationFrame(function next(now) {
    if (frame) frames.push(now - frame);
    frame = now;
    if (on) requestAnimationFrame(next);
  });
  const post = () => channel.port2.postMessage(0);
  channel.port1.onmessage = () => {
    const now = performance.now();
    if (beat) beats.push(now - beat);
    beat = now;
    if (on) setTimeout(post, 4);
  };
  post();
  return async () => {
    // The gap that is open ends with the next frame.
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    on = false;
    return { frames, beats };
  };
}

async function during(work) {
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)));
  const end = watch();
  // A few frames come first: a gap needs a begin.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await work();
  return end();
}

export async function inside() {
  const cores = navigator.hardwareConcurrency;
  const thread = await Thread.start();
  const { n, ...loop } = await evenLoop(thread, 100, MS);
  await thread.end();
  const main = new Serial(await module());
  const onMain = main.prepare(loop);
  const results = { rest: [], main: [] };
  for (let round = 0; round < ROUNDS; round++) {
    results.rest.push(await during(() => new Promise((resolve) => setTimeout(resolve, MS))));
    for (const workers of new Set([Math.max(1, cores - 1), cores])) {
      const runtime = await start({ workers });
      const work = () => runtime.post(loop.kernel, { range: [0, n * workers], args: loop.args });
      (results[workers] ??= []).push(await during(work));
      await runtime.close();
    }
    results.main.push(
      await during(() => main.run({ loop: onMain, begin: 0, end: Math.ceil(n / 4) })),
    );
  }
  return results;
}

const gaps = (rounds, kind) => rounds.flatMap((round) => round[kind]);
const at = (rounds, kind, p) => summary([quantile(gaps(rounds, kind), p)]);

export function report({ rest, main, ...busy }) {
  return Object.entries(busy).map(([workers, rounds]) => ({
    what: `frame gap of the page, all of ${workers} worker${workers === '1' ? '' : 's'} busy`,
    of: 'p99',
    figure: at(rounds, 'frames', 0.99),
    unit: 'ms',
    aim: { most: 20 },
    lines: [
      { name: 'longest', unit: 'ms', ...at(rounds, 'frames', 1) },
      { name: 'page at rest, p99', unit: 'ms', ...at(rest, 'frames', 0.99) },
      { name: 'page at rest, longest', unit: 'ms', ...at(rest, 'frames', 1) },
      { name: 'a quarter of it on the main thread, longest', unit: 'ms', ...at(main, 'frames', 1) },
      { name: '4 ms heartbeat, p99', unit: 'ms', ...at(rounds, 'beats', 0.99) },
      { name: '4 ms heartbeat at rest, p99', unit: 'ms', ...at(rest, 'beats', 0.99) },
    ],
  }));
}
