// job.priority, read and changed, of jobs that wait, run, or have settled.
import assert from 'node:assert/strict';

import { ArgumentError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, eachMode, until } from '../helpers.mjs';

/** Jobs that draw tickets: `at(i)` is the place of job i in the order of begins, from 1 on. */
class Line {
  #order;
  #counter;

  constructor(runtime, length) {
    this.runtime = runtime;
    this.#counter = runtime.alloc(Uint32Array, 1);
    this.#order = runtime.alloc(Uint32Array, length);
  }

  post(slot, options) {
    const args = { counter: this.#counter, order: this.#order, slot };
    return this.runtime.post('ticket', { range: [0, 1], args, ...options });
  }

  at(i) {
    return this.#order[i];
  }
}

eachMode('a job has the priority of its post until it is set to another', async (start) => {
  const runtime = await start({ taskSlots: 2 });
  for (const priority of ['high', 'normal', 'low', undefined]) {
    const jobs = [0, 1, 2].map(() => runtime.post('empty', { range: [0, 1], priority }));
    for (const job of jobs) assert.equal(job.priority, priority ?? 'normal');
    await Promise.all(jobs);
    for (const job of jobs) assert.equal(job.priority, priority ?? 'normal');
  }
  const [posted, , waiting] = [0, 1, 2].map(() => runtime.post('forever', { range: ENDLESS }));
  for (const job of [posted, waiting]) {
    for (const priority of ['low', 'high', 'high', 'normal']) {
      job.priority = priority;
      assert.equal(job.priority, priority);
    }
    for (const bad of ['urgent', 0, undefined, null, ['high']]) {
      assert.throws(
        () => (job.priority = bad),
        (e) => e instanceof ArgumentError && /priority.*"high", "normal", "low"/.test(e.message),
      );
    }
    assert.equal(job.priority, 'normal');
  }
});

// The jobs are few: one of 61 looks for work takes the least urgent job.
for (const [where, taskSlots] of [
  ['a slot', 2],
  ['a worker', 256],
]) {
  eachBuild(
    `jobs that wait for ${where} begin in the order of their changed priorities`,
    async (start) => {
      const runtime = await start({ workers: 1, taskSlots });
      const gate = new Gate(runtime);
      const line = new Line(runtime, 40);
      const [held] = await gate.hold(1);
      const jobs = Array.from({ length: 40 }, (_, i) => line.post(i));
      const changes = [
        [30, 'high'],
        [20, 'low'],
        [31, 'high'],
        [25, 'low'],
        [22, 'high'],
        [22, 'normal'],
      ];
      for (const [i, priority] of changes) jobs[i].priority = priority;
      gate.open();
      await Promise.all([held, ...jobs]);
      // Job 0 had the other slot from the beginning, so job 0 may begin first.
      const waited = taskSlots > 2 ? 0 : 1;
      assert(
        line.at(30) < line.at(31) && line.at(31) <= waited + 2,
        `${line.at(30)}, ${line.at(31)}`,
      );
      assert.deepEqual([line.at(20), line.at(25)], [39, 40]);
      const rest = [...jobs.keys()].slice(waited).filter((i) => ![20, 22, 25, 30, 31].includes(i));
      for (const [n, i] of rest.slice(1).entries())
        assert(line.at(i) > line.at(rest[n]), `job ${i} began before job ${rest[n]}`);
      assert(line.at(22) > 2 && line.at(22) < 39);
    },
  );
}

eachMode('a running loop of lowered priority yields to a more urgent job', async (start) => {
  const runtime = await start({ workers: 1 });
  const [long, other] = [0, 1].map(() =>
    runtime.post('forever', { range: ENDLESS, priority: 'high' }),
  );
  await until(() => long.progress > 0 && other.progress > 0, 'they take turns');
  long.priority = 'low';
  await runtime.post('empty', { range: [0, 10], priority: 'normal', after: [] }).pause();
  await until(() => other.progress > 0);
  // A job of low priority runs only where no other can.
  other.priority = 'low';
  for (let i = 0; i < 20; i++) await runtime.post('empty', { range: [0, 100] });
  assert.equal(long.status, 'running');
  assert.equal(long.priority, 'low');
});

eachMode('the priority of a settled job does not change', async (start) => {
  const runtime = await start();
  const job = runtime.post('empty', { range: [0, 1], priority: 'low' });
  await job;
  job.priority = 'high';
  assert.equal(job.priority, 'low');
  assert.throws(() => (job.priority = 'urgent'), ArgumentError);
});

// With one slot all jobs but the first wait for a slot. With 64 each job has one.
for (const taskSlots of [1, 64]) {
  eachBuild(
    `dependencies of an urgent job are as urgent, with ${taskSlots} slots`,
    async (start) => {
      const runtime = await start({ workers: 1, taskSlots });
      const gate = new Gate(runtime);
      const line = new Line(runtime, 10);
      const [held] = await gate.hold(1);
      const ordinary = [0, 1, 2].map((i) => line.post(i));
      const first = line.post(3, { priority: 'low' });
      const second = line.post(4, { priority: 'low', after: first });
      assert.equal(first.priority, 'low');
      const urgent = line.post(5, { priority: 'high', after: second });
      assert.deepEqual(
        [first.priority, second.priority, urgent.priority],
        ['high', 'high', 'high'],
      );
      const last = line.post(6, { priority: 'low', after: ordinary[2] });
      assert.equal(
        ordinary[2].priority,
        'normal',
        'what comes after it and is less urgent does not matter',
      );
      gate.open();
      await Promise.all([held, ...ordinary, first, second, urgent, last]);
      assert.deepEqual(
        [3, 4, 5].map((i) => line.at(i)),
        [1, 2, 3],
      );
    },
  );

  eachBuild(
    `a job that becomes urgent makes its dependencies as urgent, with ${taskSlots} slots`,
    async (start) => {
      const runtime = await start({ workers: 1, taskSlots });
      const gate = new Gate(runtime);
      const line = new Line(runtime, 10);
      const [held] = await gate.hold(1);
      const ordinary = [0, 1, 2].map((i) => line.post(i));
      const first = line.post(3);
      const second = line.post(4, { after: first });
      second.priority = 'high';
      assert.deepEqual([first.priority, second.priority], ['high', 'high']);
      first.priority = 'low';
      assert.equal(first.priority, 'high', 'as urgent as what comes after it');
      gate.open();
      await Promise.all([held, ...ordinary, first, second]);
      assert.deepEqual(
        [3, 4].map((i) => line.at(i)),
        [1, 2],
      );
    },
  );

  eachBuild(`a job gives an inherited priority back, with ${taskSlots} slots`, async (start) => {
    const runtime = await start({ workers: 1, taskSlots });
    const gate = new Gate(runtime);
    const line = new Line(runtime, 10);
    const [held] = await gate.hold(1);
    const first = line.post(0, { priority: 'low' });
    const second = line.post(1, { priority: 'low', after: first });
    const [urgent, usual] = ['high', 'normal'].map((priority, i) =>
      line.post(2 + i, { priority, after: second }),
    );
    const priorities = () => [first.priority, second.priority];
    assert.deepEqual(priorities(), ['high', 'high']);
    urgent.cancel();
    assert.deepEqual(priorities(), ['normal', 'normal']);
    usual.priority = 'low';
    assert.deepEqual(priorities(), ['low', 'low']);
    usual.priority = 'high';
    first.priority = 'normal';
    assert.deepEqual(priorities(), ['high', 'high']);
    usual.cancel();
    assert.deepEqual(priorities(), ['normal', 'low']);
    gate.open();
    await Promise.all([held, first, second]);
    for (const job of [urgent, usual]) await assert.rejects(async () => await job);
  });

  eachBuild(
    `jobs and their dependents begin in the order of their posts, with ${taskSlots} slots`,
    async (start) => {
      const runtime = await start({ workers: 1, taskSlots });
      const gate = new Gate(runtime);
      const line = new Line(runtime, 10);
      const [held] = await gate.hold(1);
      const jobs = [line.post(0)];
      for (const [i, after] of [[1], [2, 0], [3], [4, 0], [5, 2], [6]])
        jobs.push(line.post(i, { after: after === undefined ? [] : jobs[after] }));
      gate.open();
      await Promise.all([held, ...jobs]);
      if (taskSlots > 1)
        assert.deepEqual(
          jobs.map((_, i) => line.at(i)),
          [1, 2, 3, 4, 5, 6, 7],
        );
    },
  );
}
