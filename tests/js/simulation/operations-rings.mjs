// Rings and their records, batches of loops: some fail, and the others do not.
import { Foreign } from './modules.mjs';
import { common } from './operations-posts.mjs';

const FAILED = ['KERNEL_FAILED'];
const TRAPPED = ['KERNEL_TRAPPED'];
const result = (is) => (is ? undefined : 'its result is wrong');

/** @param {number} count of loops @returns {number} the one that is to fail; -1: none */
const badOf = ({ random }, count) => (random.chance(0.3) && count ? random.below(count) : -1);

/** The outcome of a batch, one of whose loops fails: the others have run, and say so. */
function checkFailure(count, bad, isWhole) {
  return ({ failures, states }) => {
    if (!failures || states.length !== count) return undefined; // it failed as any job
    const isLost = ({ error }) => error.code === 'WORKER_LOST';
    const wrong = failures.some((each) => each.index !== bad && !isLost(each));
    const failed = new Set(failures.map(({ index }) => index));
    return result(!wrong && states.every((state, i) => failed.has(i) || isWhole(state)));
  };
}

/** @param {object} how argument(isBad): of one loop; isWhole(state): it has run; codes */
function batch(world, kernel, { args, isWhole, fails, also = [], ...expected }) {
  const { random } = world;
  const count = random.whole(0, 12);
  const bad = badOf(world, count);
  const loops = Array.from({ length: count }, (_, i) => ({
    range: [0, 10],
    args: args(i === bad),
  }));
  const entry = world.entry(`postMany() of ${kernel}`, {
    fails: [...(bad < 0 ? [] : fails), ...also],
    mustFail: bad >= 0,
    check: ({ states }) => result(states.every(isWhole)),
    checkFailure: checkFailure(count, bad, isWhole),
    ...expected,
  });
  const options = { ...common(world, entry), ...(random.chance(0.3) && { inOrder: true }) };
  entry.job = world.ask(entry, () => world.runtime.postMany(kernel, loops, options), also);
}

const isWhole = ({ count }) => count === 10n;

const many = (world) =>
  batch(world, 'fail', { args: (bad) => ({ at: bad ? 5 : 100, code: 9 }), isWhole, fails: FAILED });

const manyThatTrap = (world) =>
  batch(world, 'trap', { args: (bad) => ({ at: bad ? 5 : 100 }), isWhole, fails: TRAPPED });

const sums = ({ plugins }) => plugins.filter(({ kernels }) => kernels[0].startsWith('sum'));

function manyThatThrow(world) {
  const { kernels, source } = world.random.pick(sums(world));
  batch(world, kernels[0], {
    args: (bad) => ({ bad: bad ? 3 : 1000, sum: 0 }),
    isWhole: ({ sum }) => sum === 45,
    fails: TRAPPED,
    also: ['UNKNOWN_KERNEL'],
    source,
  });
}

const DEAD = 0xdead;
const codec = {
  encode(view, value) {
    if (value === 'throws') throw new Foreign('encode');
    view.setUint32(0, value, true);
    return 4;
  },
  decode(view) {
    const value = view.getUint32(0, true);
    if (value === 78) throw new Foreign('decode');
    return value;
  },
};

function openRing(world) {
  const { random, runtime, rings } = world;
  const ordered = random.chance(0.4);
  const flush = random.chance(0.2) ? 'manual' : 'microtask';
  const options = { bytes: 256, args: { by: 1 }, ordered, flush, ...codec };
  rings.push(runtime.ring('record', options));
}

function send(world, value, ring = world.random.pick(world.rings)) {
  const fails = value === 'throws' || value === 77 ? ['Foreign'] : value === DEAD ? FAILED : [];
  const mustFail = value === DEAD;
  const check = (back) => result(back === value + 1);
  const entry = world.entry(`record ${value}`, { check, fails, mustFail, ring });
  world.ask(entry, () => ring.send(value));
}

function sendSome(world) {
  for (let left = world.random.whole(1, 30); left; left--)
    send(world, world.random.chance(0.05) ? 'throws' : 77 + world.random.below(5));
}

/** Several fail, among others, in one batch. */
function sendBad(world) {
  const ring = world.random.pick(world.rings);
  for (let left = world.random.whole(1, 12); left; left--)
    send(world, world.random.chance(0.4) ? DEAD : 80, ring);
}

function closeRing(world) {
  const ring = world.random.pick(world.rings);
  world.rings = world.rings.filter((each) => each !== ring);
  ring.isClosed = true;
  world.ask(world.entry('ring.close()'), () => ring.close());
  const entry = world.entry('a record for a closed ring', { fails: ['STOPPED'], mustFail: true });
  world.ask(entry, () => ring.send(1));
}

const some = ({ rings }) => rings.length > 0;

export const rings = [
  { name: 'many', weight: 3, inside: true, run: many },
  { name: 'many that trap', weight: 1, inside: true, run: manyThatTrap },
  {
    name: 'many that throw',
    weight: 2,
    when: (world) => sums(world).length > 0,
    run: manyThatThrow,
  },
  { name: 'open ring', weight: 1, when: (world) => world.rings.length < 2, run: openRing },
  { name: 'send', weight: 4, when: some, run: sendSome },
  { name: 'send records that fail', weight: 1, inside: true, when: some, run: sendBad },
  { name: 'close ring', weight: 0.3, inside: true, when: some, run: closeRing },
  {
    name: 'flush',
    weight: 1,
    inside: true,
    when: some,
    run: (world) => world.random.pick(world.rings).flush(),
  },
  {
    name: 'ready of a ring',
    weight: 0.5,
    when: some,
    run: (world) =>
      world.ask(world.entry('ring.ready()'), () => world.random.pick(world.rings).ready()),
  },
];
