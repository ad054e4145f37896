// The package's paths for browsers, as far as Node can take them: see like-a-browser.mjs.
import assert from 'node:assert/strict';

import { eachBuild, inProcess, likeABrowser } from '../helpers.mjs';

const bytes = `const bytes = (await import('node:fs')).readFileSync(module);`;

for (const [name, before] of [
  ['', ''],
  [', without Atomics.waitAsync', 'delete Atomics.waitAsync;'],
]) {
  eachBuild(`threads, jobs, traps, cancels, and close() work${name}`, async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `${bytes}
       const runtime = await start({ module: bytes, workers: 'auto', taskSlots: 16 });
       console.log(runtime.mode, runtime.workers.running);
       const visits = runtime.alloc(Uint32Array, 1e5);
       await runtime.post('visit', { range: [0, 1e5], args: { visits } });
       console.log(visits.every((n) => n === 1));
       console.log((await Promise.all(Array.from({ length: 3000 }, () => runtime.post('empty', { range: [0, 1] })))).length);
       await runtime.post('trap', { range: [0, 9], args: { at: 3 } }).catch((error) => console.log(error.code, error.reason));
       const endless = runtime.post('forever', { range: [0, 1e15] });
       setTimeout(() => endless.cancel('enough'), 20);
       await endless.catch((error) => console.log(error.reason));
       const last = runtime.post('forever', { range: [0, 1e15] });
       await runtime.close();
       console.log(last.status);
       process.exit();`,
      { file, before: likeABrowser() + before },
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.split('\n'), [
      'threads 2',
      'true',
      '3000',
      'KERNEL_TRAPPED unreachable',
      'enough',
      'cancelled',
    ]);
  });
}

eachBuild(
  'a terminated worker is replaced after the engine had time to end its thread',
  async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `${bytes}
     const runtime = await start({ module: bytes });
     const gate = runtime.alloc(Uint32Array, 2);
     const jobs = [0, 1].map(() => runtime.post('gate', { range: [0, 1], args: { gate } }));
     while (gate[1] < 2) await new Promise((resolve) => setTimeout(resolve, 1));
     const began = performance.now();
     runtime.replaceWorker(0);
     const lost = await Promise.any(jobs.map((job) => job.then(() => Promise.reject(), (error) => error)));
     console.log(lost.code, performance.now() - began >= 2900);
     gate[0] = 1;
     console.log((await Promise.allSettled(jobs)).map(({ status }) => status).sort().join());
     while (runtime.workers.running < 2) await new Promise((resolve) => setTimeout(resolve, 5));
     await runtime.close();
     process.exit();`,
      { file, before: likeABrowser() },
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.split('\n'), ['WORKER_LOST true', 'fulfilled,rejected']);
  },
);

eachBuild(
  'for a worker script that cannot be fetched the reason is the likely cause',
  async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `${bytes}
     globalThis.Worker = class { constructor() { setTimeout(() => this.onerror({})); } addEventListener() {} postMessage() {} terminate() {} };
     const runtime = await start({ module: bytes });
     console.log(runtime.mode, runtime.modeReason);
     await start({ module: bytes, mode: 'threads' }).catch((error) => console.log(error.name));
     process.exit();`,
      { file, before: likeABrowser() },
    );
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^cooperative 2 of 2 workers.*Cross-Origin-Embedder-Policy\nWorkerStartError$/,
    );
  },
);

eachBuild(
  'a page that is isolated, but may not share its memory, is cooperative',
  async (start, t, file) => {
    const { code, stdout, stderr } = await inProcess(
      `${bytes}
     const { Worker } = globalThis;
     globalThis.Worker = class extends Worker { postMessage() { throw new DOMException('memory could not be cloned', 'DataCloneError'); } };
     const runtime = await start({ module: bytes });
     console.log(runtime.mode, (await runtime.post('empty', { range: [0, 5] })).iterations, runtime.modeReason);
     await runtime.close();
     process.exit();`,
      { file, before: likeABrowser() },
    );
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^cooperative 5 2 of 2 workers did not start: memory could not be cloned$/,
    );
  },
);
