/** For isolate(): a service worker that adds the headers of isolation to its pages' responses. */

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

async function isolated(request) {
  const response = await fetch(request);
  if (response.status === 0 || response.type === 'opaqueredirect') return response; // nothing can be added
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  const { body, status, statusText } = response;
  return new Response([101, 204, 205, 304].includes(status) ? null : body, {
    status,
    statusText,
    headers,
  });
}

self.addEventListener('fetch', (event) => {
  // Chromium's DevTools ask so, and fetch() refuses it.
  if (event.request.cache === 'only-if-cached' && event.request.mode !== 'same-origin') return;
  event.respondWith(isolated(event.request));
});
