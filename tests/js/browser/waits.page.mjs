// Jobs that wait for events, promises, and times, in a page: run there by runtime.test.mjs, in each
// engine.
import { ensure, equal, rejection, until, withRuntime } from './runtime-side.mjs';

const SCRIPT = new URL('../../fixtures/modules/rests.js', import.meta.url);
const SCHEMA = {
  kind: 'sequential',
  fields: {
    event: 'value u32',
    milliseconds: 'value f64',
    asked: 'state u32',
    passed: 'state u32',
    timeouts: 'state u32',
    closed: 'state u32',
  },
};

/** A loop of `rest`, which waits so often; without an event for so many milliseconds. */
const rest = (runtime, { event, milliseconds = 0, times = 1, kernel = 'rest', ...options }) =>
  runtime.post(kernel, {
    range: [0, times],
    args: { event: event?.id ?? 0, milliseconds },
    ...options,
  });

export async function a_job_passes_once_for_each_permit() {
  await withRuntime({}, async (runtime) => {
    const event = await runtime.event('go');
    event.pulse();
    const job = rest(runtime, { event, times: 4 });
    await until(() => event.waiting === 1 && event.permits === 0);
    equal(job.progress, 1 / 4, 'the progress');
    equal((await runtime.post('empty', { range: [0, 100] })).iterations, 100, 'another job');
    event.pulse(2);
    await until(() => event.waiting === 1 && event.permits === 0);
    event.set();
    equal((await job).state.passed, 4, 'waits that passed');
  });
}

export async function a_script_waits_with_its_state_kept() {
  await withRuntime({}, async (runtime) => {
    await runtime.define('script', SCRIPT, SCHEMA);
    const event = await runtime.event('go');
    const job = rest(runtime, { event, times: 3, kernel: 'script' });
    await until(() => event.waiting === 1);
    event.pulse(2);
    await until(() => event.waiting === 1 && event.permits === 0);
    event.close();
    const wanted = { asked: 0, passed: 2, timeouts: 0, closed: 1 };
    equal((await job).state, wanted, 'the state');
  });
}

export async function a_job_waits_for_a_response() {
  await withRuntime({}, async (runtime) => {
    const event = await runtime.event(fetch(SCRIPT).then((response) => response.text()));
    equal((await rest(runtime, { event })).state.passed, 1, 'passed');
    const none = await runtime.event(fetch('http://127.0.0.1:1/').then(() => {}));
    equal((await rest(runtime, { event: none })).state.closed, 1, 'closed');
  });
}

export async function a_job_waits_for_a_time() {
  await withRuntime({}, async (runtime) => {
    await runtime.event('any');
    const begin = performance.now();
    const jobs = [30, 10, 20].map((milliseconds) => rest(runtime, { milliseconds }));
    for (const job of jobs) equal((await job).state.timeouts, 1, 'timeouts');
    const took = performance.now() - begin;
    ensure(took >= 28 && took < 10_000, `${took} ms`); // a page's clock has steps of a millisecond
  });
}

export async function leaves_of_a_tree_wait() {
  await withRuntime({}, async (runtime) => {
    const event = await runtime.event('go');
    const job = runtime.post('resttree', { args: { n: 6, event: event.id, milliseconds: 0 } });
    await until(() => event.waiting === 64);
    event.set();
    equal((await job).state.passed, 64, 'leaves');
  });
}

export async function a_cancel_ends_a_wait() {
  await withRuntime({}, async (runtime) => {
    const event = await runtime.event('never');
    const job = rest(runtime, { event });
    await until(() => event.waiting === 1);
    job.cancel('enough');
    equal((await rejection(job, 'the job')).code, 'CANCELLED', 'the error');
    equal(event.waiting, 0, 'waiting');
  });
}

export async function ten_thousand_waits_in_256_slots() {
  await withRuntime({ taskSlots: 256, maxQueue: 10_000 }, async (runtime) => {
    const event = await runtime.event('go');
    const jobs = Array.from({ length: 10_000 }, () => rest(runtime, { event }));
    await until(() => event.waiting >= 240); // 16 are for urgent ones
    event.pulse(5000);
    await until(() => event.permits === 0 && event.waiting >= 240);
    event.set();
    let passed = 0;
    for (const job of jobs) passed += (await job).state.passed;
    equal(passed, 10_000, 'waits that passed');
  });
}
