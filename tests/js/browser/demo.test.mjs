// The demo page, clicked through as a person would, in three engines. Screenshots:
// build/screenshots/.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { forEachEngine, serveTests } from './suite.mjs';

const SHOTS = 'build/screenshots';
await mkdir(SHOTS, { recursive: true });

const state = (page) => page.evaluate(() => document.body.dataset.state);
const text = (page, selector) =>
  page.evaluate((s) => document.querySelector(s).textContent, selector);
const settled = (page, what) =>
  page.waitFor(`['done', 'failed', 'cancelled'].includes(document.body.dataset.state)`, what);

async function open(browser, address, options) {
  const page = await browser.open(address, options);
  await page.waitFor(
    `document.body.dataset.mode !== undefined && document.body.dataset.state !== 'starting'`,
    'the runtime to start',
  );
  return page;
}

/** Clicks #run, and waits for the end of that run. */
async function run(page, what) {
  await page.evaluate(() => delete document.querySelector('#result-workers').dataset.ms);
  await page.click('#run');
  await page.waitFor(
    `document.body.dataset.state === 'failed' || document.querySelector('#result-workers').dataset.ms > 0`,
    what,
  );
  await settled(page, what);
  assert.equal(await state(page), 'done', `${what}: ${await text(page, '#error')}`);
  assert.equal(await text(page, '#error'), '');
}

forEachEngine((browser) => {
  const noIsolation = browser.engine === 'webkit' && 'WebKitGTK shares memory in any page';

  for (const [name, look] of Object.entries({
    wide: { width: 1440, height: 900, colorScheme: 'light' },
    narrow: { width: 360, height: 740, colorScheme: 'dark' },
  })) {
    test(`every kernel runs on the page, ${name}`, async () => {
      const page = await open(browser, '/demo/?workers=2', look);
      const kernels = await page.evaluate(() =>
        [...document.querySelectorAll('#kernels a')].map((a) => a.dataset.kernel),
      );
      assert.deepEqual(kernels, ['mandelbrot', 'resize', 'hash', 'primes', 'automaton']);
      for (const kernel of kernels) {
        await page.click(`#kernels a[data-kernel=${kernel}]`);
        await page.waitFor(`document.body.dataset.kernel === '${kernel}'`, kernel);
        if ((await state(page)) === 'running') await settled(page, `${kernel}, of its own`);
        await run(page, kernel);
        await page.screenshot(`${SHOTS}/${browser.engine}-${name}-${kernel}.png`);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - innerWidth,
        );
        assert.ok(overflow <= 0, `${kernel}: the page is ${overflow} px too wide`);
      }
      assert.deepEqual(await page.consoleErrors(), []);
    });
  }

  test('pi(10^8) is on the page', async () => {
    const page = await open(browser, '/demo/?workers=2#primes');
    await page.evaluate(() => {
      const limit = document.querySelector('#prime-limit'); // a power of ten
      limit.value = 8;
      limit.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await run(page, 'the count');
    assert.equal(
      await page.evaluate(() => document.querySelector('#prime-count').dataset.count),
      '5761455',
    );
  });

  test('the page hashes a file that the user picks', async (t) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'filch-test-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'abc.txt');
    await writeFile(file, 'abc');
    const page = await open(browser, '/demo/?workers=2#hash');
    await page.setFile('#hash-file', file);
    // BLAKE3 of "abc".
    const wanted = '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85';
    if ((await page.evaluate(() => document.querySelector('#digest').dataset.hex)) !== wanted) {
      await settled(page, 'the pick').catch(() => {});
      await page.click('#run');
    }
    await page.waitFor(
      `document.querySelector('#digest').dataset.hex === '${wanted}'`,
      'the hash of abc',
    );
  });

  test('the page does not hang on pan, zoom, and cancel', async () => {
    const page = await open(browser, '/demo/?workers=2#mandelbrot', { width: 1280, height: 800 });
    await run(page, 'the first picture');
    const posted = await page.evaluate(() => Number(document.body.dataset.posted));
    await page.drag('#mandelbrot-view', { x: 200, y: 200 }, { x: 320, y: 260 });
    await page.wheel('#mandelbrot-view', 0, -240);
    await page.waitFor(
      `document.body.dataset.posted > ${posted} && document.body.dataset.state === 'done'`,
      'the picture of the new view',
    );
    assert.equal(await page.evaluate(() => document.querySelector('#place').value), 'own');
    assert.equal(await text(page, '#error'), '');
    await page.click('#kernels a[data-kernel=automaton]');
    await page.waitFor(`document.body.dataset.kernel === 'automaton'`, 'the automaton');
    await page.click('#run');
    await page.evaluate(() => document.querySelector('#cancel').click());
    await settled(page, 'the cancelled run');
    await run(page, 'a run after the cancel');
  });

  test('a long render survives a reload of its page', async () => {
    const limit = 1000;
    const address = `/demo/render.html?every=200&limit=${limit}`;
    const page = await browser.open(address, { width: 390, height: 800, colorScheme: 'dark' });
    const data = (name) => page.evaluate((key) => Number(document.body.dataset[key]), name);
    const begun = (how) =>
      page.waitFor(`document.body.dataset.began === '${how}'`, `the render, ${how}`);
    await begun('begun');
    await page.waitFor(`document.body.dataset.saved > 0`, 'the first save');
    const before = await data('saved');
    await page.screenshot(`${SHOTS}/${browser.engine}-render.png`);
    await page.reload();
    await begun('restored');
    const from = await data('from');
    assert.ok(from >= before, `it goes on from ${from}, and had saved ${before}`);
    await page.waitFor(`document.body.dataset.state === 'done'`, 'its end');
    // The picture is the same as one that was never saved.
    const same = await page.evaluate(async (limit) => {
      const { Runtime } = await import('../index.js');
      const runtime = await Runtime.start();
      const [width, height] = [2400, 1600];
      const out = runtime.alloc(Uint8ClampedArray, width * height * 4);
      const args = {
        out,
        width,
        height,
        cx: -0.743643887037151,
        cy: 0.13182590420533,
        scale: 1e-11 / width,
        limit,
      };
      await runtime.post('mandelbrot', { range: [0, height], args });
      const shown = document
        .querySelector('#picture')
        .getContext('2d')
        .getImageData(0, 0, width, height).data;
      const equal = shown.every((byte, i) => byte === out[i]);
      await runtime.close();
      return equal;
    }, limit);
    assert.ok(same, 'the picture is the same as without a reload');
  });

  test('without isolation the page works, and says so', { skip: noIsolation }, async (t) => {
    const server = await serveTests({ isolation: false });
    t.after(server.close);
    const page = await open(browser, `${server.url}demo/#primes`);
    assert.equal(await page.evaluate(() => document.body.dataset.mode), 'cooperative');
    assert.match(await text(page, '#notice'), /isolated/);
    await run(page, 'the run');
    await page.screenshot(`${SHOTS}/${browser.engine}-cooperative.png`);
  });
});
