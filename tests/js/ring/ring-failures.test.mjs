// Records that fail, and foreign code in encode() and decode(): only its own record is concerned.
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';

import {
  ArgumentError,
  ClosedError,
  CorruptError,
  KernelError,
  KernelTrapError,
  WorkerLostError,
} from '../../../web/index.js';
import { connectRing } from '../../../web/ring.js';
import { ENDS, FAILS, FINE, pairs, THROWS } from '../../fixtures/modules/picky.js';
import { eachBuild, eachMode, until } from '../helpers.mjs';
import { decode, encode, open } from './records.mjs';

const range = (n) => Array.from({ length: n }, (_, i) => i);
const fields = { record: 'array u8', runs: 'array u32', waits: 'option u32' };

async function picky(start, count, options) {
  const runtime = await start();
  await runtime.define('picky', new URL('../../fixtures/modules/picky.js', import.meta.url), {
    fields,
  });
  const runs = runtime.alloc(Uint32Array, count);
  return { runtime, runs, given: { into: 'record', args: { runs }, ...options } };
}

for (const ordered of [false, true]) {
  eachMode(`a record that throws is the only one that fails, ordered ${ordered}`, async (start) => {
    const count = 600;
    const { runtime, runs, given } = await picky(start, count, { ordered });
    const used = runtime.memory.used;
    const kindOf = (i) => (i % 50 === 7 ? THROWS : i % 60 === 9 ? FAILS : FINE);
    const { port, close } = runtime.ringPort('picky', given);
    for (const ring of [runtime.ring('picky', { ...given, ...pairs }), connectRing(port, pairs)]) {
      runs.fill(0);
      const heard = [];
      const ends = await Promise.allSettled(
        range(count).map((i) => ring.send([kindOf(i), i]).finally(() => heard.push(i))),
      );
      ends.forEach(({ value, reason }, i) => {
        if (kindOf(i) === FINE) assert.equal(value, i + 1000);
        else if (kindOf(i) === FAILS) assert(reason instanceof KernelError && reason.failure === 9);
        else {
          assert(reason instanceof KernelTrapError, `${reason}`);
          assert.match(reason.reason, new RegExp(`record ${i} is bad`));
          assert.match(reason.message, /a record of kernel "picky" trapped: .*is bad/);
          assert(reason.cause instanceof RangeError, `${reason.cause}`);
          assert.equal(reason.cause.message, `record ${i} is bad`);
          assert.match(reason.cause.stack, /picky\.js:\d+/);
        }
      });
      assert(
        runs.every((n) => n === 1),
        'each record runs once',
      );
      if (ordered) assert.deepEqual(heard, range(count));
      await ring.close();
    }
    close();
    await until(() => runtime.memory.used === used);
  });
}

eachBuild('a record whose worker ends is the only one that fails', async (start) => {
  const { runs, runtime, given } = await picky(start, 200);
  const ring = runtime.ring('picky', { ...given, ...pairs });
  const ends = await Promise.allSettled(
    range(200).map((i) => ring.send([i === 99 ? ENDS : FINE, i])),
  );
  ends.forEach(({ value, reason }, i) => {
    if (i === 99) assert(reason instanceof WorkerLostError, `${reason}`);
    else assert.equal(value, i + 1000, `${reason}`);
  });
  assert(runs.every((n) => n === 1));
});

for (const [what, overwrite] of [
  ['its length', (bytes, at) => bytes.fill(0, at - 22, at - 18)],
  ['its end', (bytes, at) => bytes.fill(255, at + 15, at + 30)],
  ['its list', (bytes, at) => bytes.fill(0, at - 18, at)],
  ['its class', (bytes, at) => bytes.write('Vernel', at)],
]) {
  eachBuild(`a record's error of which ${what} is overwritten is an error`, async (start) => {
    const { runtime, given } = await picky(start, 2);
    const { port } = runtime.ringPort('picky', given);
    const bytes = Buffer.from(port.memory.buffer, port.address);
    // The record before is decoded when the error is in memory, and has not been read.
    const decode = (view) => {
      const at = bytes.indexOf('KernelTrapError');
      assert(at > 0, 'no error is in memory');
      overwrite(bytes, at);
      return pairs.decode(view);
    };
    const ring = connectRing(port, { ...pairs, decode, flush: 'manual' });
    const sent = [ring.send([FINE, 0]), ring.send([THROWS, 1])];
    ring.flush();
    const [{ value }, { reason }] = await Promise.allSettled(sent);
    assert.equal(value, 1000);
    assert(reason instanceof CorruptError, `${reason}`);
    assert.match(reason.message, /memory of a record's error was overwritten/);
    await ring.close();
  });
}

eachMode('encode() and decode() may close the ring, the runtime, or throw', async (start) => {
  const runtime = await start();
  const inEncode = open(runtime, {
    encode(view, n) {
      if (n === 2) inEncode.close();
      return encode(view, n);
    },
  });
  const ends = await Promise.allSettled([0, 1, 2, 3].map((n) => inEncode.send(n)));
  assert.deepEqual(
    ends.map(({ value, reason }) => value ?? reason.constructor),
    [1, 2, ClosedError, ClosedError],
  );
  await inEncode.close();

  const empty = open(runtime, {
    encode(view, n) {
      empty.close();
      return encode(view, n);
    },
  });
  await assert.rejects(empty.send(1), ClosedError);
  const { used } = runtime.memory;
  assert.equal(used, 0);

  const inDecode = open(runtime, {
    decode(view) {
      const n = decode(view);
      if (n === 3) inDecode.close();
      if (n === 4) throw null; // eslint-disable-line no-throw-literal
      return n;
    },
  });
  const back = await Promise.allSettled([1, 2, 3, 4].map((n) => inDecode.send(n)));
  assert.deepEqual(
    back.map(({ value, reason }) => value ?? reason),
    [2, 3, null, 5],
  );
  await inDecode.close();
  assert.equal(runtime.memory.used, 0);

  const last = open(runtime, {
    encode(view, n) {
      if (n === 1) runtime.close();
      return encode(view, n);
    },
  });
  for (const { reason } of await Promise.allSettled([0, 1, 2].map((n) => last.send(n))))
    assert(reason === undefined || reason instanceof ClosedError || reason.code, `${reason}`);
  await runtime.close();
});

eachMode('encode() and decode() may transfer the buffers of their views', async (start) => {
  const runtime = await start();
  const lose = ({ buffer }) => structuredClone(buffer, { transfer: [buffer] });
  const ring = open(runtime, {
    encode(view, n) {
      if (n === 1) lose(view);
      return n === 1 ? 0 : encode(view, n);
    },
    decode(view) {
      const n = decode(view);
      if (n === 4) lose(view);
      return n;
    },
  });
  const ends = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => ring.send(n)));
  assert(ends[1].reason instanceof ArgumentError, `${ends[1].reason}`);
  assert.deepEqual(
    ends.filter((_, i) => i !== 1).map(({ value }) => value),
    [1, 3, 4, 5],
  );
  await ring.close();
  assert.equal(runtime.memory.used, 0);
});

eachBuild('a producer in a worker of its own hears why a record failed', async (start, t) => {
  const { runtime, given } = await picky(start, 3);
  const { port } = runtime.ringPort('picky', given);
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.ring).then(async ({ connectRing }) => {
      const ring = connectRing(workerData.port, {
        encode: (view, [kind, number]) => (view.setUint32(0, kind, true), view.setUint32(4, number, true), 8),
        decode: (view) => view.getUint32(4, true),
      });
      const ends = await Promise.allSettled([[0, 0], [1, 1], [0, 2]].map((record) => ring.send(record)));
      parentPort.postMessage(ends.map(({ value, reason }) => value ?? [reason.name, reason.reason]));
      await ring.close();
    });`,
    {
      eval: true,
      workerData: { ring: new URL('../../../web/ring.js', import.meta.url).href, port },
    },
  );
  t.after(() => worker.terminate());
  const told = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  assert.deepEqual(told, [1000, ['KernelTrapError', 'record 1 is bad'], 1002]);
});
