// A page's script may give Array.prototype an index: no hole, and no place behind an array's end,
// is read through it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inProcess } from '../helpers.mjs';

const records = new URL('../ring/records.mjs', import.meta.url).href;

for (const mode of ['threads', 'cooperative']) {
  test(`an index of Array.prototype is no task, worker, or record, ${mode}`, async () => {
    const { code, stdout, stderr } = await inProcess(`
      const { open } = await import(${JSON.stringify(records)});
      const indexes = Array.from({ length: 300 }, (_, i) => i);
      const foreign = { handle: 1, isOver: true, state: 'running', errands: 0, name: 'foreign' };
      for (const i of indexes)
        Object.defineProperty(Array.prototype, i, { value: foreign, writable: true, configurable: true });
      const mode = ${JSON.stringify(mode)};
      const runtime = await start({ mode, workers: 1, maxWorkers: 4, taskSlots: 8 });
      const said = [];
      const post = (n) => runtime.post('spin', { range: [0, n], args: { cost: 10 } });
      said.push((await Promise.all(indexes.slice(0, 40).map((i) => post(i)))).length);
      if (mode === 'threads') {
        await runtime.resize(3);
        said.push(runtime.workers.running);
        runtime.replaceWorker(3); // there is none
        await runtime.resize(2);
        said.push(runtime.workers.running);
      }
      const loops = indexes.slice(0, 50).map((i) => ({ range: [0, i], args: { cost: 1 } }));
      said.push((await runtime.postMany('spin', loops)).states.length);
      const url = 'data:text/javascript,export default (...args) => args.length';
      said.push(await runtime.call(url, 'default', [1, 2, 3]));
      const ring = open(runtime);
      said.push((await Promise.all(indexes.slice(0, 20).map((i) => ring.send(i)))).join(''));
      await ring.close();
      const failed = await runtime.post('fail', { range: [0, 9], args: { at: 3, code: 7 } }).catch((e) => e);
      said.push(failed.name);
      const last = post(2 ** 40).catch((error) => error.name);
      await runtime.close();
      said.push(await last);
      console.log(said.join(' '));
    `);
    assert.equal(code, 0, stderr);
    const sent = Array.from({ length: 20 }, (_, i) => i + 1).join('');
    const resized = mode === 'threads' ? '3 2 ' : '';
    assert.equal(stdout, `40 ${resized}50 3 ${sent} KernelError AbortError`);
  });
}
