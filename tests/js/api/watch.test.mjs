// When a runtime is looked at, and what the visits to its workers take for an overwritten word: on
// workers that are told what to answer.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Visits } from '../../../web/api/visits.js';
import { Watch } from '../../../web/api/watch.js';
import { preloaded } from '../../../web/core/lazy.js';

const COUNTERS = ['tasks', 'attempts', 'running_ns'];
const SECOND = 1e9;

const taskWith = (more) => ({
  resources: {},
  shownKernel: { name: 'spin' },
  completion: undefined,
  dependencies: [],
  settled: false,
  isPaused: false,
  awaitsAnswer: false,
  ...more,
});

/** A runtime with one task, which no worker finds. `before(n)` goes ahead of visit n. */
async function visit(times, { tasks = [taskWith()], cooperative, before = () => {} } = {}) {
  const found = { broken: undefined, failed: [], visits: 0 };
  const state = {
    tasks,
    found,
    workers: [0, 1],
    settled: 7,
    isRefused: false,
    isHome: true,
    isAnswering: false,
    isAtRest: ({ isPaused }) => isPaused,
    /** Of each worker in a visit: what its counters grow by. */
    grows: { tasks: 0, attempts: 1, running_ns: 0 },
    counts: {},
    watch: { ended: false },
  };
  const scheduler = {
    isRefused: false,
    get posted() {
      return state.tasks;
    },
    get settledCount() {
      return state.settled;
    },
    refill: () => (scheduler.isRefused = state.isRefused),
    control: { isAtRest: (task) => state.isAtRest(task) },
    answers: { giveUp: (task, error) => found.failed.push([task, error.message]) },
  };
  const grow = () => {
    found.visits++;
    for (const worker of state.workers)
      for (const name of COUNTERS) {
        const key = `${name} ${worker}`;
        state.counts[key] = (state.counts[key] ?? 0) + state.grows[name];
      }
  };
  const pool = {
    get runningWorkers() {
      return state.workers;
    },
    async roundTrip() {
      grow();
      return state.isHome;
    },
  };
  const here = {
    start: grow,
    get isAnswering() {
      return state.isAnswering;
    },
  };
  const wasm = {
    filch_host_counter: (worker, i) => state.counts[`${COUNTERS[i]} ${worker}`] ?? 0,
    filch_host_task_waits: (handle) => Number(state.waits?.includes(handle) ?? false),
    broken: ({ message }) => (found.broken ??= message),
  };
  if (cooperative) state.workers = [0];
  const parts = { scheduler, wasm, counters: COUNTERS, cooperative: here };
  const visits = new Visits({ ...parts, pool: cooperative ? undefined : pool }, state.watch);
  for (let n = 0; n < times; n++) {
    before(n, state);
    await visits.one();
  }
  return found;
}

const LOST = 'a task is posted that no worker finds';
const verdict = async (...given) => (await visit(...given)).broken;

test('three visits in a row at which no worker gets further end the runtime', async () => {
  for (const cooperative of [false, true]) {
    assert.equal(await verdict(2, { cooperative }), undefined);
    assert.equal(await verdict(3, { cooperative }), LOST);
  }
});

test('nothing is corrupt where a task waits for an event', async () => {
  const waits = (_, state) => (state.waits = state.tasks.map(({ handle }) => handle));
  assert.equal(await verdict(6, { before: waits }), undefined);
});

test('workers that pick a task again and again are in tasks for a moment only', async () => {
  const picks = (ns) => (_, state) =>
    Object.assign(state.grows, { tasks: 1000, running_ns: ns / state.workers.length });
  assert.equal(await verdict(3, { before: picks(49e6) }), LOST);
  assert.equal(await verdict(6, { before: picks(51e6) }), undefined);
  // No pick: the time is an old task's.
  const rests = (_, state) => (state.grows.running_ns = SECOND);
  assert.equal(await verdict(3, { before: rests }), LOST);
  // One of them is at work.
  const one = (n, state) => {
    state.grows.running_ns = SECOND;
    state.counts['tasks 1'] = n;
  };
  assert.equal(await verdict(6, { before: one }), undefined);
});

/** Each takes away one of the reasons. */
const healthy = {
  'a task has settled': (n, state) => (state.settled = n),
  'a worker has not looked for work': (_, state) => (state.grows.attempts = 0),
  'one worker has not looked for work': (_, state) => delete state.counts['attempts 1'],
  'a worker is not home': (_, state) => (state.isHome = false),
  'the runtime has ended': (_, state) => (state.watch.ended = true),
  'the tasks are others': (_, state) => (state.tasks = [taskWith()]),
  'the task has settled': (_, { tasks: [task] }) => (task.settled = true),
  'the task has ended': (_, { tasks: [task] }) => (task.completion = {}),
  'the task is at rest': (_, { tasks: [task] }) => (task.isPaused = true),
  'the task depends on another': (_, { tasks: [task] }) =>
    (task.dependencies = [{ settled: true }, { settled: false }]),
  'no task is posted': (_, state) => (state.tasks = []),
  // The worker in each one's place has worked for longer.
  'the workers are others': (n, state) => {
    Object.assign(state.grows, { tasks: 1, running_ns: SECOND });
    for (const worker of [1, 2]) state.counts[`running_ns ${worker}`] ??= (4 - worker) * 1e12;
    state.workers = [
      [0, 1, 2, 3],
      [0, 2, 3],
      [0, 3],
    ][n % 3];
  },
};
for (const [why, before] of Object.entries(healthy))
  test(`nothing is corrupt where ${why}`, async () => {
    assert.equal(await verdict(8, { before }), undefined);
  });

test('no worker is called home where nothing waits', async () => {
  assert.equal((await visit(3, { tasks: [] })).visits, 0);
  assert.equal((await visit(3, { tasks: [taskWith({ isPaused: true })] })).visits, 0);
  assert.equal((await visit(3)).visits, 3);
});

test('the visits are in a row', async () => {
  const once = (n, state) => (state.settled = n < 2 ? 0 : 1);
  assert.equal(await verdict(4, { before: once }), undefined);
  assert.equal(await verdict(5, { before: once }), LOST);
});

test('a module that has no slot, though one should be free', async () => {
  const tasks = [];
  const refused = (_, state) => (state.isRefused = true);
  assert.equal(await verdict(2, { tasks, before: refused }), undefined);
  assert.equal(await verdict(3, { tasks, before: refused }), 'no slot is free');
  const paused = [taskWith({ isPaused: true })];
  assert.equal(await verdict(8, { tasks: paused, before: refused }), undefined);
  const others = (state, isRefused) => Object.assign(state, { tasks: [taskWith()], isRefused });
  const later = (n, state) => others(state, n > 0);
  assert.equal(await verdict(3, { before: later }), undefined);
  assert.equal(await verdict(4, { before: later }), LOST);
  const first = (n, state) => others(state, n < 2);
  assert.equal(await verdict(8, { before: first }), undefined);
  const often = (n, state) => (state.isRefused = n % 2 === 0);
  assert.equal(await verdict(8, { tasks, before: often }), undefined);
});

test('an answer that does not come fails its call at the second visit', async () => {
  const awaited = () => [taskWith({ completion: {}, awaitsAnswer: true })];
  for (const cooperative of [false, true]) {
    assert.deepEqual((await visit(1, { tasks: awaited(), cooperative })).failed, []);
    const tasks = awaited();
    const { failed } = await visit(2, { tasks, cooperative });
    assert.equal(failed.length, 1);
    assert.equal(failed[0][0], tasks[0]);
    assert.match(failed[0][1], /its answer has not come/);
  }
  const came = (n, { tasks: [task] }) => (task.settled = n > 0);
  assert.deepEqual((await visit(4, { tasks: awaited(), before: came })).failed, []);
  const away = (_, state) => (state.isHome = false);
  assert.deepEqual((await visit(4, { tasks: awaited(), before: away })).failed, []);
  const others = (_, state) => (state.tasks = awaited());
  assert.deepEqual((await visit(4, { before: others })).failed, []);
});

test('an answer is not missed while a function of the cooperative mode goes on', async () => {
  const tasks = [taskWith({ completion: {}, awaitsAnswer: true })];
  const answering = (n, state) => (state.isAnswering = n < 5);
  const given = { tasks, cooperative: true, before: answering };
  assert.deepEqual((await visit(6, given)).failed, []); // once, since the function has ended
  assert.equal((await visit(7, given)).failed.length, 1);
});

/* -- the watch -- */
/** Lets `seconds` pass for a watch. Gives the number of its visits. */
async function pass(seconds, { before = () => {}, visits = async () => {} } = {}) {
  let count = 0;
  const timers = [];
  const { setTimeout } = globalThis;
  preloaded.visits = {
    Visits: class {
      one() {
        count++;
        return visits();
      }
    },
  };
  mock.method(globalThis, 'setTimeout', (call, ms) => timers.push({ call, ms }));
  try {
    const scheduler = { settledCount: 0, outstanding: 1 };
    const watch = new Watch({ scheduler });
    for (let n = 0; n < seconds; n++) {
      await before(n, scheduler, watch);
      watch.begin();
      watch.begin();
      assert.ok(timers.length < 2, 'one timer at a time');
      assert.ok(timers.every(({ ms }) => ms === 1000));
      timers.shift()?.call();
      await new Promise((resolve) => setTimeout(resolve));
    }
    return { count, timers: timers.length };
  } finally {
    mock.restoreAll();
    preloaded.visits = undefined;
  }
}

test('workers are visited once a second where nothing settles', async () => {
  assert.equal((await pass(1)).count, 0);
  assert.equal((await pass(5)).count, 4);
  const settles = (n, scheduler) => (scheduler.settledCount = n);
  assert.equal((await pass(5, { before: settles })).count, 0);
});

test('a watch goes on until no task is outstanding, and ends with the runtime', async () => {
  assert.equal((await pass(3)).timers, 1);
  const idle = (_, scheduler) => (scheduler.outstanding = 0);
  assert.equal((await pass(3, { before: idle })).timers, 0);
  const ends = (n, _, watch) => (watch.ended = n > 1);
  assert.deepEqual(await pass(5, { before: ends }), { count: 1, timers: 0 });
});

test('a visit that fails is not the last one', async () => {
  const visits = async () => {
    throw new Error('its code has not come');
  };
  assert.equal((await pass(4, { visits })).count, 3);
});
