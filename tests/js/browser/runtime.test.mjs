// The runtime in three engines: with threads, without isolation, and with its worker script
// blocked.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { forEachEngine, serveTests } from './suite.mjs';

const BLANK = '/tests/js/browser/page.html';
const VIEW = { width: 320, height: 200, cx: -0.743, cy: 0.131, scale: 0.00005, limit: 1500 };

/**
 * Paints the view on a canvas and gives the digest of the pixels: FNV-1a, as
 * tests/c/unit/reference/picture.c.
 */
async function paint(view) {
  const { Runtime } = await import('/index.js');
  const runtime = await Runtime.start({ workers: 2 });
  try {
    const { width, height } = view;
    const out = runtime.alloc(Uint8ClampedArray, width * height * 4);
    const { workers } = await runtime.post('mandelbrot', {
      range: [0, height],
      args: { out, ...view },
    });
    const canvas = document.body.appendChild(
      Object.assign(document.createElement('canvas'), { width, height }),
    );
    const context = canvas.getContext('2d');
    context.putImageData(new ImageData(out.slice(), width, height), 0, 0);
    let digest = 0xcbf29ce484222325n;
    for (const byte of context.getImageData(0, 0, width, height).data) {
      digest = ((digest ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
    }
    return {
      digest: digest.toString(16).padStart(16, '0'),
      workers,
      mode: runtime.mode,
      reason: runtime.modeReason,
    };
  } finally {
    await runtime.close();
  }
}

const reference = () => {
  const args = ['width', 'height', 'cx', 'cy', 'scale', 'limit'].map((name) => String(VIEW[name]));
  return execFileSync('build/picture', args, { encoding: 'utf8' }).trim();
};

forEachEngine((browser) => {
  const noIsolation = browser.engine === 'webkit' && 'WebKitGTK shares memory in any page';

  browser.pageTests(new URL('./runtime.page.mjs', import.meta.url));
  browser.pageTests(new URL('./scheduler.page.mjs', import.meta.url));
  browser.pageTests(new URL('./calls.page.mjs', import.meta.url));
  browser.pageTests(new URL('./values.page.mjs', import.meta.url));
  browser.pageTests(new URL('./kernels.page.mjs', import.meta.url));
  browser.pageTests(new URL('./foreign.page.mjs', import.meta.url));
  browser.pageTests(new URL('./records.page.mjs', import.meta.url));
  browser.pageTests(new URL('./memory.page.mjs', import.meta.url));
  browser.pageTests(new URL('./waits.page.mjs', import.meta.url));

  test('the picture on the canvas is the native reference, bit for bit', async () => {
    const page = await browser.open(BLANK);
    const { digest, mode } = await page.evaluate(paint, VIEW);
    assert.equal(mode, 'threads');
    assert.equal(digest, reference());
    assert.deepEqual(await page.consoleErrors(), []);
  });

  test('without isolation start() works in the cooperative mode, and says why', {
    skip: noIsolation,
  }, async (t) => {
    const server = await serveTests({ isolation: false });
    t.after(server.close);
    const page = await browser.open(server.url + BLANK.slice(1));
    const { digest, mode, reason } = await page.evaluate(paint, VIEW);
    assert.equal(mode, 'cooperative');
    assert.match(reason, /cross-origin isolated/);
    assert.equal(digest, reference());
  });

  test('with a blocked worker script start() works in the cooperative mode, and says why', {
    skip: noIsolation,
  }, async (t) => {
    const server = await serveTests({ withoutCoep: /\/worker\.js$/ });
    t.after(server.close);
    const page = await browser.open(server.url + BLANK.slice(1));
    const { digest, mode, reason } = await page.evaluate(paint, VIEW);
    assert.equal(mode, 'cooperative');
    assert.match(reason, /could not be loaded|Cross-Origin-Embedder-Policy/);
    assert.equal(digest, reference());
  });
});
