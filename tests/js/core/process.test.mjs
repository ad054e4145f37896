// When Node's process stays alive, and when the process ends; engines without Atomics.waitAsync.
import assert from 'node:assert/strict';

import { eachBuild, inProcess } from '../helpers.mjs';

eachBuild(
  'the top level can await a job, and the process ends without close()',
  async (start, t, file) => {
    const { code, stdout, stderr, ms } = await inProcess(
      `const runtime = await start();
     const job = await runtime.post('spin', { range: [0, 3000], args: { cost: 50000 } });
     console.log(job.iterations);`,
      { file },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '3000');
    assert(ms < 15_000, `${ms} ms`);
  },
);

eachBuild('an idle runtime does not keep the process alive', async (start, t, file) => {
  for (const options of ['', '{ mode: "cooperative" }', '{ workers: 8 }']) {
    const { code, stdout, ms } = await inProcess(
      `const runtime = await start(${options}); console.log('up');`,
      { file },
    );
    assert.deepEqual([code, stdout], [0, 'up']);
    assert(ms < 15_000, `${ms} ms`);
  }
});

eachBuild(
  'a job that runs keeps the process alive, even without an await',
  async (start, t, file) => {
    for (const mode of ['threads', 'cooperative']) {
      const { code, stdout } = await inProcess(
        `const runtime = await start({ mode: '${mode}' });
       const job = runtime.post('spin', { range: [0, 3000], args: { cost: 20000 } });
       process.on('exit', () => console.log(job.status));`,
        { file },
      );
      assert.deepEqual([code, stdout], [0, 'done']);
    }
  },
);

eachBuild(
  'jobs that wait for a slot keep the process alive, until the last',
  async (start, t, file) => {
    const { code, stdout } = await inProcess(
      `const runtime = await start({ taskSlots: 2 });
     const jobs = Array.from({ length: 300 }, () => runtime.post('spin', { range: [0, 10], args: { cost: 20000 } }));
     process.on('exit', () => console.log(new Set(jobs.map((job) => job.status))));`,
      { file },
    );
    assert.deepEqual([code, stdout], [0, "Set(1) { 'done' }"]);
  },
);

eachBuild(
  'the process ends after close(), and after a start that failed',
  async (start, t, file) => {
    const { code, stdout, ms } = await inProcess(
      `const runtime = await start();
     const job = runtime.post('forever', { range: [0, 1e15] });
     await runtime.close();
     await start({ memory: 2 ** 20, workers: 30 }).catch((error) => console.log(error.code));`,
      { file },
    );
    assert.deepEqual([code, stdout], [0, 'OUT_OF_MEMORY']);
    assert(ms < 15_000, `${ms} ms`);
  },
);

eachBuild('process.exit() ends the process with all workers busy', async (start, t, file) => {
  const { code } = await inProcess(
    `const runtime = await start();
     const job = runtime.post('forever', { range: [0, 1e15] });
     while (!job.progress) await new Promise((resolve) => setTimeout(resolve, 1));
     process.exit(7);`,
    { file },
  );
  assert.equal(code, 7);
});

for (const [name, before] of [
  ['without Atomics.waitAsync', 'delete Atomics.waitAsync;'],
  // An engine may say of any wait that the word has changed already.
  [
    'with a waitAsync that often does not wait',
    `
    const { waitAsync } = Atomics;
    let calls = 0;
    Atomics.waitAsync = (words, index, value) => waitAsync(words, index, ++calls % 3 ? value + 1 : value);`,
  ],
]) {
  eachBuild(`${name}: everything works`, async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `const runtime = await start({ taskSlots: 16 });
       const visits = runtime.alloc(Uint32Array, 1e5);
       await runtime.post('visit', { range: [0, 1e5], args: { visits } });
       const jobs = Array.from({ length: 2000 }, () => runtime.post('empty', { range: [0, 1] }));
       jobs.forEach((job, i) => i % 7 || job.cancel());
       const done = (await Promise.allSettled(jobs)).length;
       const endless = Array.from({ length: 20 }, () => runtime.post('forever', { range: [0, 1e15] }));
       setTimeout(() => endless.forEach((job) => job.cancel()), 50);
       await Promise.allSettled(endless);
       for (let i = 0; i < 100; i++) await runtime.post('empty', { range: [0, 1] });
       const trap = await runtime.post('trap', { range: [0, 9], args: { at: 3 } }).catch((error) => error.code);
       const last = runtime.post('forever', { range: [0, 1e15] });
       await runtime.close();
       console.log(visits.every((n) => n === 1), done, trap, last.status);`,
      { file, before },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'true 2000 KERNEL_TRAPPED cancelled');
  });
}

eachBuild(
  'without Atomics.waitAsync a job keeps the process alive, and an idle runtime does not',
  async (start, t, file) => {
    const { code, stdout } = await inProcess(
      `const runtime = await start(); console.log((await runtime.post('spin', { range: [0, 1000], args: { cost: 50000 } })).iterations);`,
      { file, before: 'delete Atomics.waitAsync;' },
    );
    assert.deepEqual([code, stdout], [0, '1000']);
  },
);
