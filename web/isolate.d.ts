/**
 * Makes this page cross-origin isolated on a host that sends no headers of one's own, by a service worker: registers it, and loads the page
 * again, once. Resolves to whether the page is isolated; not at all while it is being loaded again. Never rejects.
 *
 * @param script where the page's origin has a copy of the package's isolation-worker.js, at or above the page's own folder
 */
export function isolate(script: URL | string): Promise<boolean>;
