// Functions of modules as tasks, and rings of records, in a page: run there by runtime.test.mjs, in
// each engine.
import { ensure, equal, rejection, until, withRuntime } from './runtime-side.mjs';

const TASKS = new URL('/tests/fixtures/modules/tasks.js', location.href);

/** With threads, and in the cooperative mode. */
async function eachMode(body) {
  for (const mode of ['threads', 'cooperative'])
    await withRuntime({ mode }, (runtime) => body(runtime, mode));
}

export async function plain_functions_are_called() {
  await eachMode(async (runtime, mode) => {
    equal(await runtime.call(TASKS, 'add', [20, 22]), 42, mode);
    equal(await runtime.call(TASKS.href, 'default', ['you']), 'hello, you', mode);
    const sums = await Promise.all(
      Array.from({ length: 500 }, (_, i) => runtime.call(TASKS, 'add', [i, 1])),
    );
    equal(
      sums.every((sum, i) => sum === i + 1),
      true,
      `500 at once, ${mode}`,
    );
    const [back] = await runtime.call(TASKS, 'same', [
      new Map([['ü🦊', [new Date(5), /a/g, -0, 7n, undefined]]]),
    ]);
    const [date, expression, zero, big, nothing] = back.get('ü🦊');
    ensure(
      date.getTime() === 5 &&
        expression.flags === 'g' &&
        Object.is(zero, -0) &&
        big === 7n &&
        nothing === undefined,
      `values, ${mode}`,
    );
    equal(runtime.memory.used, 0, `shared memory in use, ${mode}`);
  });
}

export async function asynchronous_functions_are_awaited() {
  await eachMode(async (runtime, mode) => {
    const jobs = Array.from({ length: 20 }, (_, i) =>
      runtime.call(TASKS, i % 2 ? 'later' : 'add', [i, 1]),
    );
    equal(
      await Promise.all(jobs),
      jobs.map((_, i) => (i % 2 ? i : i + 1)),
      mode,
    );
    const never = runtime.call(TASKS, 'never');
    await until(() => never.status === 'running');
    never.cancel('enough');
    equal((await rejection(never, 'a cancelled function')).reason, 'enough', mode);
  });
}

export async function what_a_function_throws_arrives() {
  await eachMode(async (runtime, mode) => {
    for (const name of ['fail', 'failLater']) {
      const error = await rejection(runtime.call(TASKS, name, ['no good']), name);
      ensure(
        error instanceof TypeError && error.cause instanceof RangeError,
        `${name}, ${mode}: ${error}`,
      );
      equal(
        [error.message, error.detail, error.stack.includes('tasks.js')],
        ['no good', 7, true],
        `${name}, ${mode}`,
      );
    }
    const { code, cause } = await rejection(runtime.call(TASKS, 'unclonable'), 'a function');
    equal([code, cause.name], ['PLUGIN', 'DataCloneError'], mode);
    equal((await rejection(runtime.call(TASKS, 'none'), 'no such function')).code, 'PLUGIN', mode);
    const missing = new URL('/tests/fixtures/modules/none.js', location.href);
    equal(
      (await rejection(runtime.call(missing, 'add'), 'no such module')).source,
      missing.href,
      mode,
    );
    equal(await runtime.call(TASKS, 'add', [1, 2]), 3, `afterwards, ${mode}`);
  });
}

export async function large_and_transferred_results_come_whole() {
  await eachMode(async (runtime, mode) => {
    for (const name of ['large', 'moved']) {
      for (const bytes of [10, 5000, 2 ** 21]) {
        const array = await runtime.call(TASKS, name, [bytes]);
        equal(
          [array.length, array.every((byte) => byte === (name === 'large' ? 7 : 5))],
          [bytes, true],
          `${name} of ${bytes}, ${mode}`,
        );
      }
    }
    const given = new Float32Array([1, 2, 3]);
    equal(await runtime.call(TASKS, 'sum', [given], { transfer: [given.buffer] }), 6, mode);
    equal(given.length, 0, `transferred, ${mode}`);
    const shared = runtime.alloc(Float64Array, 10);
    await runtime.call(TASKS, 'fill', [shared, 2.5]);
    equal(
      shared.every((value) => value === 2.5),
      true,
      `shared memory, ${mode}`,
    );
  });
}

const record = {
  encode(view, n) {
    view.setUint32(0, n, true);
    return 4;
  },
  decode: (view) => view.getUint32(0, true),
};

export async function a_thousand_records_come_back() {
  await eachMode(async (runtime, mode) => {
    for (const options of [{}, { bytes: 512, ordered: true }]) {
      const ring = runtime.ring('record', { args: { by: 1 }, ...record, ...options });
      const back = await Promise.all(Array.from({ length: 1000 }, (_, n) => ring.send(n)));
      equal(
        back.every((value, n) => value === n + 1),
        true,
        `${mode}, ${JSON.stringify(options)}`,
      );
      equal((await rejection(ring.send(0xdead), 'a record that fails')).failure, 7, mode);
      await ring.close();
    }
    equal(runtime.memory.used, 0, `shared memory in use, ${mode}`);
  });
}

/** Three producers, each with a ring; Atomics.waitAsync or messages notify a producer. */
async function producers(runtime, waitAsync) {
  const own = Atomics.waitAsync;
  const produce = async (bytes) => {
    if (!waitAsync) Atomics.waitAsync = undefined;
    const { port } = runtime.ringPort('record', { bytes: 1024, args: { by: 1 } });
    Atomics.waitAsync = own;
    const worker = new Worker(new URL('/tests/fixtures/modules/producer.js', location.href), {
      type: 'module',
    });
    const answer = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        data.ready ? worker.postMessage({ port, count: 1000, base: bytes, bytes }) : resolve(data);
      worker.onerror = (event) => reject(new Error(event.message || 'the worker did not start'));
    });
    const { wrong } = await answer;
    worker.terminate();
    return wrong;
  };
  equal(await Promise.all([4, 60, 900].map(produce)), [0, 0, 0], 'records that came back wrong');
  await until(() => runtime.memory.used === 0);
}

export async function a_worker_of_the_page_sends_records() {
  await eachMode(async (runtime) => {
    // WebKitGTK delivers one notification in some 20,000 late.
    for (let i = 0; i < 3; i++) await producers(runtime, true);
  });
}

export async function a_worker_of_the_page_sends_records_and_hears_by_message() {
  await eachMode((runtime) => producers(runtime, false));
}

const EVENTS = new URL('/tests/fixtures/modules/events.js', location.href);

export async function a_running_function_that_is_stopped_loses_its_worker() {
  await withRuntime({ workers: 1, callGrace: 50 }, async (runtime) => {
    await runtime.call(TASKS, 'add', [1, 2]);
    const words = runtime.alloc(Int32Array, 2);
    const begin = performance.now();
    const job = runtime.call(TASKS, 'busy', [words], { timeout: 300 });
    equal((await rejection(job, 'an endless function')).code, 'TIMEOUT', 'its code');
    ensure(performance.now() - begin < 1500, 'it has settled at once');
    equal(await runtime.call(TASKS, 'add', [1, 2]), 3, 'afterwards');
    runtime.free(words);
    equal(runtime.memory.used, 0, 'shared memory in use');
    equal(runtime.workers.reason, '', 'missing workers');
  });
}

export async function timers_and_messages_reach_idle_workers() {
  await withRuntime({}, async (runtime) => {
    const words = runtime.alloc(Int32Array, 1);
    await runtime.call(EVENTS, 'timer', [words, 20]);
    await until(() => words[0] === 1);
    const name = `filch ${Math.random()}`;
    await runtime.call(EVENTS, 'listen', [words, name]);
    const channel = new BroadcastChannel(name);
    for (let i = 2; i < 6; i++) {
      channel.postMessage('now');
      await until(() => words[0] === i);
    }
    channel.close();
    await runtime.call(EVENTS, 'interval', [words, 1]);
    const end = performance.now() + 5000;
    while (words[0] < 10 && performance.now() < end) await runtime.call(TASKS, 'add', [1, 2]);
    ensure(words[0] >= 10, 'timers run while calls do');
  });
}

export async function idle_workers_are_woken_and_recalled() {
  await withRuntime({ maxWorkers: 2 }, async (runtime) => {
    for (let i = 0; i < 150; i++) {
      equal(await runtime.call(TASKS, 'add', [i, 2]), i + 2, 'a sum');
      if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      if (i % 50 === 0) await runtime.resize(1 + ((i / 50) % 2));
    }
    for (const worker of [0, 1]) {
      const other = worker && runtime.call(TASKS, 'later', [0, 20]);
      await runtime.call(EVENTS, 'withoutWaitAsync');
      await other;
    }
    for (let i = 0; i < 20; i++) {
      equal(await runtime.call(TASKS, 'add', [i, 2]), i + 2, 'without waitAsync');
      if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });
}
