// Posts of loops, reductions, and fork functions.

const FIBONACCI = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144];
const FAILED = ['KERNEL_FAILED'];
const TRAPPED = ['KERNEL_TRAPPED'];

/** An AbortSignal of the storm's, which it may abort. */
function signalFor(world, entry) {
  if (!world.signals.length || world.random.chance(0.6))
    world.signals.push({ controller: new AbortController(), entries: [] });
  const signal = world.random.pick(world.signals);
  signal.entries.push(entry);
  if (signal.controller.signal.aborted) entry.cancelled = true;
  return signal.controller.signal;
}

/** Options of all tasks. */
export function common(world, entry) {
  const { random } = world;
  const options = {};
  if (random.chance(0.4)) options.priority = random.pick(['high', 'normal', 'low']);
  if (random.chance(0.12)) options.timeout = entry.timeout = random.pick([0.2, 2, 20]);
  if (random.chance(0.15)) options.signal = signalFor(world, entry);
  const jobs = world.entries.filter(({ job, number }) => job && number < entry.number);
  if (jobs.length && random.chance(0.2)) {
    entry.after = Array.from({ length: random.whole(1, 3) }, () => random.pick(jobs));
    options.after = entry.after.map(({ job }) => job);
  }
  return options;
}

/** @param {object} [expected] see Entry */
export function post(world, kernel, options, expected) {
  const entry = world.entry(`post of ${kernel}`, expected);
  const given = typeof options === 'function' ? options(entry) : options;
  const all = { ...given, ...common(world, entry) };
  if (entry.job) return entry;
  entry.job = world.ask(entry, () => world.runtime.post(kernel, all));
  return entry;
}

const range = (world) => [0, world.random.pick([0, 1, 3, 50, 1000])];
const grain = (world) => (world.random.chance(0.5) ? { grain: world.random.whole(1, 60) } : {});
const result = (is) => (is ? undefined : 'its result is wrong');

/** A loop that counts how often each iteration ran. */
function visit(world) {
  const [begin, end] = range(world);
  let visits;
  const most = (times) => visits.every((count) => count <= times);
  const entry = post(
    world,
    'visit',
    (entry) => {
      visits = world.alloc(Uint32Array, end + 1, entry);
      return { range: [begin, end], args: { visits }, ...grain(world) };
    },
    {
      check: ({ iterations }) =>
        result(iterations === end && visits.subarray(0, end).every((count) => count === 1)),
    },
  );
  entry.saves = (restored) => {
    const { visits: again } = restored.args;
    world.arrays.add(again);
    return { arrays: [again], check: () => result(again.slice(0, end).every((n) => n === 1)) };
  };
  if (visits && !most(1)) world.wrong('an iteration ran twice');
}

function reduction(world) {
  const [begin, end] = range(world);
  post(
    world,
    'dot',
    (entry) => {
      const a = world.alloc(Float64Array, 1001, entry).fill(2);
      const b = world.alloc(Float64Array, 1001, entry).fill(3);
      const deterministic = world.random.chance(0.5);
      return { range: [begin, end], args: { a, b }, deterministic, ...grain(world) };
    },
    { check: ({ total }) => result(total.sum === 6 * end) },
  );
}

function sequential(world) {
  const [begin, end] = range(world);
  const args = { cost: 1, x: 1, next: 0 };
  post(
    world,
    'iterate',
    { range: [begin, end], args, ...grain(world) },
    {
      check: ({ state }) => result(state.next === BigInt(end)),
    },
  );
}

function fork(world) {
  const n = world.random.below(13);
  post(
    world,
    'fib',
    { args: { n } },
    {
      check: ({ state }) => result(state.result === BigInt(FIBONACCI[n])),
    },
  );
}

function nested(world) {
  const outer = world.random.whole(1, 6);
  let visits;
  post(
    world,
    'nest',
    (entry) => {
      visits = world.alloc(Uint32Array, 40, entry);
      return { range: [0, outer], args: { inner: 40, visits } };
    },
    { check: () => result(visits.every((count) => count === outer)) },
  );
}

function fails(world) {
  const end = world.random.whole(1, 200);
  const at = world.random.below(end);
  const fork = world.random.chance(0.3);
  const traps = world.random.chance(0.5);
  const expected = { fails: traps ? TRAPPED : FAILED, mustFail: true };
  if (fork) return post(world, 'forkfail', { args: { n: end, at, how: Number(traps) } }, expected);
  const args = traps ? { at } : { at, code: 3 };
  post(world, traps ? 'trap' : 'fail', { range: [0, end], args, ...grain(world) }, expected);
}

function endless(world) {
  const options = { range: [0, 2 ** 53 - 1], grain: world.random.whole(10, 1000) };
  post(world, 'forever', options, { endless: true, mustFail: true });
}

/** An array that is copied into shared memory and back. */
function copies(world, array = [1, 2, 3], spoil = undefined) {
  const { copied } = world.own.filch;
  const visits = copied(array, { back: true });
  const fails = spoil ? ['COPY_BACK'] : [];
  const check = () => undefined;
  post(world, 'visit', { range: [0, array.length], args: { visits } }, { check, fails });
  spoil?.(array);
}

/** map() makes an array, reduce() gives a total. */
function map(world) {
  const entry = world.entry('map() of visit', {
    fails: ['OUT_OF_MEMORY', 'QUEUE_FULL'],
    check: (array) => result(array.join() === '2,3,4'),
  });
  world.ask(entry, () => world.runtime.map('visit', [1, 2, 3], common(world, entry)));
}

function reduce(world) {
  const end = world.random.whole(0, 100);
  const entry = world.entry('reduce() of dot', {
    fails: ['OUT_OF_MEMORY', 'QUEUE_FULL'],
    check: ({ sum }) => result(sum === 6 * end),
  });
  const [a, b] = [2, 3].map((value) => world.alloc(Float64Array, 101, entry).fill(value));
  const options = { ...common(world, entry), range: [0, end], args: { a, b } };
  world.ask(entry, () => world.runtime.reduce('dot', options));
}

export const posts = [
  { name: 'visit', weight: 8, inside: true, run: visit },
  { name: 'reduction', weight: 4, inside: true, run: reduction },
  { name: 'sequential', weight: 4, inside: true, run: sequential },
  { name: 'fork', weight: 4, inside: true, run: fork },
  { name: 'nested', weight: 2, inside: true, run: nested },
  { name: 'fails', weight: 3, inside: true, run: fails },
  { name: 'endless', weight: 2, inside: true, run: endless },
  { name: 'copies', weight: 1, inside: true, run: copies },
  {
    name: 'copies back to a frozen array',
    weight: 0.5,
    run: (world) => copies(world, [1, 2], Object.freeze),
  },
  {
    name: 'copies back to an array that goes',
    weight: 0.5,
    run: (world) =>
      copies(world, new Uint32Array(3), ({ buffer }) => {
        structuredClone(buffer, { transfer: [buffer] });
      }),
  },
  { name: 'map', weight: 1, inside: true, run: map },
  { name: 'reduce', weight: 1, inside: true, run: reduce },
];
