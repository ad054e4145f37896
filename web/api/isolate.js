/**
 * Isolation on a static host that sends no headers of one's own: a service worker of the page's
 * origin adds them. See docs/deploy.md.
 *
 *     if (!(await isolate('./isolation-worker.js'))) console.warn('no threads');
 */

const TRIED = 'filch isolation';

/**
 * Makes this page isolated, if need be: registers the service worker, and loads the page again,
 * once. Resolves to whether the page is isolated; not at all while the page is loaded again. To be
 * called before all else, for the reload loses the page's state. Never rejects.
 *
 * @param {URL | string} script where the page's origin has a copy of isolation-worker.js: at or
 *   above the page's own folder
 * @returns {Promise<boolean>}
 */
export async function isolate(script) {
  if (globalThis.crossOriginIsolated) return true;
  const { serviceWorker } = globalThis.navigator ?? {};
  if (!serviceWorker || !globalThis.isSecureContext) return false;
  try {
    // a reload was tried, to no avail
    if (serviceWorker.controller && sessionStorage.getItem(TRIED)) return false;
    await serviceWorker.register(script);
    await serviceWorker.ready;
    sessionStorage.setItem(TRIED, '1');
  } catch {
    return false; // private windows and odd policies: the page goes on without threads
  }
  globalThis.location.reload();
  return new Promise(() => {});
}
