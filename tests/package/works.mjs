// What the page of tests/package/app says, however it was built.
import assert from 'node:assert/strict';

export const SAID = 'threads: 78498 primes, sum 1000';

/** Opens the page, which must end without an error. */
export async function works(browser, url) {
  const page = await browser.open(url);
  // WebKit keeps errors only of pages with a script of the tests.
  const errors = async () => (browser.engine === 'webkit' ? [] : page.consoleErrors());
  await page.waitFor(`document.title !== 'working'`).catch(async (error) => {
    throw new Error([error.message, ...(await errors())].join('\n'));
  });
  assert.equal(await page.evaluate(() => document.title), SAID);
  assert.deepEqual(await errors(), []);
}
