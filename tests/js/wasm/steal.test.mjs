// Work moves between workers: stealing, splitting, and sequential loops that change hands.
import assert from 'node:assert/strict';

import { Gate, eachBuild, until } from '../helpers.mjs';

const sum = (runtime, counter) =>
  runtime.stats().workers.reduce((total, worker) => total + worker[counter], 0);

eachBuild('one loop is split, and both workers run parts of the loop', async (start) => {
  const runtime = await start();
  const n = 4000;
  const owners = runtime.alloc(Uint8Array, n);
  // Half a second: other programs may keep a worker from the cores for some tens of milliseconds.
  const args = { cost: 200_000, owners };
  const { workers } = await runtime.post('spin', { range: [0, n], args });
  assert.deepEqual(workers, [0, 1]);
  const by = [0, 0, 0];
  for (const owner of owners) by[owner]++;
  assert.equal(by[0], 0);
  assert(by[1] > n / 10 && by[2] > n / 10, `iterations by worker: ${by.slice(1)}`);
  assert(sum(runtime, 'splits') > 0);
});

eachBuild('the answer does not depend on how many workers there are', async (start) => {
  const answers = [];
  for (const workers of [1, 2, 3, 8]) {
    const runtime = await start({ workers });
    const costs = runtime.alloc(Uint32Array, 97);
    for (let i = 0; i < 97; i++) costs[i] = i * i;
    const { state } = await runtime.post('spin', { range: [0, 30_000], args: { cost: 0, costs } });
    answers.push(state.sum);
    await runtime.close();
  }
  assert.deepEqual(answers, Array(4).fill(answers[0]));
});

eachBuild('a loop is taken over from a worker that is stuck in its chunk', async (start) => {
  const runtime = await start();
  const gate = new Gate(runtime);
  const job = runtime.post('gate', { range: [0, 2], args: { gate: gate.words }, grain: 1 });
  while (Atomics.load(gate.words, 1) < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  gate.open();
  assert.deepEqual((await job).workers, [0, 1]);
});

/** The result of the kernel `iterate`. */
function iterated(n, cost, x = 0n) {
  for (let k = 0n; k < n; k++)
    for (let step = 0; step < cost; step++) x = BigInt.asUintN(64, x * 6364136223846793005n + k);
  return x;
}

eachBuild('sequential loops change hands, and keep their order', async (start) => {
  const runtime = await start();
  const n = 20_000;
  const want = iterated(n, 1, 7n);
  assert.equal(
    (await runtime.post('iterate', { range: [0, n], args: { cost: 1, x: 7 } })).state.x,
    want,
  );

  // Three loops on two workers: each yields to the others after about 10 ms.
  const long = () => runtime.post('iterate', { range: [0, 3e6], args: { cost: 20 } });
  const alone = await long();
  const yields = sum(runtime, 'yields');
  for (const { state, iterations } of await Promise.all([long(), long(), long()])) {
    assert.equal(iterations, 3e6);
    assert.equal(state.x, alone.state.x);
    assert.equal(state.next, 3_000_000n);
  }
  assert(sum(runtime, 'yields') > yields, 'no loop yielded');
});

eachBuild('a sequential loop is left by one worker and goes on with the other', async (start) => {
  const runtime = await start();
  const post = () => runtime.post('iterate', { range: [0, 1e7], args: { cost: 20 } });
  const alone = await post();
  const [first, second] = [new Gate(runtime), new Gate(runtime)];
  const held = await first.hold(1);
  const loop = post();
  await until(() => loop.progress > 0);
  // The worker that runs the loop yields to the gate's task, and is held in the gate.
  held.push(...(await second.hold(1)));
  assert(loop.progress < 1);
  first.open();
  const { workers, state } = await loop;
  assert.deepEqual(workers, [0, 1]);
  assert.equal(state.x, alone.state.x);
  second.open();
  await Promise.all(held);
});

eachBuild('a sequential loop may begin elsewhere than at 0', async (start) => {
  const runtime = await start();
  const half = await runtime.post('iterate', { range: [0, 500], args: { cost: 3 } });
  const rest = await runtime.post('iterate', {
    range: [500, 1000],
    args: { cost: 3, ...half.state },
  });
  assert.equal(rest.state.x, iterated(1000, 3));
});

eachBuild(
  'a loop of 10^9 iterations takes one slot, and both workers run parts of the loop',
  async (start) => {
    const runtime = await start({ taskSlots: 1, memory: 2 ** 21, stackBytes: 2 ** 15 });
    const { iterations, workers } = await runtime.post('spin', {
      range: [0, 1e9],
      args: { cost: 0 },
    });
    assert.deepEqual([iterations, workers], [1e9, [0, 1]]);
  },
);
