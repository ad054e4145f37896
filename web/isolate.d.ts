/**
 * Makes this page cross-origin isolated on a host that takes no headers: registers a service
 * worker, and loads the page again, once. Resolves to whether the page is isolated; does not
 * resolve while the page reloads. Never rejects.
 *
 * @param script the address of a copy of isolation-worker.js, on the page's origin, in the page's
 *   folder or above it
 */
export function isolate(script: URL | string): Promise<boolean>;
