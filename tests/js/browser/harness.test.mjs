// The harness itself: a test may rely on these facts in every engine.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { LIMIT, eventually, within } from './page.mjs';
import { forEachEngine, serveTests } from './suite.mjs';

const BLANK = '/tests/js/browser/page.html';
const onLinux = process.platform === 'linux';

/** Processes that were started, however indirectly, with FILCH_MARK set to the mark. */
async function marked(mark) {
  const found = [];
  for (const pid of (await readdir('/proc')).filter(Number)) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (environment.split('\0').includes(`FILCH_MARK=${mark}`)) found.push(pid);
  }
  return found;
}

forEachEngine((browser) => {
  // With the switch that WebKitGTK needs for shared memory, WebKitGTK shares in every page.
  const noIsolation = browser.engine === 'webkit' && 'WebKitGTK shares memory in any page';

  test('a browser names its version', () => assert.match(browser.version, /^\d+(\.\d+)+/));

  test('a page is isolated', { skip: noIsolation }, async () => {
    const page = await browser.open(BLANK);
    assert.equal(await page.evaluate('crossOriginIsolated'), true);
  });

  test('a page without the headers is not isolated', { skip: noIsolation }, async (t) => {
    const server = await serveTests({ isolation: false });
    t.after(server.close);
    const page = await browser.open(server.url + BLANK.slice(1));
    assert.equal(await page.evaluate('crossOriginIsolated'), false);
  });

  test('a worker script without COEP is blocked', { skip: noIsolation }, async (t) => {
    const server = await serveTests({ withoutCoep: /\.worker\.mjs$/ });
    t.after(server.close);
    const page = await browser.open(server.url + BLANK.slice(1));
    const outcome = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const worker = new Worker('harness.worker.mjs', { type: 'module' });
          worker.onerror = ({ type }) => resolve(type);
          worker.onmessage = () => resolve('started');
          const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
          const word = new Int32Array(memory.buffer);
          word[0] = 1; // so a worker that does start answers at once
          worker.postMessage(memory);
        }),
    );
    assert.equal(outcome, 'error');
  });

  browser.pageTests(new URL('./harness.page.mjs', import.meta.url));

  test('evaluate carries arguments, results and promises', async () => {
    const page = await browser.open(BLANK);
    const sum = (a, b) => Promise.resolve({ sum: a.n + b.n, text: '"\u2028é' });
    assert.deepEqual(await page.evaluate(sum, { n: 1 }, { n: 2 }), { sum: 3, text: '"\u2028é' });
    assert.equal(await page.evaluate('1 + 1'), 2);
    assert.equal(await page.evaluate(() => undefined), undefined);
  });

  test("evaluate throws the page's error, and names what took too long", async () => {
    const page = await browser.open(BLANK, { limit: 1_000 });
    const thrower = () => {
      throw new RangeError('too far');
    };
    await assert.rejects(page.evaluate(thrower), { name: 'RangeError', message: 'too far' });
    await assert.rejects(page.evaluate('new Promise(() => {})'), /new Promise.*within 1000 ms/);
    await assert.rejects(page.click('#nowhere'), /#nowhere/);
  });

  test('viewport and colour scheme are those asked for', async () => {
    const look = () => [
      innerWidth,
      innerHeight,
      matchMedia('(prefers-color-scheme: dark)').matches,
    ];
    const phone = await browser.open(BLANK, { width: 360, height: 640, colorScheme: 'dark' });
    assert.deepEqual(await phone.evaluate(look), [360, 640, true]);
    const desk = await browser.open(BLANK);
    assert.deepEqual(await desk.evaluate(look), [1280, 720, false]);
  });

  test('click, select, file, drag, wheel', async (t) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'filch-test-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'saved.bin');
    await writeFile(file, 'saved');

    const page = await browser.open(BLANK);
    await page.evaluate(() => {
      document.body.innerHTML = `
        <p style="height: 2000px"></p>
        <button>press</button> <input type="file">
        <select><option value="1">one</option><option value="2">two</option></select>
        <div style="width: 200px; height: 100px; background: teal"></div>`;
      const area = document.querySelector('div');
      globalThis.seen = { clicks: 0, path: [], wheel: [0, 0] };
      document.querySelector('button').onclick = ({ isTrusted }) => (seen.clicks += isTrusted);
      area.onpointerdown = area.onpointerup = ({ offsetX, offsetY }) =>
        seen.path.push([Math.round(offsetX), Math.round(offsetY)]);
      area.onwheel = ({ deltaX, deltaY }) => (seen.wheel = [deltaX, deltaY]);
    });
    await page.click('button');
    await page.select('select', '2');
    await page.setFile('input', file);
    await page.drag('div', { x: 10, y: 20 }, { x: 150, y: 60 });
    await page.wheel('div', 0, 120);
    await page.waitFor('seen.wheel[1] !== 0');

    assert.equal(await page.evaluate(() => document.querySelector('select').value), '2');
    assert.equal(
      await page.evaluate(() => document.querySelector('input').files[0].text()),
      'saved',
    );
    assert.deepEqual(await page.evaluate('seen'), {
      clicks: 1,
      path: [
        [10, 20],
        [150, 60],
      ],
      wheel: [0, 120],
    });
  });

  test('a screenshot is a PNG of the viewport', async (t) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'filch-test-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'page.png');
    const page = await browser.open(BLANK, { width: 640, height: 480 });
    await page.screenshot(file);
    const png = await readFile(file);
    assert.equal(png.toString('latin1', 1, 4), 'PNG');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [640, 480]);
  });

  test('errors of the page are collected', async () => {
    const page = await browser.open(BLANK);
    assert.deepEqual(await page.consoleErrors(), []);
    await page.evaluate(() => {
      console.error('said');
      setTimeout(() => {
        throw new TypeError('thrown');
      });
      Promise.reject(new Error('rejected'));
    });
    const errors = await eventually(5_000, 'three errors', async () => {
      const errors = await page.consoleErrors();
      return errors.length >= 3 && errors;
    });
    for (const text of ['said', 'TypeError: thrown', 'Error: rejected']) {
      assert.ok(errors.includes(text), `${text} in ${JSON.stringify(errors)}`);
    }
  });

  for (const signal of ['SIGTERM', 'SIGKILL']) {
    test(`nothing runs on after ${signal}`, { skip: !onLinux && 'reads /proc' }, async (t) => {
      // A Playwright that is killed leaves its profiles behind.
      const folder = await mkdtemp(path.join(os.tmpdir(), 'filch-test-'));
      t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
      const mark = `${process.pid}-${browser.engine}-${signal}`;
      const script = `
        import { launch } from ${JSON.stringify(new URL('./engines.mjs', import.meta.url))};
        const browser = await launch('${browser.engine}');
        await browser.open('about:blank');
        console.log('open');
        process.stdin.resume().on('end', process.exit);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, FILCH_MARK: mark, TMPDIR: folder },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await within(LIMIT, 'the browser opens', once(child.stdout, 'data'));
      assert.ok((await marked(mark)).length > 1, 'the browser can be seen');
      child.kill(signal);
      await eventually(10_000, 'all of it ends', async () => (await marked(mark)).length === 0);
    });
  }
});
