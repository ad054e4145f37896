// The scheduler against a module that says what no real one says in a test: refusals in the middle of things, corrupt handles.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DependencyError, FilchError } from '../../../web/index.js';
import { Job } from '../../../web/api/job.js';
import { Scheduler } from '../../../web/tasks/scheduler.js';

const NAMES = ['OK', 'PENDING', 'CANCELLED', 'KERNEL_FAILED', 'KERNEL_TRAPPED', 'WORKER_LOST', 'POOL_FULL', 'CORRUPT', 'NEWER', 'DEPENDENCY_FAILED'];
const code = (name) => NAMES.indexOf(name);

/** A scheduler of 4 slots; `answers` are what filch_post() returns, one after the other; `ended` what filch_reap() does. */
function schedulerWith({ answers = [], ended = [], status = code('OK') }) {
  const wasm = {
    filch_args: () => 0,
    filch_args_bytes: () => 64,
    filch_post: () => answers.shift(),
    filch_post_after: () => 0,
    filch_awake: () => 0,
    filch_reap: () => ended.shift() ?? 0,
    filch_release: () => 0,
    filch_cancel: () => 0,
    filch_task_status: (handle) => status[handle] ?? status,
    filch_task_helpers: () => 1,
    filch_task_done: () => 5,
    filch_task_began: () => 0,
    filch_task_ended: () => 0,
    filch_task_code: () => 0,
    filch_task_args: () => 64,
    filch_task_failed_begin: () => 0,
    filch_task_failed_end: () => 1,
  };
  const kernel = { name: 'k', index: 0, fields: [], state: [], known: new Set() };
  const scheduler = new Scheduler({
    wasm,
    memory: { buffer: new SharedArrayBuffer(4096) },
    heap: {},
    kernels: new Map([['k', kernel]]),
    builtin: {},
    statuses: NAMES.map((name) => ({ name, text: `the text of ${name}` })),
    slots: 4,
    maxQueue: 10,
    note: () => 1024,
    taskOf: (job) => Job.taskOf(job, scheduler),
    busy: () => {},
    work: () => {},
  });
  return scheduler;
}
const post = (scheduler) => scheduler.post('k', { range: [0, 5] });

test('a post that the module refuses throws the status, by name', () => {
  const scheduler = schedulerWith({ answers: [-code('CORRUPT'), -99] });
  assert.throws(() => post(scheduler), (error) => error instanceof FilchError && error.code === 'CORRUPT' && /the text of CORRUPT/.test(error.message));
  assert.throws(() => post(scheduler), (error) => error instanceof FilchError && /status 99/.test(error.message));
  assert.equal(scheduler.outstanding, 0);
});

test('a post that is refused when its turn comes fails its job, and not those behind it', async () => {
  const full = -code('POOL_FULL');
  const scheduler = schedulerWith({ answers: [65536, full, -code('CORRUPT'), 65537], ended: [65536, 65537] });
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

test('a handle that nobody posted settles nobody', () => {
  const scheduler = schedulerWith({ answers: [65536], ended: [131072, 65537, 65536] });
  const task = post(scheduler);
  assert.equal(scheduler.reap(), true);
  assert.equal(scheduler.reap(), true);
  assert.equal(task.settled, false);
  assert.equal(scheduler.reap(), true);
  assert.equal(task.state, 'done');
});

test('a task that ends in a status that is unknown, or not one to end in, fails', async () => {
  for (const [status, name] of [[code('NEWER'), 'NEWER'], [77, 'FILCH'], [code('CORRUPT'), 'CORRUPT'], [code('PENDING'), 'PENDING']]) {
    const scheduler = schedulerWith({ answers: [65536], ended: [65536], status });
    const task = post(scheduler);
    scheduler.reap();
    await assert.rejects(task.promise, (error) => error.code === name && error.job === 1 && error.iterations === 5);
  }
});

test('a task that is heard of before what it came after settles after that', async () => {
  for (const [how, state] of [['OK', 'done'], ['DEPENDENCY_FAILED', 'failed']]) {
    const status = { 65536: code(how === 'OK' ? 'OK' : 'KERNEL_FAILED'), 65537: code(how), 65538: code(how), 65539: code('CANCELLED') };
    const scheduler = schedulerWith({ answers: [65536, 65537, 65538, 65539], ended: [65538, 65537, 65539, 65536], status });
    const after = (need) => scheduler.post('k', { range: [0, 5], after: new Job(need, scheduler) });
    const first = post(scheduler);
    const second = after(first);
    const third = after(second);
    const cancelled = after(first);
    const settled = () => [first, second, third, cancelled].map((task) => Number(task.settled)).join('');
    scheduler.reap();
    scheduler.reap();
    assert.equal(settled(), '0000');
    scheduler.reap();
    assert.equal(settled(), '0001', 'a cancel waits for nothing');
    scheduler.reap();
    assert.equal(settled(), '1111');
    assert.deepEqual([second.state, third.state, cancelled.state], [state, state, 'cancelled']);
    if (how !== 'OK') {
      await assert.rejects(second.promise, (e) => e instanceof DependencyError && e.dependency === 1 && e.cause === first.outcome);
      await assert.rejects(third.promise, (e) => e instanceof DependencyError && e.dependency === 2 && e.cause === second.outcome);
    }
    assert.equal(scheduler.outstanding, 0);
  }
});
