/** A worker's thread, seen from outside: in a browser a Worker, in Node a worker thread. */
import { textOf } from '../core/guard.js';
import { builtin, isNode, printBeforeExit } from '../core/platform.js';
import { makeWorker, moduleUrl } from '../files.js';
import { fromAnywhere, scriptOf } from './worker-url.js';

/**
 * Milliseconds that a kernel may still run after end() has resolved. A browser does not tell when a
 * terminated worker has run its last instruction: up to 2 s later in Chromium, in WebKit never, if
 * the kernel does not leave its loop.
 */
export const AFTERLIFE = isNode
  ? 0
  : globalThis.navigator?.vendor?.startsWith('Apple')
    ? Infinity
    : 3000;

/** The same of a function in JavaScript, which WebKit ends at once. */
export const SCRIPT_AFTERLIFE = isNode ? 0 : 3000;

const BLOCKED =
  'its script could not be loaded; it may be blocked, missing, or served without the header Cross-Origin-Embedder-Policy';

/**
 * A maker of threads, { post(message), end() }. end() terminates the thread, and resolves when it
 * has ended, as far as the engine tells. Throws where no thread may be made. Calls
 * `on.message(data)` and `on.fail(reason)` later; without data where a message cannot be read.
 *
 * @param {object} [options] of Node's Worker; a browser's takes none
 */
export async function threadMaker(options) {
  return isNode
    ? nodeThread(await builtin('worker_threads'), scriptOf(makeWorker, moduleUrl), options)
    : browserThread(fromAnywhere(makeWorker));
}

const browserThread = (spawn) => (on) => {
  const worker = spawn();
  worker.onmessage = (event) => on.message(event.data);
  worker.addEventListener('messageerror', () => on.message()); // Chromium has no property for it
  worker.onerror = (event) => {
    event.preventDefault?.();
    on.fail(event.message || BLOCKED);
  };
  const end = async () => worker.terminate();
  return { post: (message, transfer) => worker.postMessage(message, transfer), end };
};

const nodeThread = (threads, script, options) => (on) => {
  printBeforeExit();
  const worker = new threads.Worker(script, { execArgv: [], ...options });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.on('message', on.message);
  worker.unref(); // after on('message'), which is a ref()
  worker.on('messageerror', () => on.message());
  worker.on('error', (error) => on.fail(textOf(error)));
  ended.then((code) => on.fail(`it ended, with code ${code}`));
  const end = async () => {
    worker.ref();
    await worker.terminate();
    await ended;
  };
  return { post: (message, transfer) => worker.postMessage(message, transfer), end };
};
