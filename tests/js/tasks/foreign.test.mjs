// Foreign code at every point where the owner calls it: what it throws, and what it calls, leaves
// the runtime in order. Every accepted job settles; a post that throws leaves nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ArgumentError,
  CancelledError,
  copied,
  CopyBackError,
  DependencyError,
  FilchError,
} from '../../../web/index.js';
import { bomb, reported, spin, works } from './foreign.mjs';
import {
  bothModes,
  builds,
  ENDLESS,
  eachBuild,
  inProcess,
  moduleOf,
  startAt,
} from '../helpers.mjs';

/** All that a post changes. */
const books = (runtime) => {
  const { outstanding, queued, jobs } = runtime.stats();
  return { outstanding, queued, jobs, used: runtime.memory.used, full: runtime.needsDrain };
};

class Signal extends EventTarget {
  aborted = false;
}
const signals = {
  'has no removeEventListener': { aborted: false, addEventListener() {} },
  'throws in removeEventListener': {
    aborted: false,
    addEventListener() {},
    removeEventListener: bomb,
  },
  'throws in a getter of its reason': Object.assign(new Signal(), {
    end() {
      Object.defineProperty(this, 'reason', { get: bomb });
      this.dispatchEvent(new Event('abort'));
    },
  }),
};

for (const [name, signal] of Object.entries(signals)) {
  bothModes(`a job settles whose signal ${name}`, async (start) => {
    const runtime = await start();
    const told = await reported(async () => {
      const job = runtime.post('spin', {
        ...(signal.end ? { ...spin, range: ENDLESS } : spin),
        signal,
      });
      const other = runtime.post('spin', spin);
      signal.end?.();
      if (signal.end) await assert.rejects(job, CancelledError);
      else await job;
      await other;
    });
    assert.deepEqual(told, name.startsWith('throws') ? ['foreign'] : []);
    await works(runtime);
  });
}

/** Options that throw, or refuse; or a function that makes them. */
const refused = {
  'a signal whose addEventListener throws': () => ({
    ...spin,
    signal: { aborted: false, addEventListener: bomb, removeEventListener() {} },
  }),
  'a signal whose state throws': () => ({
    ...spin,
    signal: Object.defineProperty(new Signal(), 'aborted', { get: bomb }),
  }),
  'a getter of an option': () => ({
    ...spin,
    get priority() {
      return bomb();
    },
  }),
  'a getter of an argument': () => ({
    range: [0, 1],
    args: {
      get cost() {
        return bomb();
      },
    },
  }),
  'arguments that are a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return { range: [0, 1], args: proxy };
  },
  'an array "after" that cannot be iterated': () => ({
    ...spin,
    after: Object.assign([], { [Symbol.iterator]: bomb }),
  }),
};

for (const [name, options] of Object.entries(refused)) {
  bothModes(`a post that throws leaves nothing: ${name}`, async (start) => {
    const runtime = await start();
    const first = runtime.post('spin', spin);
    await first;
    const before = books(runtime);
    assert.throws(
      () => runtime.post('spin', options()),
      (error) => error instanceof ArgumentError && /foreign|revoked/.test(error.message),
    );
    assert.deepEqual(books(runtime), before);
    assert.equal(runtime.post('spin', spin).id, first.id + 1);
    await works(runtime);
  });
}

bothModes(
  'a post that throws after its copies were made gives their memory back',
  async (start) => {
    const runtime = await start();
    const { used } = runtime.memory;
    const listened = [];
    const signal = {
      aborted: false,
      addEventListener: (...given) => listened.push(given),
      removeEventListener: (...given) => assert.deepEqual(given, listened.shift()),
    };
    for (const visits of [copied(['1', Symbol('s')]), copied([1n])]) {
      assert.throws(
        () => runtime.post('visit', { range: [0, 1], args: { visits }, signal }),
        ArgumentError,
      );
      assert.equal(runtime.memory.used, used);
      assert.equal(listened.length, 0, 'the signal is not listened to');
    }
    await works(runtime);
  },
);

// -- copies back --
const gone = () => {
  const array = new Uint32Array(1000);
  return [array, () => structuredClone(array.buffer, { transfer: [array.buffer] })];
};
const frozen = () => {
  const array = Array.from({ length: 1000 }, () => 0);
  return [array, () => Object.freeze(array)];
};
const setter = () => [Object.defineProperty(Array(1000).fill(0), 500, { set: bomb }), () => {}];
const shrunk = () => {
  if (!ArrayBuffer.prototype.resize) return gone();
  const buffer = new ArrayBuffer(4000, { maxByteLength: 4000 });
  return [new Uint32Array(buffer), () => buffer.resize(40)];
};

for (const [name, make] of Object.entries({ gone, frozen, setter, shrunk })) {
  bothModes(`a job whose result finds no array says so: ${name}`, async (start) => {
    const runtime = await start({ taskSlots: 4 });
    const { used } = runtime.memory;
    const [array, spoil] = make();
    const visits = copied(array, { back: true });
    const job = runtime.post('visit', { range: [0, 1000], args: { visits } });
    const others = Array.from({ length: 5 }, () => runtime.post('spin', spin));
    const dependents = [1, 2].map(() => runtime.post('spin', { ...spin, after: job }));
    spoil();
    await assert.rejects(job, (error) => {
      assert(error instanceof CopyBackError && error.code === 'COPY_BACK', `${error}`);
      assert.match(error.message, /kernel "visit".* has run, and the array .* did not take/);
      assert(error.cause instanceof Error);
      assert.equal(error.iterations, 1000);
      return true;
    });
    assert.equal(job.status, 'failed');
    await Promise.all(others);
    for (const dependent of dependents) await assert.rejects(dependent, DependencyError);
    assert.equal(runtime.memory.used, used);
    await works(runtime);
  });
}

// -- calls from within --
bothModes('getters of a post may post, free, cancel, and abort', async (start) => {
  const runtime = await start();
  const inner = [];
  const visits = runtime.alloc(Uint32Array, 3);
  const outer = runtime.post('spin', {
    range: [0, 0],
    get args() {
      inner.push(runtime.post('spin', { range: [0, 0], args: { cost: 0, sum: 1 } }));
      return {
        get cost() {
          inner.push(runtime.post('spin', { range: [0, 0], args: { cost: 0, sum: 2 } }));
          return 0;
        },
        get sum() {
          inner.push(runtime.post('spin', { range: [0, 0], args: { cost: 0, sum: 3 } }));
          return 4;
        },
      };
    },
  });
  const all = [...inner, outer];
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length, 'each job has an id of its own');
  assert.equal((await outer).state.sum, 4n);
  for (const job of inner) assert([1n, 2n, 3n].includes((await job).state.sum));

  assert.throws(
    () =>
      runtime.postMany('visit', [
        { range: [0, 1], args: { visits } },
        {
          range: [0, 1],
          get args() {
            runtime.free(visits);
            return { visits: runtime.alloc(Uint32Array, 3) };
          },
        },
      ]),
    { code: 'FREED_MEMORY' },
  );
  const controller = new AbortController();
  const aborted = runtime.post('spin', {
    range: ENDLESS,
    signal: controller.signal,
    args: {
      get cost() {
        controller.abort('meanwhile');
        return 1;
      },
    },
  });
  await assert.rejects(aborted, { reason: 'meanwhile' });
  const first = runtime.post('spin', { ...spin, range: ENDLESS });
  const dependent = runtime.post('spin', {
    ...spin,
    after: first,
    get name() {
      first.cancel();
      return 'dependent';
    },
  });
  await assert.rejects(first, CancelledError);
  await assert.rejects(dependent, DependencyError);
  await works(runtime);
});

bothModes('each of two calls, one within the other, gets its own answer', async (start) => {
  const runtime = await start();
  const url = new URL('../../fixtures/modules/tasks.js', import.meta.url);
  let inner;
  const outer = runtime.call(url, 'later', [
    {
      get value() {
        inner = runtime.call(url, 'later', ['inner', 1]);
        return 'outer';
      },
    },
    20,
  ]);
  assert.equal(await inner, 'inner');
  assert.deepEqual(await outer, { value: 'outer' });
  assert.notEqual(inner.id, outer.id);
  await works(runtime);
});

bothModes('a signal may abort, post, and throw while it is listened to', async (start) => {
  const runtime = await start();
  const signal = {
    aborted: false,
    listeners: [],
    addEventListener(type, listener) {
      this.listeners.push(listener);
      if (this.listeners.length === 1) {
        this.inner = runtime.post('spin', { ...spin, signal: this });
        listener();
      }
    },
    removeEventListener(type, listener) {
      this.listeners.splice(this.listeners.indexOf(listener), 1);
    },
  };
  await assert.rejects(runtime.post('spin', { ...spin, signal }), CancelledError);
  await signal.inner;
  assert.equal(signal.listeners.length, 0);
  await works(runtime);
});

bothModes('arrays that take a result may call the runtime', async (start) => {
  const runtime = await start({ taskSlots: 2 });
  const later = [];
  let job;
  const array = Object.defineProperty(Array(10).fill(0), 5, {
    set() {
      later.push(runtime.post('spin', spin));
      job.cancel('too late');
      waiting.cancel('from within');
    },
  });
  job = runtime.post('visit', { range: [0, 10], args: { visits: copied(array, { back: true }) } });
  const waiting = runtime.post('spin', { ...spin, after: job });
  await job;
  assert.equal(later.length, 1);
  await later[0];
  await assert.rejects(waiting, { reason: 'from within' });
  await works(runtime);
});

eachBuild('listeners may throw, cancel, post, and close', async (start, t, file) => {
  // Node gives an exception of a listener to the process.
  const { code, stdout, stderr } = await inProcess(
    `
    let thrown = 0;
    process.on('uncaughtException', ({ message }) => (thrown += message === 'foreign'));
    const bomb = () => { throw new Error('foreign'); };
    const spin = { range: [0, 100], args: { cost: 10 } };
    const runtime = await start({ taskSlots: 2, workers: 1 }); // jobs end in order
    runtime.dispatchEvent = bomb; // the application's own
    runtime.addEventListener('task', bomb);
    await runtime.run('spin', spin);
    delete runtime.dispatchEvent;
    const jobs = Array.from({ length: 20 }, (_, i) => runtime.post('spin', { ...spin, name: String(i) }));
    runtime.addEventListener('task', ({ detail: { name } }) => {
      if (name === '3') jobs[18].cancel();
      if (name === '5') jobs.push(runtime.post('spin', spin));
      if (name === '9') runtime.close();
      bomb();
    });
    const ends = await Promise.allSettled(jobs);
    await Promise.allSettled(jobs);
    await runtime.close();
    const { outstanding } = runtime.stats();
    console.log(JSON.stringify({ done: ends.slice(0, 10).filter(({ value }) => value).length, cancelled: jobs[18].status, posted: jobs.length, outstanding, thrown: thrown > 10 }));
    `,
    { file },
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    done: 10,
    cancelled: 'cancelled',
    posted: 21,
    outstanding: 0,
    thrown: true,
  });
});

test('reasons of a cancel may be anything', { timeout: 60_000 }, async (t) => {
  const runtime = await startAt({
    module: await moduleOf(builds[0]),
    workers: 1,
    memory: 2 ** 24,
  });
  t.after(() => runtime.close());
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const long = 'x'.repeat(2 ** 29 - 30);
  const reasons = [null, Symbol('s'), proxy, Object.create(null), { message: long }, long, 1n];
  reasons.push(Object.defineProperty(new Error('x'), 'message', { get: bomb }));
  for (const reason of reasons) {
    for (const options of [
      { range: ENDLESS, args: { cost: 1 } },
      { ...spin, after: runtime.post('spin', { ...spin, range: ENDLESS }) },
    ]) {
      const job = runtime.post('spin', options);
      job.cancel(reason);
      const error = await job.then(assert.fail, (error) => error);
      assert(error instanceof CancelledError && error.reason === reason);
      assert(error instanceof FilchError);
    }
  }
});
