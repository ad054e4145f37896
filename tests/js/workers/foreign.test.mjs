// Foreign code in workers: whatever it throws, returns, sends, or leaves behind, each job settles
// with an error that tells, and the worker goes on.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { FilchError, KernelTrapError } from '../../../web/index.js';
import { builds, eachBuild, eachMode, until } from '../helpers.mjs';

const kernel = (query) => new URL(`../../fixtures/plugins/foreign.js?${query}`, import.meta.url);
const tasks = new URL('../../fixtures/modules/foreign.js', import.meta.url);

const fault = (job) =>
  job.then(
    () => assert.fail('it was done'),
    (error) => error,
  );

/** A runtime, and the events of its workers. */
async function watched(start, options) {
  const runtime = await start(options);
  const events = [];
  for (const type of ['worker-crash', 'worker-error', 'worker-start'])
    runtime.addEventListener(type, ({ detail }) => events.push([type, detail]));
  return { runtime, events };
}

/** What the kernel's job rejects with. */
async function tried(runtime, query) {
  const name = query.replace('=', '_');
  await runtime.define(name, kernel(query), {});
  const error = await fault(runtime.run(name, { range: [0, 10] }));
  assert(error instanceof KernelTrapError, `${query}: ${error}`);
  assert.equal(error.kernel, name);
  return error;
}

const isNamed = (cause) => cause instanceof Error && typeof cause.stack === 'string';
const CAUSES = {
  text: (cause) => cause === 'only text',
  null: (cause) => cause === null,
  undefined: (cause) => cause === undefined,
  number: (cause) => cause === 7,
  object: ({ code, at }) => code === 5 && at[1] === 2,
  symbol: isNamed,
  function: isNamed,
  bare: ({ message }) => message === 7,
  proxy: isNamed,
  getter: isNamed,
  unlinked: ({ name, message }) => name === 'NotLinked' && message === 'not our own',
  range: (cause) => cause instanceof RangeError && cause.message === 'out of it',
  long: (cause) => isNamed(cause) && /^ü+$/.test(cause.message),
};

eachMode('a kernel may throw anything: its job has it as the cause', async (start) => {
  const { runtime, events } = await watched(start);
  for (const [thrown, fits] of Object.entries(CAUSES)) {
    const error = await tried(runtime, `throw=${thrown}`);
    assert(fits(error.cause), `${thrown}: ${error.reason}`);
    assert.equal(typeof error.reason, 'string');
    assert.notEqual(error.reason, '', thrown);
    const batch = await fault(runtime.postMany(error.kernel, [{ range: [0, 1] }]));
    assert(batch instanceof KernelTrapError, `${batch}`);
    assert(fits(batch.failures[0].error.cause), `${thrown} in a batch: ${batch}`);
  }
  const { cause, reason } = await fault(runtime.run('throw_range', { range: [0, 1] }));
  assert.equal(reason, 'out of it');
  assert.match(cause.stack, /foreign\.js\?throw=range:\d+:\d+/);
  assert.deepEqual(events, []);
});

eachMode('many jobs trap at once, and each has its own cause', async (start) => {
  const runtime = await start();
  const names = ['text', 'null', 'range', 'object'];
  for (const thrown of names) await runtime.define(thrown, kernel(`throw=${thrown}`), {});
  const jobs = Array.from({ length: 100 }, (_, i) =>
    fault(runtime.run(names[i % 4], { range: [0, 1 + i] })),
  );
  (await Promise.all(jobs)).forEach(({ cause, reason }, i) =>
    assert(CAUSES[names[i % 4]](cause), `${i}: ${reason}`),
  );
});

eachMode("a trap of wasm has the engine's error as its cause", async (start) => {
  const runtime = await start();
  const { cause, reason } = await fault(runtime.run('trap', { range: [0, 9], args: { at: 3 } }));
  assert(cause instanceof WebAssembly.RuntimeError);
  assert.equal(cause.message, reason);
  assert.match(cause.stack, /wasm/);
});

eachMode('a kernel that returns a promise, or no code, fails its job', async (start) => {
  const { runtime, events } = await watched(start);
  for (const returned of ['promise', 'rejection']) {
    const error = await tried(runtime, `return=${returned}`);
    assert.match(error.message, /returned a promise: a kernel must be synchronous/);
    assert(error.cause instanceof TypeError);
  }
  await tried(runtime, 'return=thenable');
  await tried(runtime, 'return=proxy');
  for (const [returned, shown] of Object.entries({
    half: '1.5',
    negative: '-1',
    large: '70000',
    text: '"1"',
    nan: 'NaN',
    null: 'null',
    true: 'true',
    bigint: '1n',
    symbol: 'Symbol(sign)',
  })) {
    const { reason } = await tried(runtime, `return=${returned}`);
    assert(reason.includes(`returned ${shown}; it may return nothing, or a whole number`), reason);
    assert.match(reason, /from 0 to 65535/);
  }
  assert.deepEqual(events, []);
});

eachMode('a code of C is given whole, or refused', async (start) => {
  const runtime = await start();
  const fail = (kernel, code) =>
    fault(
      kernel === 'fail'
        ? runtime.run(kernel, { range: [0, 5], args: { at: 0, code: code >>> 0 } })
        : runtime.run(kernel, { args: { code: code >>> 0 } }),
    );
  for (const code of [1, 4464, 65_535])
    assert.deepEqual((await fail('fail', code)).failure, code, `${code}`);
  for (const code of [-1, 65_536, 70_000, -65_535, 2 ** 31 - 1, -(2 ** 31)]) {
    const error = await fail('fail', code);
    assert(error instanceof KernelTrapError, `${code}: ${error}`);
    assert.match(error.message, /a code that is not from 0 to 65535/);
  }
});

const MESSAGES = [
  null,
  undefined,
  'text',
  {},
  { type: 'answer' },
  { type: 'answer', answer: { job: 1, value: 5 } },
  { type: 'answer', answer: { job: 2, value: 5 } },
  { type: 'stopped' },
  { type: 'ready' },
  { type: 'failed', reason: 'forged' },
  { type: 'linked', ask: 1, reason: 5 },
  { type: 'notify', key: undefined },
  { type: 'toString', key: '' },
];

eachBuild('messages of a module are counted, and settle nothing', async (start) => {
  const { runtime, events } = await watched(start);
  assert.equal(runtime.stats().foreignMessages, 0);
  const long = runtime.post('forever', { range: [0, 1e15] });
  await runtime.call(tasks, 'send', MESSAGES);
  await until(() => runtime.stats().foreignMessages === MESSAGES.length);
  assert.equal(await runtime.call(tasks, 'answer'), 1);
  await runtime.define('fine', tasks, {});
  assert.equal(long.status, 'running');
  assert.deepEqual(events, []);
});

eachBuild('exceptions that nothing catches are told, and the worker goes on', async (start) => {
  const { runtime, events } = await watched(start);
  const long = runtime.post('forever', { range: [0, 1e15] });
  await runtime.call(tasks, 'answer');
  const texts = ['null', '5', 'an error', '"text"'];
  for (const [name, thrown] of [
    ['late', null],
    ['late', 5],
    ['rejects', new Error('an error')],
    ['late', 'text'],
  ]) {
    const before = events.length;
    await runtime.call(tasks, name, [thrown]);
    while (events.length === before) await runtime.call(tasks, 'later', [5]);
  }
  assert.deepEqual(
    events.map(([type, { reason }]) => [type, reason]),
    texts.map((text) => ['worker-error', text]),
  );
  assert(events.every(([, { worker }]) => worker === 0 || worker === 1));
  assert.equal(long.status, 'running');
});

eachBuild(
  'a function that replaces those of the engine costs its worker at most',
  async (start) => {
    const runtime = await start({ workers: 1 });
    for (const what of [
      ['Atomics', 'wait'],
      ['Promise', 'resolve'],
      ['Object', 'hasOwn'],
    ]) {
      await runtime.call(tasks, 'breaks', what);
      const other = new URL(`${tasks}?after=${what.join('-')}`);
      assert.equal(await runtime.call(other, 'answer'), 1);
      await runtime.run('empty', { range: [0, 10] });
    }
  },
);

eachBuild('a rejection that a module leaves behind fails no call', async (start) => {
  const { runtime, events } = await watched(start);
  const url = new URL(`${tasks}?at=rejects`);
  const answers = await Promise.all(Array.from({ length: 36 }, () => runtime.call(url, 'answer')));
  assert(answers.every((answer) => answer === 1));
  await until(() => events.length === 2);
  assert.deepEqual(
    events.map(([type, { reason }]) => [type, reason]),
    Array(2).fill(['worker-error', 'left behind']),
  );
});

eachBuild('a function that ends its thread costs that worker alone', async (start) => {
  const { runtime, events } = await watched(start);
  const long = runtime.post('empty', { range: [0, 1] });
  await runtime.call(tasks, 'answer');
  await assert.rejects(runtime.call(tasks, 'ends'), { code: 'WORKER_LOST' });
  await until(() => runtime.workers.running === 2);
  assert.equal(await runtime.call(tasks, 'answer'), 1);
  await long;
  assert.deepEqual(
    events.map(([type]) => type),
    ['worker-crash', 'worker-start'],
  );
});

/** For what JavaScript alone does. */
const ONE = { files: builds.slice(0, 1) };

for (const what of ['a loop', 'nothing that hears']) {
  const leaves = async (start) => {
    const limits = { startLimit: 3000, importLimit: 20_000 };
    const { runtime, events } = await watched(start, { workers: 1, ...limits });
    await runtime.call(tasks, 'leaves', [what]);
    await sleep(100);
    const { iterations } = await runtime.run('empty', { range: [0, 5] });
    assert.equal(iterations, 5);
    assert.equal(await runtime.call(new URL(`${tasks}?after=${what}`), 'answer'), 1);
    await runtime.resize(1);
    const reason = 'code that a module has left there does not end';
    assert.deepEqual(events, [
      ['worker-crash', { worker: 0, reason }],
      ['worker-start', { worker: 0 }],
    ]);
  };
  eachBuild(`a function that leaves ${what} on its worker holds up nothing`, leaves, ONE);
}

const goesOn = async (start) => {
  const { runtime, events } = await watched(start, { workers: 1, startLimit: 3000 });
  const long = runtime.call(tasks, 'busyLater', [4000]);
  await until(() => long.status === 'running');
  await Promise.all([runtime.call(new URL(`${tasks}?after=busy`), 'answer'), runtime.resize(1)]);
  assert.equal(await long, 'done');
  assert.deepEqual(events, []);
};
eachBuild('a function that goes on after an await keeps its worker', goesOn, ONE);

eachMode("a function's own error is not taken for Filch's, whatever its name", async (start) => {
  const { runtime } = await watched(start);
  for (const name of ['PluginError', 'ArgumentError', 'CorruptError', 'TypeError']) {
    const error = await fault(runtime.call(tasks, 'throwsNamed', [name]));
    assert.equal(error.message, 'mine');
    assert.equal(error.name, name);
    assert(!(error instanceof FilchError), name);
  }
});
