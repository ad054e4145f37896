// Many loops as one job.
import assert from 'node:assert/strict';

import {
  ArgumentError,
  CancelledError,
  FreedMemoryError,
  KernelError,
  KernelTrapError,
} from '../../../web/index.js';
import { eachBuild, eachMode, ENDLESS, Gate, until } from '../helpers.mjs';

eachMode('each loop of a batch runs once, with arguments and state of its own', async (start) => {
  const runtime = await start();
  const n = 5000;
  const visits = runtime.alloc(Uint32Array, 3 * n);
  const loops = Array.from({ length: n }, (_, i) => ({
    range: [3 * i, 3 * i + (i % 4)],
    args: { visits },
  }));
  const job = runtime.postMany('visit', loops, { name: 'visits' });
  assert.equal(job.name, 'visits');
  assert.equal(job.kernel, 'visit');
  const result = await job;
  assert.equal(result.iterations, n);
  assert.equal(result.states.length, n);
  assert(result.workers.length >= 1 && result.times.running > 0);
  // Each of three loops goes one iteration further, into the first one of the next loop.
  for (let i = 0; i < n; i++) {
    const want = [
      Number(i % 4 > 0) + Number(i > 0 && i % 4 === 0),
      Number(i % 4 > 1),
      Number(i % 4 > 2),
    ];
    if (i % 4 === 0) want[0] = 0;
    assert.deepEqual([...visits.subarray(3 * i, 3 * i + 3)], want, `loop ${i}`);
  }
  const sums = await runtime.postMany(
    'spin',
    [1, 10, 100].map((end) => ({ range: [0, end], args: { cost: 1 } })),
  );
  const alone = await Promise.all(
    [1, 10, 100].map((end) => runtime.post('spin', { range: [0, end], args: { cost: 1 } })),
  );
  assert.deepEqual(
    sums.states,
    alone.map(({ state }) => state),
  );
  assert.equal(
    runtime.memory.used,
    visits.byteLength + (visits.byteLength % 64 && 64 - (visits.byteLength % 64)),
  );
});

eachMode('a batch may have no loops, and loops without iterations', async (start) => {
  const runtime = await start();
  assert.deepEqual((await runtime.postMany('empty', [])).states, []);
  assert.deepEqual(
    (await runtime.postMany('empty', [{ range: [7, 7] }, { range: [0, 1], args: {} }])).states,
    [{}, {}],
  );
});

eachMode('an ordered batch runs one loop after the other', async (start) => {
  const runtime = await start();
  const cells = runtime.alloc(BigUint64Array, 2);
  cells[0] = 1n;
  const args = { cells, rule: 30 };
  const want = runtime.alloc(BigUint64Array, 2);
  want[0] = 1n;
  await runtime.post('automaton', { range: [0, 300], args: { cells: want, rule: 30 } });
  const loops = Array.from({ length: 300 }, (_, i) => ({ range: [i, i + 1], args }));
  await runtime.postMany('automaton', loops, { inOrder: true });
  assert.deepEqual(cells.slice(), want.slice());
});

eachMode('failed loops of a batch are named, and stop no other', async (start) => {
  const runtime = await start();
  const loops = Array.from({ length: 100 }, (_, i) => ({
    range: [0, 10],
    args: { at: i % 30 === 7 ? 5 : 99, code: 400 + i },
  }));
  await assert.rejects(runtime.postMany('fail', loops), (error) => {
    assert(error instanceof KernelError);
    assert.match(
      error.message,
      /4 of 100 loops of kernel "fail" failed, the first of them number 7, with the kernel's code 407/,
    );
    assert.deepEqual(
      error.failures.map(({ index, failure }) => ({ index, failure })),
      [7, 37, 67, 97].map((index) => ({ index, failure: 400 + index })),
    );
    assert(error.failures.every(({ error: own, failure }) => own.failure === failure));
    assert.equal(error.states.length, 100);
    assert.equal(error.states[8].count, 10n);
    return true;
  });
  assert.equal(runtime.memory.used, 0);
  await assert.rejects(
    runtime.postMany('trap', [{ range: [0, 1], args: { at: 0 } }]),
    KernelTrapError,
  );
  assert.equal(runtime.memory.used, 0);
});

eachBuild('a batch is cancelled, paused, and awaited like any job', async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const job = runtime.postMany(
    'gate',
    Array.from({ length: 50 }, () => ({ range: [0, 1], args: { gate: gate.words } })),
    { grain: 1 },
  );
  await until(() => Atomics.load(gate.words, 1) === 1);
  job.cancel('enough');
  gate.open();
  await assert.rejects(
    job,
    (error) =>
      error instanceof CancelledError && error.reason === 'enough' && error.iterations < 50,
  );
  await assert.rejects(
    runtime.postMany('spin', [{ range: ENDLESS, args: { cost: 1 } }], {
      signal: AbortSignal.abort('no'),
    }),
    CancelledError,
  );
  await assert.rejects(runtime.postMany('empty', [{ range: [0, 1] }]).save(), {
    code: 'NOT_SAVABLE',
  });
  const first = runtime.postMany('empty', [{ range: [0, 1] }]);
  await runtime.postMany('empty', [{ range: [0, 1] }], {
    after: first,
    priority: 'high',
    timeout: 5000,
  });
  assert.equal(first.status, 'done');
});

eachBuild(
  'the error of a bad batch names the loop and what is wrong, and nothing is lost',
  async (start) => {
    const runtime = await start();
    const data = runtime.alloc(Uint32Array, 4);
    const freed = runtime.alloc(Uint32Array, 4);
    runtime.free(freed);
    const { used } = runtime.memory;
    const bad = (kernel, loops, Kind, ...words) => {
      assert.throws(
        () => runtime.postMany(kernel, loops),
        (error) => {
          assert(error instanceof Kind, error);
          for (const word of words) assert(error.message.includes(word), error.message);
          return true;
        },
      );
      assert.equal(runtime.memory.used, used);
    };
    const good = { range: [0, 1], args: { visits: data } };
    bad(
      'visit',
      [good, { range: [2, 1], args: { visits: data } }],
      ArgumentError,
      'entry 1',
      '"range"',
    );
    bad(
      'visit',
      [good, good, { range: [0, 1], args: { visits: freed } }],
      FreedMemoryError,
      'entry 2',
      'freed',
    );
    bad('visit', [good, null], ArgumentError, 'entry 1', 'null');
    bad('visit', [{ range: [0, 1], args: { visit: data } }], ArgumentError, 'entry 0', '"visit"');
    bad('visit', 7, ArgumentError, 'array', '7');
    bad('dot', [], ArgumentError, 'reduction');
    bad('fib', [], ArgumentError, '"fork"');
    bad('absent', [], ArgumentError, 'absent');
    assert.throws(() => runtime.postMany('visit', [good], { deterministic: true }), ArgumentError);
    assert.throws(() => runtime.postMany('visit', [good], { inOrder: 1 }), ArgumentError);
    assert.throws(() => runtime.free(data) ?? runtime.postMany('visit', [good]), FreedMemoryError);
  },
);
