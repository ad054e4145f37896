// save() of jobs without anything to save, and of jobs that end meanwhile.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { NotSavableError } from '../../../web/index.js';
import { ENDLESS, Gate, eachBuild, eachMode, until } from '../helpers.mjs';

const isNotSavable = (job, reason) => (error) => {
  assert(error instanceof NotSavableError, `${error}`);
  assert.equal(error.code, 'NOT_SAVABLE');
  assert.equal(error.job, job.id);
  assert.equal(error.kernel, job.kernel);
  assert.match(error.reason, reason);
  assert(error.message.includes(error.reason));
  return true;
};

eachMode(
  'save() refuses settled jobs, fork functions, plain reductions, and jobs with dependencies',
  async (start) => {
    const runtime = await start({ taskSlots: 4 });
    const done = runtime.post('empty', { range: [0, 5] });
    await done;
    await assert.rejects(done.save(), isNotSavable(done, /^it has finished$/));
    const cancelled = runtime.post('empty', { range: [0, 5], signal: AbortSignal.abort() });
    await assert.rejects(cancelled.save(), isNotSavable(cancelled, /^it was cancelled$/));
    const failed = runtime.post('fail', { range: [0, 5], args: { at: 0, code: 1 } });
    await assert.rejects(failed);
    await assert.rejects(failed.save(), isNotSavable(failed, /^it has failed$/));
    const fork = runtime.post('fib', { args: { n: 20 } });
    await assert.rejects(fork.save(), isNotSavable(fork, /"fork"/));
    const reduction = runtime.post('pi', { range: [0, 1e6], args: { seed: 1 } });
    await assert.rejects(reduction.save(), isNotSavable(reduction, /"deterministic"/));
    const first = runtime.post('forever', { range: ENDLESS });
    const next = runtime.post('empty', { range: [0, 5], after: first });
    await assert.rejects(next.save(), isNotSavable(next, /^it waits for other jobs$/));
    first.cancel();
    await Promise.allSettled([fork, reduction, first, next]);
  },
);

eachBuild('save() of a job that settles meanwhile is refused', async (start) => {
  const runtime = await start({ workers: 1 });
  const gate = new Gate(runtime);
  const [held] = await gate.hold(1);
  const saving = held.save();
  saving.catch(() => {});
  await sleep(20);
  gate.open();
  await assert.rejects(saving, isNotSavable(held, /finished|nothing of it is left/));
  assert.equal((await held).iterations, 1);

  gate.shut();
  const two = gate.post({ range: [0, 2], grain: 1 });
  await until(() => gate.words[1] === 2);
  const [a, b] = [two.save(), two.save()];
  two.cancel();
  gate.open();
  await assert.rejects(a, isNotSavable(two, /^it was cancelled$/));
  await assert.rejects(b, isNotSavable(two, /^it was cancelled$/));

  const last = runtime.post('forever', { range: ENDLESS });
  await until(() => last.progress > 0);
  const closing = last.save().then(
    () => 'saved',
    (error) => error.code,
  );
  await runtime.close();
  assert(['saved', 'NOT_SAVABLE'].includes(await closing));
});

eachMode(
  'the event loop turns while a large job is saved, and a cancel ends the save',
  async (start) => {
    const runtime = await start({ memory: 2 ** 26 });
    const visits = runtime.alloc(Uint32Array, 6 * 2 ** 20);
    visits[visits.length - 1] = 77;
    const post = () => runtime.post('visit', { range: [0, 1e6], args: { visits }, grain: 10 });
    const job = post();
    await job.pause();
    let turns = 0;
    let running = true;
    const turn = () => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    const saved = await job.save();
    running = false;
    assert(saved.length > 24 * 2 ** 20);
    assert(turns >= 4, `${turns} turns`);
    const saving = job.save();
    setImmediate(() => job.cancel());
    await assert.rejects(saving, isNotSavable(job, /^it was cancelled$/));
    runtime.free(visits);
    const again = runtime.restore(saved);
    await again;
    assert.equal(again.args.visits.at(-1), 77);
    assert(again.args.visits.subarray(0, 1e6).every((count) => count === 1));
  },
);
