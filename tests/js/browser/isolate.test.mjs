// The service worker that isolates pages of a host without headers; and the reasons that a page
// without isolation gets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine, serveTests } from './suite.mjs';

const PAGE = 'tests/js/browser/page.html';

/** In the page: isolates the page, and gives the mode of the runtime. */
async function report(done) {
  const { isolate } = await import('/isolate.js');
  const isolated = await isolate('/isolation-worker.js');
  const { Runtime } = await import('/index.js');
  const runtime = await Runtime.start({ workers: 1 });
  const { iterations } = await runtime.run('sieve', { range: [0, 2], args: { limit: 1e6 } });
  document.body.dataset[done] = JSON.stringify({ isolated, mode: runtime.mode, iterations });
  await runtime.close();
}

forEachEngine((browser) => {
  const noIsolation = browser.engine === 'webkit' && 'WebKitGTK shares memory in any page';

  test('on a host without headers the page isolates itself, and has threads', {
    skip: noIsolation,
  }, async (t) => {
    const server = await serveTests({ isolation: false });
    t.after(server.close);
    const page = await browser.open(server.url + PAGE);
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    await page
      .evaluate((source) => void eval(`(${source})('first')`), String(report))
      .catch(() => {}); // the page is loaded again meanwhile
    await page.waitFor('globalThis.crossOriginIsolated === true', 'the page to be isolated');
    await page.evaluate((source) => void eval(`(${source})('again')`), String(report));
    await page.waitFor('document.body.dataset.again !== undefined', 'the runtime');
    const again = JSON.parse(await page.evaluate(() => document.body.dataset.again));
    assert.deepEqual(again, { isolated: true, mode: 'threads', iterations: 2 });
  });

  test('the reason names the header that is missing or wrong', { skip: noIsolation }, async (t) => {
    const open = async (headers) => {
      const server = await serveTests({ isolation: false, headers });
      t.after(server.close);
      const page = await browser.open(server.url + PAGE);
      return page.evaluate(async () => {
        const { Runtime } = await import('/index.js');
        const runtime = await Runtime.start({ workers: 1 });
        await runtime.close();
        return runtime.modeReason;
      });
    };
    const both =
      /Cross-Origin-Opener-Policy: same-origin is missing; .*Cross-Origin-Embedder-Policy: require-corp or credentialless is missing/;
    assert.match(await open({}), both);
    const opener = await open({ 'Cross-Origin-Opener-Policy': 'same-origin' });
    assert.match(opener, /Embedder-Policy/);
    assert.doesNotMatch(opener, /Opener-Policy/);
    const wrong = await open({
      'Cross-Origin-Opener-Policy': 'unsafe-none',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    assert.match(wrong, /Opener-Policy is "unsafe-none", and must be same-origin/);
    const popups = await open({
      'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
      'Cross-Origin-Embedder-Policy': 'require-corps',
    });
    assert.match(popups, /Opener-Policy is "same-origin-allow-popups", and must be same-origin;/);
    assert.match(popups, /Embedder-Policy is "require-corps", and must be require-corp or/);
    const parameters = await open({
      'Cross-Origin-Opener-Policy': 'same-origin; report-to="x"',
      'Cross-Origin-Embedder-Policy': 'require-corp; report-to="x"',
    });
    assert.equal(parameters, '');
  });
});
