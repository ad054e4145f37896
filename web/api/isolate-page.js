/** Isolation on a static host: a service worker adds the headers. See docs/deploy.md. */

const TRIED = 'filch isolation';

/**
 * To be called before all else, for the reload loses the page's state.
 *
 * @returns {Promise<boolean>}
 */
export async function isolate(script) {
  if (globalThis.crossOriginIsolated) return true;
  const { serviceWorker } = globalThis.navigator ?? {};
  if (!serviceWorker || !globalThis.isSecureContext) return false;
  try {
    // a reload was in vain
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
