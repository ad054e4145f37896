// Records of rings and loops of batches that fail, in a page: run there by runtime.test.mjs, in
// each engine.
import { FAILS, FINE, THROWS } from '/tests/fixtures/modules/picky.js';
import { ensure, equal, rejection, withRuntime } from './runtime-side.mjs';

const PICKY = new URL('/tests/fixtures/modules/picky.js', location.href);
const schema = { fields: { record: 'array u8', runs: 'array u32', waits: 'option u32' } };
const COUNT = 200;
const range = (n) => Array.from({ length: n }, (_, i) => i);
const kindOf = (i) => (i % 50 === 7 ? THROWS : i % 60 === 9 ? FAILS : FINE);
/** Records [kind, number]. */
const pairs = {
  encode(view, [kind, number]) {
    view.setUint32(0, kind, true);
    view.setUint32(4, number, true);
    return 8;
  },
  decode: (view) => view.getUint32(4, true),
};

/** Each mode, with the kernel 'picky': body(runtime, runs, mode) may run COUNT records. */
async function eachMode(body) {
  for (const mode of ['threads', 'cooperative']) {
    await withRuntime({ mode }, async (runtime) => {
      await runtime.define('picky', PICKY, schema);
      const runs = runtime.alloc(Uint32Array, COUNT);
      const used = runtime.memory.used;
      await body(runtime, runs, mode);
      equal(
        runs.every((n) => n === 1),
        true,
        `each record runs once, ${mode}`,
      );
      equal([runtime.memory.used, runtime.stats().outstanding], [used, 0], mode);
    });
  }
}

/** The error of record i is that of its kernel, with what that threw. */
function checkError(error, i, what) {
  const wanted = kindOf(i) === THROWS ? 'KERNEL_TRAPPED' : 'KERNEL_FAILED';
  equal(error?.code, wanted, `record ${i}, ${what}: ${error}`);
  if (kindOf(i) === FAILS) return equal(error.failure, 9, what);
  equal(error.cause?.name, 'RangeError', `${what}: ${error.cause}`);
  equal(error.cause.message, `record ${i} is bad`, what);
  ensure(/picky\.js\S*:\d+/.test(error.cause.stack), `${what}: ${error.cause.stack}`);
}

export async function a_record_that_fails_is_the_only_one_that_does() {
  for (const ordered of [false, true]) {
    await eachMode(async (runtime, runs, mode) => {
      const what = `ordered ${ordered}, ${mode}`;
      const ring = runtime.ring('picky', { into: 'record', args: { runs }, ordered, ...pairs });
      const ends = await Promise.allSettled(range(COUNT).map((i) => ring.send([kindOf(i), i])));
      ends.forEach(({ value, reason }, i) => {
        if (kindOf(i) === FINE) equal(value, i + 1000, `record ${i}, ${what}: ${reason}`);
        else checkError(reason, i, what);
      });
      await ring.close();
    });
  }
}

export async function a_producer_in_a_worker_hears_why_a_record_failed() {
  const script = `
    import { connectRing } from ${JSON.stringify(new URL('/ring.js', location.href).href)};
    // A message gives an error another stack in Firefox.
    const told = (error) => error && { name: error.constructor.name, message: error.message, stack: error.stack };
    onmessage = async ({ data: { port, kinds } }) => {
      const ring = connectRing(port, {
        encode: (view, [kind, number]) => (view.setUint32(0, kind, true), view.setUint32(4, number, true), 8),
        decode: (view) => view.getUint32(4, true),
      });
      const ends = await Promise.allSettled(kinds.map((kind, i) => ring.send([kind, i])));
      await ring.close();
      postMessage(ends.map(({ value, reason }) => value ??
        { code: reason.code, failure: reason.failure, cause: told(reason.cause) }));
    };
    postMessage('ready');`;
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  await withRuntime({}, async (runtime) => {
    await runtime.define('picky', PICKY, schema);
    const runs = runtime.alloc(Uint32Array, COUNT);
    const { port } = runtime.ringPort('picky', { into: 'record', args: { runs } });
    const worker = new Worker(url, { type: 'module' });
    const heard = (send) =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        send();
      });
    await heard(() => {});
    const ends = await heard(() => worker.postMessage({ port, kinds: range(COUNT).map(kindOf) }));
    ends.forEach((end, i) => {
      if (kindOf(i) === FINE) equal(end, i + 1000, `record ${i}`);
      else checkError(end, i, 'in a worker');
    });
    worker.terminate();
  });
}

export async function a_loop_that_fails_is_the_only_one_that_does() {
  for (const inOrder of [false, true]) {
    await eachMode(async (runtime, runs, mode) => {
      const arrays = range(COUNT).map((i) => {
        const words = runtime.alloc(Uint32Array, 2);
        words.set([kindOf(i), i]);
        return words;
      });
      const loops = arrays.map(({ buffer, byteOffset }) => ({
        range: [0, 1],
        args: { record: new Uint8Array(buffer, byteOffset, 8), runs },
      }));
      const error = await rejection(runtime.postMany('picky', loops, { inOrder }), 'a batch');
      equal(
        error.failures.map(({ index }) => index),
        range(COUNT).filter((i) => kindOf(i) !== FINE),
        `failures, inOrder ${inOrder}, ${mode}`,
      );
      for (const { index, error: own } of error.failures)
        checkError(own, index, `inOrder ${inOrder}, ${mode}`);
      checkError(error, error.failures[0].index, 'the error of the batch');
      for (const words of arrays) runtime.free(words);
    });
  }
}

export async function a_loop_that_overruns_its_stack_is_the_only_one_that_fails() {
  await withRuntime({ stackBytes: 65536 }, async (runtime) => {
    const loops = range(50).map((i) => ({ range: [0, 1], args: { bytes: i === 20 ? 80_000 : 1 } }));
    const error = await rejection(runtime.postMany('overflow', loops), 'a batch');
    equal([error.code, error.failures.length, error.failures[0].index], ['STACK_OVERFLOW', 1, 20]);
    equal(error.iterations, 49, 'iterations');
  });
}

export async function a_record_that_is_overwritten_is_not_skipped() {
  const { connectRing } = await import('/ring.js');
  const { CONTROL, FILLER } = await import('/ring/layout.js');
  for (const [word, value] of [
    [8, 64],
    [57, FILLER],
  ]) {
    await withRuntime({}, async (runtime) => {
      const { port } = runtime.ringPort('record', { bytes: 256, args: { by: 1 } });
      const ring = connectRing(port, {
        encode: (view, n) => (view.setUint32(0, n, true), 4),
        decode: (view) => view.getUint32(0, true),
        flush: 'manual',
      });
      const sent = range(8).map((n) => ring.send(n));
      new Uint32Array(port.memory.buffer, port.address + CONTROL)[word] = value;
      ring.flush();
      for (const { reason } of await Promise.allSettled(sent))
        equal(reason?.code, 'CORRUPT', `word ${word}: ${reason}`);
      const other = runtime.ring('record', {
        args: { by: 1 },
        encode: (view, n) => (view.setUint32(0, n, true), 4),
        decode: (view) => view.getUint32(0, true),
      });
      equal(await other.send(1), 2, 'another ring');
      await other.close();
    });
  }
}
