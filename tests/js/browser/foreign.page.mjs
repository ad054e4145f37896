// Foreign code in workers, in a page: what it throws, returns, sends, and leaves behind. Run there
// by runtime.test.mjs, in each engine.
import { ENDLESS, ensure, equal, rejection, until, withRuntime } from './runtime-side.mjs';

const kernel = (query) => new URL(`/tests/fixtures/plugins/foreign.js?${query}`, location.href);
const module = (query) => new URL(`/tests/fixtures/modules/foreign.js?${query}`, location.href);
const TASKS = module('at=nothing');
const VALUES = new URL('/tests/fixtures/modules/values.js', location.href);

/** With threads. body(runtime, events): those of its workers. */
const watched = (options, body) =>
  withRuntime(options, (runtime) => {
    const events = [];
    for (const type of ['worker-crash', 'worker-error'])
      runtime.addEventListener(type, ({ detail }) => events.push([type, detail.reason]));
    return body(runtime, events);
  });

async function tried(runtime, query) {
  const name = query.replace('=', '_');
  await runtime.define(name, kernel(query), {});
  const error = await rejection(runtime.run(name, { range: [0, 10] }), query);
  equal(error.name, 'KernelTrapError', query);
  return error;
}

export async function a_kernel_may_throw_anything() {
  for (const mode of ['threads', 'cooperative']) {
    await watched({ mode }, async (runtime, events) => {
      equal((await tried(runtime, 'throw=text')).cause, 'only text', mode);
      equal((await tried(runtime, 'throw=null')).cause, null, mode);
      for (const thrown of ['undefined', 'symbol', 'proxy', 'getter'])
        ensure((await tried(runtime, `throw=${thrown}`)).reason, `${thrown}, ${mode}`);
      const { cause, reason } = await tried(runtime, 'throw=range');
      equal(reason, 'out of it', mode);
      ensure(cause instanceof RangeError, `${cause}`);
      ensure(/foreign\.js\S*:\d+/.test(cause.stack), cause.stack);
      const trap = await rejection(runtime.run('trap', { range: [0, 9], args: { at: 3 } }), 'trap');
      ensure(trap.cause instanceof WebAssembly.RuntimeError, `${trap.cause}`);
      ensure(/wasm/.test(trap.cause.stack), trap.cause.stack);
      equal(events, [], mode);
    });
  }
}

export async function a_kernel_that_returns_a_promise_or_no_code_fails() {
  for (const mode of ['threads', 'cooperative']) {
    await watched({ mode }, async (runtime, events) => {
      for (const returned of ['promise', 'rejection']) {
        const { message } = await tried(runtime, `return=${returned}`);
        ensure(/must be synchronous/.test(message), message);
      }
      for (const returned of ['half', 'negative', 'large', 'text', 'nan', 'thenable']) {
        const { message } = await tried(runtime, `return=${returned}`);
        ensure(returned === 'thenable' || /from 0 to 65535/.test(message), message);
      }
      equal(events, [], mode);
    });
  }
}

export async function messages_of_a_module_settle_nothing() {
  await watched({}, async (runtime, events) => {
    const messages = [
      null,
      'text',
      { type: 'answer', answer: { job: 2, value: 5 } },
      { type: 'stopped' },
      { type: 'failed', reason: 'forged' },
    ];
    await runtime.call(TASKS, 'send', messages);
    await until(() => runtime.stats().foreignMessages === messages.length);
    equal(await runtime.call(TASKS, 'answer'), 1, 'afterwards');
    equal(events, [], 'events');
  });
}

export async function a_message_that_cannot_be_read_takes_no_worker() {
  const { Worker } = globalThis;
  const workers = [];
  const fail = (worker) => worker.dispatchEvent(new MessageEvent('messageerror'));
  // Engines have no value in common that one thread sends and the other cannot read.
  globalThis.Worker = class extends Worker {
    set onmessage(listener) {
      workers.push(this);
      super.onmessage = (event) =>
        event.data.answer?.value?.input === 'lost' ? fail(this) : listener(event);
    }
  };
  await watched({}, async (runtime, events) => {
    workers.forEach(fail);
    equal(runtime.stats().foreignMessages, 2, 'foreign messages');
    const match = (text) => runtime.call(VALUES, 'match', [text, /./]);
    const [{ reason }, { value }] = await Promise.allSettled([match('lost'), match('found')]);
    equal([reason.code, value[0]], ['PLUGIN', 'f'], `${reason}`);
    ensure(/its result cannot be read on this thread/.test(reason.message), reason.message);
    equal([(await match('again'))[0], runtime.stats().outstanding], ['a', 0], 'afterwards');
    equal([events, runtime.workers.running], [[], 2], 'workers');
  });
}

export async function exceptions_that_nothing_catches_are_told() {
  await watched({}, async (runtime, events) => {
    const long = runtime.post('forever', { range: ENDLESS });
    await runtime.call(TASKS, 'answer');
    for (const [name, thrown] of [
      ['late', null],
      ['late', new RangeError('an error')],
      ['rejects', 'text'],
    ]) {
      const before = events.length;
      await runtime.call(TASKS, name, [thrown]);
      while (events.length === before) await runtime.call(TASKS, 'later', [5]);
    }
    equal(
      events.map(([type]) => type),
      Array(3).fill('worker-error'),
      'events',
    );
    ensure(events[1][1].includes('an error') && events[2][1].includes('text'), events.join());
    equal(long.status, 'running', 'the job beside');
  });
}

export async function a_module_of_the_page_alone_is_refused() {
  await watched({}, async (runtime, events) => {
    for (const query of ['at=page', 'at=text', 'at=page&more']) {
      const refused = [
        [runtime.define('page', module(query), {}), 'define()'],
        [runtime.call(module(query), 'answer'), 'call()'],
      ];
      for (const [promise, what] of refused)
        equal((await rejection(promise, what)).code, 'PLUGIN', `${what} ${query}`);
    }
    equal([events, runtime.workers.running], [[], 2], 'workers');
  });
}

export async function an_import_that_does_not_end_takes_no_worker() {
  await watched({ workers: 1, maxWorkers: 2, importLimit: 1000 }, async (runtime, events) => {
    await runtime.call(TASKS, 'answer');
    const loop = runtime.post('spin', { range: [0, 1e9], args: { cost: 10 } });
    const ends = [
      rejection(runtime.call(module('at=never'), 'answer'), 'call()'),
      rejection(runtime.define('never', module('at=never&define'), {}), 'define()'),
    ];
    await until(() => loop.progress > 0);
    const before = loop.progress;
    equal((await runtime.run('empty', { range: [0, 5], priority: 'high' })).iterations, 5, 'post');
    await until(() => loop.progress > before);
    await runtime.resize(2);
    for (const { code, message } of await Promise.all(ends)) {
      equal(code, 'PLUGIN', message);
      ensure(/not imported within 1000 ms/.test(message), message);
    }
    equal([events, runtime.workers.running], [[], 2], 'workers');
  });
}

export async function a_worker_that_closes_itself_is_replaced() {
  await watched({ startLimit: 3000, importLimit: 3000 }, async (runtime, events) => {
    await runtime.call(TASKS, 'answer');
    await runtime.call(TASKS, 'ends');
    await until(() => events.length === 1 && runtime.workers.running === 2);
    equal(events, [['worker-crash', 'it called close()']], 'events');
    await runtime.define('fine', TASKS, {});
    equal((await rejection(runtime.call(module('at=end'), 'answer'), 'call()')).code, 'PLUGIN', '');
    await until(() => runtime.workers.running === 2);
    equal(events.length, 3, 'deaths');
    // No event tells of this one.
    if (!(await runtime.call(TASKS, 'closes'))) return;
    await runtime.define('later', module('later'), {}).catch(({ code }) => equal(code, 'PLUGIN'));
    await until(() => events.length === 4 && runtime.workers.running === 2);
    equal(await runtime.call(TASKS, 'answer'), 1, 'afterwards');
  });
}
