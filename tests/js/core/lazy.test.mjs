// Code that comes on demand, where it does not come: each time with a copy of the package that
// lacks one file, which is there again later, as after a failure of the network.
import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { after, test } from 'node:test';

import { builds, ENDLESS, moduleOf, startAt } from '../helpers.mjs';
import { decode, encode } from '../ring/records.mjs';

const web = new URL('../../../web/', import.meta.url);
/** Two processes may run this file at a time. */
const copies = new URL(`../../../build/lazy-${process.pid}/`, import.meta.url);
after(() => rm(copies, { recursive: true, force: true }));

/** A test with the package without `file`; putBack() writes that. */
function without(file, name, body) {
  for (const mode of ['threads', 'cooperative']) {
    test(`${name}, ${mode}`, { timeout: 60_000 }, async (t) => {
      const copy = new URL(`${file.replaceAll(/\W/g, '-')}-${mode}/`, copies);
      await cp(web, copy, { recursive: true, filter: (path) => !path.endsWith('.wasm') });
      await rm(new URL(file, copy));
      const filch = await import(new URL('index.js', copy));
      const options = { module: await moduleOf(builds[0]), mode, workers: 2, memory: 2 ** 24 };
      const runtime = await startAt(options, filch.Runtime);
      t.after(() => runtime.close());
      const putBack = async () =>
        writeFile(new URL(file, copy), await readFile(new URL(file, web), 'utf8'));
      await body(runtime, putBack, filch);
      assert.equal(runtime.memory.used, 0);
      assert.equal(runtime.stats().outstanding, 0);
    });
  }
}

const url = 'data:text/javascript,export const twice = (x) => 2 * x;';

without(
  'tasks/running-calls.js',
  'call() rejects without its code, and works once that is there',
  async (runtime, putBack, { PluginError }) => {
    const refused = (error) => {
      assert(error instanceof PluginError, error.stack);
      assert.match(error.message, /^call\(\) needs import\(\), which fails here: ./);
      return true;
    };
    const jobs = [runtime.call(url, 'twice', [1]), runtime.call(url, 'twice', [2])];
    for (const job of jobs) await assert.rejects(job, refused);
    const cancelled = runtime.call(url, 'twice', [3]);
    cancelled.cancel('no more');
    await assert.rejects(cancelled, { code: 'CANCELLED' });
    await putBack();
    await assert.rejects(runtime.call(url, 'none', []), PluginError);
    assert.equal(await runtime.call(url, 'twice', [21]), 42);
  },
);

without(
  'snapshot/save.js',
  'save() rejects without its code, and the job goes on',
  async (runtime, putBack, { ModuleError }) => {
    const job = runtime.post('empty', { range: ENDLESS });
    await assert.rejects(job.save(), (error) => {
      assert(error instanceof ModuleError, error.stack);
      assert.match(error.message, /^save\(\) needs import\(\), which fails here: ./);
      return true;
    });
    await putBack();
    const saved = await job.save();
    assert.equal(job.status, 'running');
    const again = runtime.restore(saved);
    for (const each of [job, again]) {
      each.cancel();
      await assert.rejects(each, { code: 'CANCELLED' });
    }
  },
);

without(
  'ring/consumer.js',
  'a ring ends without its code, and the next one works once that is there',
  async (runtime, putBack, { ClosedError }) => {
    const options = { bytes: 256, args: { by: 1 }, encode, decode };
    const ring = runtime.ring('record', options);
    const large = runtime.ring('record', { ...options, encode: () => 200 });
    const far = runtime.ringPort('record', { bytes: 256, args: { by: 1 } });
    for (const each of [ring, large]) {
      await assert.rejects(each.send(1), (error) => {
        assert(error instanceof ClosedError, error.stack);
        assert.match(error.message, /consumer cannot be loaded/);
        return true;
      });
    }
    far.close({ gone: true });
    await ring.close();
    assert.equal(runtime.memory.used, 0);
    await putBack();
    const next = runtime.ring('record', options);
    assert.equal(await next.send(41), 42);
    await next.close();
  },
);
