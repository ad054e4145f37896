// Milliseconds: a timer of more than 2^31 - 1 fires at once, so none may be made.
import assert from 'node:assert/strict';

import { ArgumentError, OptionsError, Runtime } from '../../../web/index.js';
import { builds, eachBuild, eachMode, Gate, moduleOf, startAt } from '../helpers.mjs';

const TOO_LONG = [2 ** 31, 1e300, -1, NaN, '100', null];
const rejects = (promise, Kind, name) =>
  assert.rejects(promise, (error) => {
    assert(error instanceof Kind, `${name}: ${error}`);
    return /2\^31 - 1/.test(error.message);
  });

eachBuild('every time is refused that no timer can keep', async (start) => {
  const runtime = await start();
  for (const ms of [...TOO_LONG, 0]) {
    for (const name of ['idleTimeout', 'startLimit', 'frameBudget'])
      await rejects(Runtime.start({ [name]: ms }), OptionsError, name);
    assert.throws(() => runtime.post('empty', { range: [0, 1], timeout: ms }), ArgumentError);
    const job = runtime.post('empty', { range: [0, 1] });
    await rejects(job.updates({ every: ms }).next(), ArgumentError, `every ${ms}`);
    await job;
  }
});

eachMode('updates() with the longest times reports the beginning and the end', async (start) => {
  const runtime = await start();
  for (const every of [Infinity, 2 ** 31 - 1]) {
    const job = runtime.post('spin', { range: [0, 200], args: { cost: 50_000 } });
    const seen = [];
    for await (const { status } of job.updates({ every })) seen.push(status);
    assert.equal(seen.length, 2);
    assert.equal(seen[1], 'done');
  }
});

eachBuild('close() that drains waits for long times, and for no time at 0', async (start) => {
  for (const timeout of [Infinity, 1e300, 2 ** 31, 2 ** 31 - 1, undefined]) {
    const runtime = await start();
    const gate = new Gate(runtime);
    const [job] = await gate.hold(1);
    const closing = runtime.close({ drain: true, timeout });
    setTimeout(() => gate.open(), 50);
    assert.equal((await job).iterations, 1, `timeout ${timeout}`);
    await closing;
  }
  const other = await startAt({ module: await moduleOf(builds[0]), workers: 1 });
  const endless = other.post('forever', { range: [0, 1e15] });
  await other.close({ drain: true, timeout: 0 });
  assert.equal(endless.status, 'cancelled');
});
