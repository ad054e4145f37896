// Odd pages, service workers, and a server that stalls, in three engines.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { forEachEngine } from './suite.mjs';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = '/tests/js/browser/page.html';
/** Kinds of service workers: { type, script, and whether it has all code of the package }. */
const WORKERS = {
  module: { type: 'module', script: '/tests/js/browser/service-worker.mjs' },
  'module with filch/preload': {
    type: 'module',
    script: '/tests/js/browser/preloaded-service-worker.mjs',
    isWhole: true,
  },
  // A bundle has all code in it.
  classic: { type: 'classic', script: '/service-worker.js', isWhole: true },
};

/** The same service worker as a classic script: not every engine has others. */
const bundled = mkdir(`${project}/build`, { recursive: true }).then(() =>
  build({
    entryPoints: [fileURLToPath(new URL('service-worker.mjs', import.meta.url))],
    outfile: `${project}/build/service-worker.js`,
    bundle: true,
    format: 'iife',
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    plugins: [
      {
        name: 'package',
        setup: ({ onResolve }) =>
          void onResolve({ filter: /^\/index\.js$/ }, () => ({ path: `${project}/web/index.js` })),
      },
    ],
  }),
);

/** In the page: what the service worker says; undefined: the engine takes no such script. */
async function ask(script, type) {
  const registered = await navigator.serviceWorker
    .register(script, { type, scope: script })
    .catch(() => {});
  if (!registered) return undefined;
  const { installing, waiting, active } = registered;
  const worker = installing ?? waiting ?? active;
  while (worker.state !== 'activated') await new Promise((resolve) => setTimeout(resolve, 5));
  const { port1, port2 } = new MessageChannel();
  const said = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  worker.postMessage(0, [port2]);
  return said;
}

forEachEngine((browser) => {
  browser.pageTests(new URL('./environment.page.mjs', import.meta.url));

  for (const [name, { type, script, isWhole }] of Object.entries(WORKERS)) {
    test(`a service worker (${name}) has the cooperative mode, and typed errors`, async (t) => {
      await bundled;
      const page = await browser.open(PAGE);
      const said = await page.evaluate(ask, script, type);
      if (!said && type === 'module')
        return t.skip('this engine has no service workers of modules');
      const { text, load, ...rest } = said;
      assert.deepEqual(rest, {
        mode: 'cooperative',
        iterations: 1000,
        define: 'PLUGIN',
        call: 'PLUGIN', // of any module
        ring: isWhole ? 'done' : 'STOPPED',
        save: isWhole ? 'done' : 'MODULE',
      });
      if (isWhole) assert.equal(load, 'done');
      else
        assert.match(`${load}: ${text}`, /^PLUGIN: plug-ins need import\(\), which fails here: ./);
    });
  }

  test('a signal stops a start whose server stalls', async (t) => {
    let closed = 0;
    const server = createServer(({ url }, response) => {
      response.on('close', () => closed++);
      if (url === '/headers') return;
      response.writeHead(200, {
        'Access-Control-Allow-Origin': '*',
        'Content-Type': 'application/wasm',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      });
      response.write(new Uint8Array([0, 0x61, 0x73, 0x6d]));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const page = await browser.open(PAGE);
    for (const name of ['headers', 'body']) {
      const url = `http://127.0.0.1:${server.address().port}/${name}`;
      const found = await page.evaluate(async (module) => {
        const { Runtime } = await import('/index.js');
        const controller = new AbortController();
        setTimeout(() => controller.abort('enough'), 100);
        const { signal } = controller;
        return Runtime.start({ module, signal }).catch(({ code, reason }) => ({ code, reason }));
      }, url);
      assert.deepEqual(found, { code: 'CANCELLED', reason: 'enough' });
    }
    for (const end = performance.now() + 5000; closed < 2 && performance.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(closed, 2);
  });
});
