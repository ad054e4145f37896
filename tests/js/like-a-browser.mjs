// Imported first, makes this process look like a page to the package, with workers as browsers have
// them: enough to run the package's code for browsers without a browser. tests/js/browser/ tests
// real browsers.
//
// ?vendor=...   navigator.vendor
// ?immortal     terminate() does not end a worker
import { Worker as Thread } from 'node:worker_threads';

const { searchParams: how } = new URL(import.meta.url);
const define = (target, name, value) =>
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
const NO_NODE = 'Object.defineProperty(process, "type", { value: "renderer" });';

setInterval(() => {}, 1000); // a page stays until it is closed
define(process, 'type', 'renderer');
define(globalThis, 'navigator', { vendor: how.get('vendor') ?? '', hardwareConcurrency: 3 });
define(globalThis, 'crossOriginIsolated', true);
define(
  globalThis,
  'Worker',
  class {
    #thread;

    constructor(url) {
      const source = `
        const { parentPort } = require('node:worker_threads');
        ${NO_NODE}
        globalThis.self = new EventTarget();
        self.postMessage = (data) => parentPort.postMessage(data);
        const tell = (data) => self.dispatchEvent(Object.assign(new Event('message'), { data }));
        import(${JSON.stringify(url.href)}).then(() => parentPort.on('message', tell));
      `;
      this.#thread = new Thread(source, { eval: true, execArgv: [] });
      this.#thread.unref();
      this.#thread.on('message', (data) => this.onmessage({ data }));
      this.#thread.on('error', ({ message }) => this.onerror({ message, preventDefault() {} }));
    }

    addEventListener(type, listener) {
      this.#thread.on(type, listener);
    }

    postMessage(data) {
      this.#thread.postMessage(data);
    }

    terminate() {
      if (!how.has('immortal')) this.#thread.terminate();
    }
  },
);
