// Priorities, pauses, cancels, and saves of running jobs, in a page: run there by runtime.test.mjs,
// in each engine. Each test waits for facts, never for time.
import {
  ENDLESS,
  ensure,
  equal,
  Gate,
  rejection,
  savedHalfway,
  until,
  withRuntime,
} from './runtime-side.mjs';

/**
 * A function that posts jobs that each draw a ticket, and `order`, where the i-th job's ticket
 * stands.
 */
function tickets(runtime, length) {
  const counter = runtime.alloc(Uint32Array, 1);
  const order = runtime.alloc(Uint32Array, length);
  const post = (slot, options) =>
    runtime.post('ticket', { range: [0, 1], args: { counter, order, slot }, ...options });
  return { order, post };
}

const works = async (runtime) =>
  equal((await runtime.post('empty', { range: [0, 100] })).iterations, 100, 'another job');

/** Each of the workers has run chunks since `before`. */
const allBusy = (runtime, before) =>
  runtime.stats().workers.every(({ chunks }, i) => chunks > before[i].chunks);

export async function an_urgent_post_overtakes_busy_workers() {
  await withRuntime({}, async (runtime) => {
    const before = runtime.stats().workers;
    const long = [0, 1].map(() => runtime.post('forever', { range: ENDLESS }));
    await until(() => long.every(({ progress }) => progress > 0) && allBusy(runtime, before));
    for (let i = 0; i < 20; i += 1)
      equal(
        (await runtime.post('empty', { range: [0, 1], priority: 'high' })).iterations,
        1,
        'urgent',
      );
    equal(
      long.map(({ status }) => status),
      ['running', 'running'],
      'what it overtook',
    );
  });
}

export async function waiting_posts_begin_by_priority() {
  const inOrder = [];
  await withRuntime({ workers: 1 }, async (runtime) => {
    for (let round = 0; round < 2; round += 1) {
      const gate = new Gate(runtime);
      const { order, post } = tickets(runtime, 12);
      const held = gate.post();
      await until(() => gate.reached);
      const jobs = Array.from({ length: 12 }, (_, slot) =>
        post(slot, slot === 11 ? { priority: 'high' } : {}),
      );
      jobs[7].priority = 'high'; // behind the jobs that are high already
      jobs[0].priority = 'low';
      gate.open();
      await Promise.all([held, ...jobs]);
      inOrder.push(order.join() === '12,3,4,5,6,7,8,2,9,10,11,1');
    }
  });
  ensure(
    inOrder.includes(true),
    'out of order twice: one look for work in 61 takes the least urgent, so once is right',
  );
}

export async function a_paused_loop_rests_and_goes_on() {
  await withRuntime({}, async (runtime) => {
    const job = runtime.post('forever', { range: ENDLESS });
    await until(() => job.progress > 0);
    for (let round = 0; round < 3; round += 1) {
      await job.pause();
      const { progress } = job;
      await works(runtime);
      equal([job.status, job.progress], ['paused', progress], 'paused, while others are worked on');
      job.resume();
      await until(() => job.progress > progress);
      equal(job.status, 'running', 'resumed');
    }
    const n = 2_000_000;
    const visits = runtime.alloc(Uint32Array, n);
    const visit = runtime.post('visit', { range: [0, n], args: { visits }, grain: 500 });
    for (let seen = 0; seen < 1; seen = visit.progress) {
      await until(() => visit.progress > seen);
      await visit.pause();
      visit.resume();
    }
    await visit;
    ensure(
      visits.every((count) => count === 1),
      'an iteration was lost, or ran twice',
    );
  });
}

export async function cancels_and_timeouts() {
  await withRuntime({ workers: 1 }, async (runtime) => {
    const gate = new Gate(runtime);
    const held = gate.post({ range: [0, 2], grain: 1 });
    await until(() => gate.reached);
    const [queued, late, paused] = [0, 1, 2].map((i) => gate.post(i === 1 ? { timeout: 20 } : {}));
    await paused.pause();
    for (const job of [queued, paused]) {
      job.cancel('enough');
      equal((await rejection(job, 'a cancelled job')).reason, 'enough', 'reason');
    }
    const error = await rejection(late, 'a job that is late');
    equal(
      [error.name, error.code, late.status, error.iterations],
      ['TimeoutError', 'TIMEOUT', 'cancelled', 0],
      'timeout',
    );
    equal([held.status, gate.reached], ['running', 1], 'the one that is held');
    held.cancel();
    gate.open();
    equal(
      (await rejection(held, 'a cancelled job')).iterations,
      1,
      'iterations before the safepoint',
    );
    equal(
      (
        await rejection(
          runtime.post('forever', { range: ENDLESS, timeout: 20 }),
          'a loop that is late',
        )
      ).name,
      'TimeoutError',
      'name',
    );
    await works(runtime);
  });
}

export async function a_saved_loop_goes_on_in_another_runtime() {
  const n = 64;
  const saved = await withRuntime({}, async (runtime) => {
    const gate = new Gate(runtime);
    const job = gate.post({ range: [0, n], grain: 1 });
    await until(() => gate.reached === 2); // each worker has a part of the loop
    const pausing = job.pause();
    gate.open();
    await pausing;
    equal([job.status, job.progress], ['paused', 2 / n], 'at rest');
    return job.save();
  });
  for (const workers of [1, 3]) {
    await withRuntime({ workers }, async (runtime) => {
      const job = runtime.restore(saved);
      ensure(job.progress >= 2 / n, 'it begins anew');
      equal((await job).iterations, n, 'iterations');
      equal([...job.args.gate], [1, n], 'each ran once, in one runtime or the other');
    });
  }
}

export async function a_saved_sequential_loop_keeps_its_order_and_state() {
  const { saved, result } = await withRuntime({}, (runtime) =>
    savedHalfway((scale) =>
      runtime.post('iterate', { range: [0, 50_000 * scale], args: { cost: 400, x: 1n } }),
    ),
  );
  await withRuntime({ workers: 1 }, async (runtime) => {
    const job = runtime.restore(saved);
    ensure(job.progress > 0, 'it begins anew');
    equal((await job).state, result.state, 'what it came to');
  });
}

export async function a_job_comes_after_two_others() {
  await withRuntime({}, async (runtime) => {
    const gates = [new Gate(runtime), new Gate(runtime)];
    const { order, post } = tickets(runtime, 2);
    const before = gates.map((gate) => gate.post());
    const job = post(0, { after: before });
    await until(() => gates.every(({ reached }) => reached));
    gates[0].open();
    await before[0];
    await works(runtime); // there is a worker for it
    equal([job.status, order[0]], ['queued', 0], 'one of the two is not done');
    const next = post(1, {
      after: [before[0], runtime.post('fail', { range: [0, 1], args: { at: 0, code: 5 } })],
    });
    equal((await rejection(next, 'a job after one that failed')).name, 'DependencyError', 'name');
    gates[1].open();
    await job;
    equal(
      [before.map(({ status }) => status), ...order],
      [['done', 'done'], 1, 0],
      'both were done before',
    );
  });
}

export async function a_trace_has_what_was_run() {
  await withRuntime({}, async (runtime) => {
    runtime.trace.start();
    const jobs = [0, 1].map(() =>
      runtime.post('spin', { range: [0, 200_000], args: { cost: 100 } }),
    );
    jobs.push(runtime.post('fib', { args: { n: 18 } }));
    await Promise.all(jobs);
    const { traceEvents, displayTimeUnit } = JSON.parse(JSON.stringify(runtime.trace.stop()));
    equal(displayTimeUnit, 'ns', 'unit');
    const isNumber = (value) => Number.isFinite(value) && value >= 0;
    for (const event of traceEvents) {
      const { name, ph, pid, tid, ts, dur, s, id, cat } = event;
      const whole =
        typeof name === 'string' &&
        pid === 1 &&
        Number.isInteger(tid) &&
        (ph === 'M' || (isNumber(ts) && typeof cat === 'string'));
      const own = {
        M: event.args?.name,
        X: isNumber(dur),
        i: s === 't',
        b: isNumber(id),
        e: isNumber(id),
      }[ph];
      ensure(whole && own, `no trace event: ${JSON.stringify(event)}`);
    }
    for (const { id, kernel } of jobs) {
      const [from, to] = traceEvents.filter((event) => event.cat === 'job' && event.id === id);
      equal([from.ph, to.ph, from.name, from.ts <= to.ts], ['b', 'e', kernel, true], 'a job');
    }
    for (const { id } of jobs.slice(0, 2)) {
      const own = traceEvents.filter(({ cat, args }) => cat === 'chunk' && args.job === id);
      equal(
        own.reduce((sum, { args }) => sum + args.iterations, 0),
        200_000,
        'iterations in chunks',
      );
      ensure(
        own.every(({ name, tid }) => name === 'spin' && (tid === 1 || tid === 2)),
        'a chunk of another task',
      );
    }
    ensure(
      traceEvents.some(({ cat, args }) => cat === 'fork' && args.job === jobs[2].id),
      'no event of the recursion',
    );
    equal(traceEvents.filter(({ name }) => name === 'thread_name').length, 3, 'threads');
    await works(runtime);
    equal(
      runtime.trace
        .stop()
        .traceEvents.filter(({ cat, args }) => cat === 'chunk' && args.job === undefined).length,
      0,
      'after the stop',
    );
  });
}
