// Trees of tasks, on one worker and on two, and by plain code: each call is a task, and each answer
// is checked.

import { Thread, ownCores, serially, start } from '../lab.mjs';
import { alternate, ratios, summary } from '../stats.mjs';

const ROUNDS = 15;

const LEAVES = 1_000_000;
const UTS = { seed: 20, deepest: 10 };
const NODES = 2_528_889n;
const SIDE = 1024;
const SORTED = 10_000_000;
/** Each runtime holds SORTED numbers twice, and the matrices. */
const MEMORY = 2 ** 27;

function check(what, got, expected) {
  if (got !== expected) throw new Error(`${what} came to ${got}, not ${expected}`);
}

/** How many elements of one differ from the other's. */
function differences(a, b) {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

async function took(job) {
  const begin = performance.now();
  const { state } = await job();
  return { ms: performance.now() - begin, state };
}

function skynet(runtime) {
  return async () => {
    const { ms, state } = await took(() => runtime.post('skynet', { args: { leaves: LEAVES } }));
    check('skynet', state.sum, 499_999_500_000n);
    return ms;
  };
}

function uts(runtime) {
  return async () => {
    const { ms, state } = await took(() => runtime.post('uts', { args: UTS }));
    check('the tree', state.nodes, NODES);
    return ms;
  };
}

/** Small whole numbers, so that sums are exact in any order. */
function matrices(alloc) {
  const [a, b, c] = [1, 2, 3].map(() => alloc(Float32Array, SIDE * SIDE));
  for (let i = 0; i < SIDE * SIDE; i++) [a[i], b[i]] = [(i * 7) % 31, (i * 11) % 29];
  return { a, b, c, n: SIDE };
}

async function matmul(runtime) {
  const args = matrices((Type, length) => runtime.alloc(Type, length));
  await runtime.post('matmulrows', { range: [0, SIDE], args });
  const product = args.c.slice();
  return async () => {
    args.c.fill(0);
    const { ms } = await took(() => runtime.post('matmul', { args }));
    check('the wrong elements of the product', differences(args.c, product), 0);
    return ms;
  };
}

/** Numbers in no order, none twice; and in order. */
let numbers;
function someNumbers() {
  if (!numbers) {
    const shuffled = Uint32Array.from({ length: SORTED }, (_, i) => Math.imul(i + 1, 2654435761));
    numbers = { shuffled, sorted: shuffled.toSorted() };
  }
  return numbers;
}

function sort(runtime) {
  const { shuffled, sorted } = someNumbers();
  const [data, scratch] = [runtime.alloc(Uint32Array, SORTED), runtime.alloc(Uint32Array, SORTED)];
  return async () => {
    data.set(shuffled);
    const { ms } = await took(() => runtime.post('sort', { args: { data, scratch } }));
    check('the numbers out of place', differences(data, sorted), 0);
    return ms;
  };
}

const TREES = {
  skynet: { what: 'skynet, 1,000,000 leaves', turn: skynet },
  uts: {
    what: 'unbalanced tree of 2,528,889 nodes',
    turn: uts,
    serial: { kernel: 'utsserial', args: UTS, n: 1 },
  },
  matmul: {
    what: 'product of matrices, 1024 * 1024',
    turn: matmul,
    serial: { kernel: 'matmulrows', args: matrices((Type, length) => new Type(length)), n: SIDE },
  },
  sort: { what: 'sort of 10,000,000 numbers', turn: sort },
};

export async function inside() {
  const threads = await Promise.all([Thread.start(), Thread.start()]);
  const [one, two] = await Promise.all([1, 2].map((workers) => start({ workers, memory: MEMORY })));
  check('the tree', (await one.post('utsserial', { range: [0, 1], args: UTS })).state.nodes, NODES);
  const results = {};
  for (const [name, { turn, serial }] of Object.entries(TREES)) {
    const contenders = { one: await turn(one), two: await turn(two) };
    const plain = serial && (await serially(threads[0], serial));
    if (plain) contenders.serial = () => plain();
    await alternate(contenders, 2);
    results[name] = { gains: await ownCores(threads), ...(await alternate(contenders, ROUNDS)) };
  }
  await Promise.all([...threads.map((thread) => thread.end()), one.close(), two.close()]);
  return results;
}

export function report(results) {
  return Object.entries(results).map(([name, { gains, one, two, serial }]) => ({
    what: TREES[name].what,
    of: '2 workers / 1 worker',
    figure: summary(ratios(two, one)),
    unit: 'x',
    lines: [
      { name: '1 worker', unit: 'ms', ...summary(one) },
      { name: '2 workers', unit: 'ms', ...summary(two) },
      ...(serial ? [{ name: 'plain code', unit: 'ms', ...summary(serial) }] : []),
      ...(serial
        ? [{ name: '1 worker / plain code', unit: 'x', ...summary(ratios(one, serial)) }]
        : []),
      { name: 'two threads at once, of the hardware', unit: 'x', ...summary(gains) },
    ],
  }));
}
