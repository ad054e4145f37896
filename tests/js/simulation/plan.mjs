// What a seed decides before its simulation begins: the options of the runtime, and what may befall
// it.
import { Random } from './random.mjs';

const LARGEST = 3;

/** Limits of start(), small ones at times. Numbers of their own: other seeds stay as they are. */
function limitsOf(seed) {
  const random = new Random(seed + 2 ** 40);
  return {
    ...(random.chance(0.2) && { callGrace: random.pick([1, 30]) }),
    ...(random.chance(0.2) && { replacementLimit: random.pick([1, 2, 4]) }),
    ...(random.chance(0.25) && { importLimit: random.pick([1, 3, 10, 100]) }),
    ...(random.chance(0.2) && { startLimit: 500 }),
  };
}

/** Milliseconds until a first start() is aborted; undefined: there is none before the real one. */
function abortOf(seed) {
  const random = new Random(seed + 2 ** 41);
  return random.chance(0.15) ? random.next() * random.pick([0.5, 4, 30]) : undefined;
}

export function planOf({ seed, random, own, agenda }) {
  const cooperative = random.chance(0.12);
  const workers = random.whole(1, LARGEST);
  const options = {
    module: own.module,
    memory: 2 ** 21,
    stackBytes: 16384,
    mode: cooperative ? 'cooperative' : 'auto',
    workers,
    taskSlots: random.pick([1, 2, 4, 8, 16, 64]),
    ...(random.chance(0.4) && { maxQueue: random.pick(['auto', 0, 1, 4]) }),
    ...(random.chance(0.3) && { maxWorkers: random.whole(workers, LARGEST) }),
    ...(random.chance(0.2) && { idleTimeout: random.pick([1, 5, 50]) }),
    ...(random.chance(0.5) && { background: random.pick(['slow', 'pause']) }),
    ...(random.chance(0.1) && { queueOrder: 'lifo' }),
    ...(random.chance(0.1) && { queueOrder: (a, b) => b.id - a.id }),
    ...limitsOf(seed),
  };
  let losses = random.chance(0.5) ? 0 : random.whole(1, 4);
  const fails = random.chance(0.08) ? 0.3 : 0;
  const plan = {
    options,
    abortsAfter: abortOf(seed),
    calls: random.whole(3, 30),
    gap: random.pick([0.03, 0.3, 3]),
    latency: random.pick([0.02, 0.2, 3]),
    interrupts: random.chance(0.6),
    slowStart: random.chance(0.2),
    starts: () =>
      !plan.world?.isCalm && random.chance(fails) ? random.pick(['hangs', 'fails']) : 'starts',
    refusesThread: () => random.chance(fails / 3),
    mayLose: () => {
      if (!losses || !plan.world?.storming || !random.chance(0.004)) return false;
      losses--;
      plan.world.lost++;
      return true;
    },
  };
  agenda.now = 1000; // a time of 0 means: never
  return plan;
}
