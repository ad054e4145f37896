// Calls of functions, plug-ins, and kernels in JavaScript.
import { readFileSync } from 'node:fs';

import { common } from './operations-posts.mjs';

const result = (is) => (is ? undefined : 'its result is wrong');
const TASKS = 'sim:tasks';

/** @param {object} [expected] see Entry; url: the module, without a query TASKS */
function call(world, name, args, { url = TASKS, transfer, ...expected } = {}, refusals = []) {
  const entry = world.entry(`call of ${name} in ${url}`, { ...expected, url });
  const options = { ...common(world, entry), ...(transfer && { transfer }) };
  entry.job = world.ask(entry, () => world.runtime.call(url, name, args, options), refusals);
}

const rows = {
  add: { weight: 3, run: (w) => call(w, 'add', [2, 3], { check: (sum) => result(sum === 5) }) },
  later: {
    weight: 3,
    run: (w) =>
      call(w, 'later', [{ a: 1 }, w.random.delay(2)], { check: ({ a }) => result(a === 1) }),
  },
  'function that throws': {
    weight: 1,
    run: (w) => call(w, 'fail', ['bad'], { fails: ['Foreign'], mustFail: true }),
  },
  'function that rejects': {
    weight: 1,
    run: (w) => call(w, 'failLater', ['bad', 1], { fails: ['Foreign'], mustFail: true }),
  },
  'function that throws text': {
    weight: 1,
    run: (w) => call(w, 'throwText', ['only text'], { fails: ['only text'], mustFail: true }),
  },
  'function that never settles': {
    weight: 1,
    run: (w) => call(w, 'never', [], { endless: true, mustFail: true }),
  },
  'large result': {
    weight: 1,
    run: (w) => call(w, 'large', [5000], { check: ({ length }) => result(length === 5000) }),
  },
  'function whose result has no clone': {
    weight: 1,
    run: (w) =>
      call(w, w.random.pick(['uncloneable', 'uncloneableLater']), [], {
        fails: ['PLUGIN'],
        mustFail: true,
      }),
  },
  'arguments that have no clone': {
    weight: 0.5,
    inside: true,
    run: (w) => call(w, 'add', [1, () => {}], { mustFail: true }, ['BAD_ARGUMENT']),
  },
  'buffer that moves': {
    weight: 1,
    run(w) {
      const buffer = new ArrayBuffer(100);
      const check = ({ byteLength }) => result(byteLength === 100);
      call(w, 'moved', [buffer], { check, transfer: [buffer] });
    },
  },
  'function that fills an array': {
    weight: 1,
    inside: true,
    run(w) {
      const array = w.alloc(Uint32Array, 10);
      w.arrays.delete(array); // until the call has settled
      const check = () => result(array.every((value) => value === 7));
      call(w, 'fill', [array, 7], { check, array });
    },
  },
  'missing function': {
    weight: 0.5,
    run: (w) => call(w, 'absent', [], { fails: ['PLUGIN'], mustFail: true }),
  },
  'slow module': {
    weight: 1,
    run: (w) =>
      call(w, 'add', [1, 1], {
        url: `${TASKS}?take=20&n=${w.random.below(3)}`,
        check: (sum) => result(sum === 2),
      }),
  },
  'module that fails': {
    weight: 1,
    run: (w) => call(w, 'add', [1, 1], { url: `${TASKS}?how=fails`, fails: ['PLUGIN'] }),
  },
  'module that fails on some threads': {
    weight: 1,
    run: (w) => call(w, 'add', [1, 1], { url: `${TASKS}?how=fails+here`, fails: ['PLUGIN'] }),
  },
  'module that throws text': {
    weight: 1,
    run: (w) => call(w, 'add', [1, 1], { url: `${TASKS}?how=throws+text`, fails: ['PLUGIN'] }),
  },
  'module that hangs': {
    weight: 1,
    run: (w) => call(w, 'add', [1, 1], { url: `${TASKS}?how=hangs`, fails: ['PLUGIN'] }),
  },
  'function that leaves a rejection': {
    weight: 1,
    when: (w) => w.runtime.mode === 'threads',
    run: (w) => call(w, 'litter', [], { check: () => undefined }),
  },
};

/** The event loop of that worker's thread never turns again. */
function leaveCode(world) {
  const check = (value) => result(value === 'left' || value === 3);
  const url = `${TASKS}?leaves=code&n=${world.entries.length}`;
  if (world.random.chance(0.5)) call(world, 'leave', [], { check });
  else call(world, 'add', [1, 2], { url, fails: ['PLUGIN'], check });
}

const bytes = readFileSync(new URL('../../../build/plugins/kernels.wasm', import.meta.url));

function load(world, what = 'a plug-in', given = bytes, { options, ...expected } = {}) {
  const entry = world.entry(`load() of ${what}`, { fails: ['PLUGIN'], ...expected });
  const loaded = world.ask(entry, () => world.runtime.load(given, options));
  loaded?.then(
    (plugin) => world.plugins.push(plugin),
    () => {},
  );
}

/** (module (import "env" "memory" (memory 1 65536 shared)) (func (export "hangs") ...)) */
const hanging = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9, 1, 0x60, 4, 0x7f, 0x7f, 0x7e, 0x7e, 1, 0x7f, 2, 17, 1, 3,
  0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3, 1, 0x80, 0x80, 4, 3, 2, 1, 0, 7, 9,
  1, 5, 0x68, 0x61, 0x6e, 0x67, 0x73, 0, 0, 10, 6, 1, 4, 0, 0x41, 0, 0x0b,
]);

/** The environment lets a thread hang where it links this. */
function loadHanging(world) {
  world.hanging = true;
  const options = { kernels: { hangs: { fields: {} } } };
  load(world, 'what hangs in its start function', hanging, { options, mustFail: true });
}

/** Less than a plug-in, or something else. Without its last sections it may be one. */
function loadBroken(world) {
  const { random } = world;
  const broken = random.chance(0.5)
    ? bytes.subarray(0, random.below(bytes.length))
    : Uint8Array.from({ length: random.below(100) }, () => random.below(256));
  load(world, 'broken bytes', broken);
}

function define(world, query, then = () => {}) {
  const name = `sum${world.random.below(4)}`;
  const description = { fields: { bad: 'value u32', sum: 'state i32' } };
  const url = `sim:kernel?${query}`;
  const entry = world.entry(`define() of ${name}`, { fails: ['PLUGIN'], url });
  world
    .ask(entry, () => world.runtime.define(name, url, description))
    ?.then(
      (plugin) => {
        world.plugins.push(plugin);
        then(plugin);
      },
      () => {},
    );
}

const kernelOf = (plugin, name) => plugin.kernels.find((each) => each.startsWith(name));

function postPlugin(world, plugin = world.random.pick(world.plugins)) {
  const name = plugin.kernels[0];
  const fails = ['UNKNOWN_KERNEL'];
  if (kernelOf(plugin, 'sum')) {
    const bad = world.random.chance(0.3) ? 3 : 1000;
    const expected = {
      fails: bad === 3 ? [...fails, 'KERNEL_TRAPPED'] : fails,
      mustFail: bad === 3,
      check: ({ state }) => result(state.sum === 45),
      source: plugin.source,
    };
    const entry = world.entry(`post of ${name}`, expected);
    const options = { ...common(world, entry), range: [0, 10], args: { bad, sum: 0 } };
    entry.job = world.ask(entry, () => world.runtime.post(name, options), fails);
    return;
  }
  const { source } = plugin;
  const entry = world.entry('post of scale', { fails, source, check: () => undefined });
  const data = world.alloc(Float32Array, 10, entry);
  const options = {
    ...common(world, entry),
    range: [0, 10],
    args: { data, factor: 2, operation: 0, power: 0 },
  };
  entry.job = world.ask(entry, () => world.runtime.post('scale', options), fails);
}

/** All workers are replaced, and have to link the module again, which comes later to them. */
function defineAndReplace(world) {
  const { random, runtime } = world;
  const url = `take=0.1&n=${world.entries.length}`;
  define(world, url, (plugin) => {
    if (world.closed || world.dead) return;
    world.environment.modules.delay(plugin.source, random.pick([0.5, 5, 50]));
    for (let worker = runtime.workers.running; worker--; ) {
      world.lost++;
      runtime.replaceWorker(worker);
    }
    if (world.dead) return;
    for (let left = random.whole(1, 4); left; left--) postPlugin(world, plugin);
  });
}

function unload(world) {
  const plugin = world.random.pick(world.plugins);
  const entry = world.entry(`unload() of ${plugin.kernels}`, { fails: ['PLUGIN_IN_USE'] });
  world.plugins = world.plugins.filter((each) => each !== plugin);
  world
    .ask(entry, () => world.runtime.unload(plugin))
    ?.then(
      () => {},
      () => world.plugins.push(plugin),
    );
}

const some = (world) => world.plugins.length > 0;

export const calls = [
  ...Object.entries(rows).map(([name, row]) => ({ name, inside: row.weight > 2, ...row })),
  {
    name: 'module that leaves code behind',
    weight: 1.5,
    when: (world) => world.runtime.mode === 'threads',
    run: leaveCode,
  },
  { name: 'load', weight: 1, run: (world) => load(world) },
  {
    name: 'load what hangs',
    weight: 0.5,
    // Loads are one after the other, and each may take the limit.
    when: (world) => world.runtime.mode === 'threads' && !world.hanging,
    run: loadHanging,
  },
  { name: 'load broken bytes', weight: 1, inside: true, run: loadBroken },
  { name: 'define', weight: 1, run: (world) => define(world, 'take=1') },
  {
    name: 'define what throws text',
    weight: 0.5,
    run: (world) => define(world, 'throws=text'),
  },
  {
    name: 'define what fails',
    weight: 0.5,
    run: (world) => define(world, 'how=fails'),
  },
  {
    name: 'define what hangs',
    weight: 0.5,
    run: (world) => define(world, 'how=hangs'),
  },
  { name: 'post to a plug-in', weight: 3, when: some, run: (world) => postPlugin(world) },
  {
    name: 'define, and replace all workers',
    weight: 1,
    when: (world) => world.runtime.mode === 'threads',
    run: defineAndReplace,
  },
  { name: 'unload', weight: 1, when: some, run: unload },
];
