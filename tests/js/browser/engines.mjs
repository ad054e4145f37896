// Three browser engines behind one interface. See page.mjs for what a page can do.

import * as playwright from './playwright.mjs';
import * as webkitGtk from './webkit.mjs';

export const engines = ['chromium', 'firefox', 'webkit'];

/**
 * Whether this machine has the engine; if not, the reason.
 *
 * @param {'chromium' | 'firefox' | 'webkit'} engine
 * @returns {{ ok: boolean, reason?: string }}
 */
export function available(engine) {
  return driver(engine).available(engine);
}

/**
 * Starts a browser.
 *
 * `browser.open(url, { width, height, colorScheme, limit })` opens a page with a storage of its
 * own; `limit` is the longest that any call of the page may take. A browser that still runs when
 * this process ends, ends too.
 *
 * @param {'chromium' | 'firefox' | 'webkit'} engine
 * @param {object} [options]
 * @param {object} [options.playwright] further launch options, where Playwright drives the engine
 */
export async function launch(engine, options) {
  const { ok, reason } = available(engine);
  if (!ok) throw new Error(reason);
  return driver(engine).launch(engine, options);
}

/** WebKitGTK is the choice where Playwright's own WebKit is not installed. */
function driver(engine) {
  if (!engines.includes(engine)) throw new Error(`no engine ${engine}: ${engines.join(', ')}`);
  return engine === 'webkit' && !playwright.available(engine).ok ? webkitGtk : playwright;
}
