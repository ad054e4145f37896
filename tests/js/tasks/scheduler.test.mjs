// The scheduler against a made-up module with rare answers: refusals at any moment, corrupt
// handles.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DependencyError, FilchError } from '../../../web/index.js';
import { Job } from '../../../web/api/job.js';
import { Scheduler } from '../../../web/tasks/scheduler.js';
import {
  COMPLETION_DONE,
  COMPLETION_FAILED_END,
  COMPLETION_HANDLE,
  COMPLETION_HELPERS,
  COMPLETION_STATUS,
  CORRUPT,
} from '../../../web/wasm/abi.js';

const NAMES = [
  'OK',
  'PENDING',
  'CANCELLED',
  'KERNEL_FAILED',
  'KERNEL_TRAPPED',
  'WORKER_LOST',
  'POOL_FULL',
  'NEWER',
  'DEPENDENCY_FAILED',
];
NAMES[CORRUPT] = 'CORRUPT';
const code = (name) => NAMES.indexOf(name);
const [SUBMITTED, COMPLETED] = [1024, 2048]; // addresses of the records

/**
 * A scheduler of 4 slots; `answers` are the results of submissions, one after the other; `ended`
 * the handles that the module completes.
 */
function schedulerWith({ answers = [], ended = [], status = code('OK'), corrupts = () => {} }) {
  const memory = { buffer: new SharedArrayBuffer(4096) };
  const record = new DataView(memory.buffer, COMPLETED);
  const wasm = {
    filch_host_submission: () => SUBMITTED,
    filch_host_completion: () => COMPLETED,
    filch_host_submit: () => answers.shift(),
    filch_host_awake: () => 0,
    filch_host_reap: () => {
      const handle = ended.shift();
      record.setFloat64(COMPLETION_HANDLE, handle ?? 0, true);
      record.setFloat64(COMPLETION_DONE, 5, true);
      record.setFloat64(COMPLETION_FAILED_END, 1, true);
      record.setUint32(COMPLETION_HELPERS, 1, true);
      record.setUint32(COMPLETION_STATUS, status[handle] ?? status, true);
      corrupts(record);
      return handle ?? 0;
    },
    filch_host_release: () => 0,
    filch_host_cancel: () => 0,
  };
  const kernel = { name: 'k', index: 0, fields: [], state: [], known: new Set() };
  const scheduler = new Scheduler({
    wasm,
    memory,
    heap: {},
    kernels: new Map([['k', kernel]]),
    builtin: {},
    statuses: NAMES.map((name) => ({ name, text: `the text of ${name}` })),
    slots: 4,
    maxQueue: 10,
    note: () => 3072,
    taskOf: (job) => Job.taskOf(job, scheduler),
    busy: () => {},
    work: () => {},
  });
  return scheduler;
}
const post = (scheduler) => scheduler.post('k', { range: [0, 5] });

test('a post that the module refuses throws the status, by name', () => {
  const scheduler = schedulerWith({ answers: [-code('CORRUPT'), -99] });
  assert.throws(
    () => post(scheduler),
    (error) =>
      error instanceof FilchError &&
      error.code === 'CORRUPT' &&
      /the text of CORRUPT/.test(error.message),
  );
  assert.throws(
    () => post(scheduler),
    (error) => error instanceof FilchError && /status 99/.test(error.message),
  );
  assert.equal(scheduler.outstanding, 0);
});

test('a waiting post that the module refuses fails its job, and none behind it', async () => {
  const full = -code('POOL_FULL');
  const scheduler = schedulerWith({
    answers: [65536, full, -code('CORRUPT'), 65537],
    ended: [65536, 65537],
  });
  const [first, second, third] = [post(scheduler), post(scheduler), post(scheduler)];
  assert.equal(scheduler.reap(), true);
  scheduler.refill();
  assert.deepEqual([first.state, second.state, third.state], ['done', 'failed', 'posted']);
  await assert.rejects(second.promise, { code: 'CORRUPT' });
  assert.equal(scheduler.reap(), true);
  assert.equal((await third.promise).iterations, 5);
  assert.equal(scheduler.reap(), false);
  assert.equal(scheduler.outstanding, 0);
});

test('a handle that the scheduler does not know settles no task', () => {
  const scheduler = schedulerWith({ answers: [65536], ended: [131072, 65537, 65536] });
  const task = post(scheduler);
  assert.equal(scheduler.reap(), true);
  assert.equal(scheduler.reap(), true);
  assert.equal(task.settled, false);
  assert.equal(scheduler.reap(), true);
  assert.equal(task.state, 'done');
});

test('a task with an unknown final status, or one that is not final, fails', async () => {
  for (const [status, name] of [
    [code('NEWER'), 'NEWER'],
    [77, 'FILCH'],
    [code('CORRUPT'), 'CORRUPT'],
    [code('PENDING'), 'PENDING'],
  ]) {
    const scheduler = schedulerWith({ answers: [65536], ended: [65536], status });
    const task = post(scheduler);
    scheduler.reap();
    await assert.rejects(
      task.promise,
      (error) => error.code === name && error.job === 1 && error.iterations === 5,
    );
  }
});

test('a task whose completion comes before that of its dependency settles after the dependency', async () => {
  for (const [how, state] of [
    ['OK', 'done'],
    ['DEPENDENCY_FAILED', 'failed'],
  ]) {
    const status = {
      65536: code(how === 'OK' ? 'OK' : 'KERNEL_FAILED'),
      65537: code(how),
      65538: code(how),
      65539: code('CANCELLED'),
    };
    const scheduler = schedulerWith({
      answers: [65536, 65537, 65538, 65539],
      ended: [65538, 65537, 65539, 65536],
      status,
    });
    const after = (need) => scheduler.post('k', { range: [0, 5], after: new Job(need, scheduler) });
    const first = post(scheduler);
    const second = after(first);
    const third = after(second);
    const cancelled = after(first);
    const settled = () =>
      [first, second, third, cancelled].map((task) => Number(task.settled)).join('');
    scheduler.reap();
    scheduler.reap();
    assert.equal(settled(), '0000');
    scheduler.reap();
    assert.equal(settled(), '0001', 'a cancel waits for nothing');
    scheduler.reap();
    assert.equal(settled(), '1111');
    assert.deepEqual([second.state, third.state, cancelled.state], [state, state, 'cancelled']);
    if (how !== 'OK') {
      await assert.rejects(
        second.promise,
        (e) => e instanceof DependencyError && e.dependency === 1 && e.cause === first.outcome,
      );
      await assert.rejects(
        third.promise,
        (e) => e instanceof DependencyError && e.dependency === 2 && e.cause === second.outcome,
      );
    }
    assert.equal(scheduler.outstanding, 0);
  }
});

test('a completion that cannot belong to its task fails the task', async () => {
  for (const [field, write] of Object.entries({
    done: (view) => view.setFloat64(COMPLETION_DONE, 6, true),
    'done, negative': (view) => view.setFloat64(COMPLETION_DONE, -1, true),
    'done, no number': (view) => view.setFloat64(COMPLETION_DONE, NaN, true),
    handle: (view) => view.setFloat64(COMPLETION_HANDLE, 65537, true),
    helpers: (view) => view.setUint32(COMPLETION_HELPERS, 2 ** 31, true),
  })) {
    const scheduler = schedulerWith({ answers: [65536], ended: [65536], corrupts: write });
    const task = post(scheduler);
    scheduler.reap();
    await assert.rejects(
      task.promise,
      (error) => error.code === 'CORRUPT' && error.iterations === 0,
      field,
    );
  }
});
