// Tests in every browser, on top of node:test.
//
//   forEachEngine((browser) => {
//     test('adds', async () => {
//       const page = await browser.open('/tests/js/browser/page.html');
//       assert.equal(await page.evaluate((a, b) => a + b, 1, 2), 3);
//     });
//   });
//
//   pageTests(new URL('./pool.page.mjs', import.meta.url));   // runs wholly inside the page
//
// An engine that is not installed is a skipped suite that says what is missing, or a failed one
// where CI=true. ENGINES=firefox,webkit restricts a run.

import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { projectMounts, serve } from '../../../tools/serve.mjs';
import { available, engines, launch } from './engines.mjs';
import { LIMIT, within } from './page.mjs';

const testsUrl = new URL('../../', import.meta.url);
const HARNESS = '/tests/js/browser/page.html';
const CLOSE_LIMIT = 5_000;

const chosen = process.env.ENGINES?.split(',') ?? engines;

/** Serves the project with its tests at `/tests/`; takes the options of `serve`. */
export function serveTests(options) {
  return serve({
    // Below /web/ too: modules of tests that Node imports as well find it there.
    mounts: [
      ...projectMounts,
      ['/tests/', fileURLToPath(testsUrl)],
      ['/web/', fileURLToPath(new URL('../web/', testsUrl))],
    ],
    head: '<script src="/tests/js/browser/collect-errors.js"></script>',
    ...options,
  });
}

/**
 * Defines the same tests for each engine, around one server and one browser.
 *
 * @param {(browser: Browser) => void} define calls node:test's `test`
 * @param {object} [options]
 * @param {object} [options.server] for `serveTests`
 * @param {object} [options.launch] for `launch`
 *
 * @typedef {object} Browser
 * @property {string} engine
 * @property {string} version once tests run
 * @property {(address: string) => string} url an address, relative to the server's, in full
 * @property {(address: string, options?: object) => Promise<Page>} open the same; the
 *   page is closed when its test ends
 * @property {(module: URL, options?: object) => void} pageTests as below, in this browser
 */
export function forEachEngine(define, options = {}) {
  for (const engine of chosen) {
    const { ok, reason } = available(engine);
    const skip = !ok && process.env.CI !== 'true' && reason;
    describe(engine, { skip }, () => defineSuite(engine, define, options));
  }
}

function defineSuite(engine, define, options) {
  let server;
  let browser;
  const pages = [];

  before(async () => {
    server = await serveTests(options.server);
    browser = await launch(engine, options.launch);
  });

  afterEach(async () => {
    await Promise.all(pages.splice(0).map(close));
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const suite = {
    engine,
    get version() {
      return browser.version;
    },
    url: (address) => new URL(address, server.url).href,
    async open(address, openOptions) {
      const page = await browser.open(suite.url(address), openOptions);
      pages.push(page);
      return page;
    },
    pageTests: (module, testOptions) => {
      const open = (pageOptions) => browser.open(suite.url(HARNESS), pageOptions);
      definePageTests(engine, open, module, testOptions);
    },
  };
  define(suite);
}

/** A page that hangs cannot be closed by asking; it ends with its browser. */
function close(page) {
  return within(CLOSE_LIMIT, 'closing', page.close()).catch(() => {});
}

/**
 * Runs a module's exported functions in the page, in every engine: each is a test, in a document
 * of its own, called with `{ engine, skip(reason) }`. The module stands below tests/.
 *
 * @param {URL} module as in `new URL('./pool.page.mjs', import.meta.url)`
 * @param {object} [options]
 * @param {number} [options.limit] for one test, in milliseconds
 */
export function pageTests(module, options) {
  forEachEngine((browser) => browser.pageTests(module, options));
}

function definePageTests(engine, open, module, { limit = LIMIT } = {}) {
  const path = `/tests/${module.href.slice(testsUrl.href.length)}`;
  test(path, async (t) => {
    let page = await open({ limit });
    const names = await page.evaluate((path) => pageSide.names(path), path);
    if (names.length === 0) throw new Error(`${path} exports no function`);
    for (const name of names) {
      await t.test(name, async (t) => {
        try {
          if (page) await page.reload();
          else page = await open({ limit });
          const run = (path, name, engine) => pageSide.run(path, name, engine);
          const skipped = await page.evaluate(run, path, name, engine);
          if (skipped) t.skip(skipped);
        } catch (error) {
          // A failed test may leave its page hanging: the next test gets another page.
          if (page) {
            error.stack += await report(page);
            await close(page);
            page = undefined;
          }
          throw error;
        }
      });
    }
    if (page) await close(page);
  });
}

async function report(page) {
  const errors = await within(CLOSE_LIMIT, 'console', page.consoleErrors()).catch(() => []);
  return errors.map((error) => `\n    console: ${error}`).join('');
}
