/** The script of each worker: runs in a worker's thread, and nowhere else. */
import { builtin, isNode } from './core/platform.js';
import { findCodec } from './core/text.js';
import { ARGUMENTS } from './workers/protocol.js';
import { receiver } from './workers/receiver.js';

/** Of all messages those with arguments alone may be such as the worker cannot read. */
const unreadable = { type: ARGUMENTS, isUnreadable: true };

// Modules that the worker imports may change these globals, and close the thread, later.
// No `await` at the top level: a browser may drop messages to a module that has not run to its end.
if (isNode) {
  Promise.all([builtin('worker_threads'), findCodec()]).then(([{ parentPort }]) => {
    const { receive, uncaught } = receiver(parentPort.postMessage.bind(parentPort));
    parentPort.on('message', receive);
    parentPort.on('messageerror', () => receive(unreadable));
    globalThis.process.on('uncaughtException', uncaught); // Node reports rejections here, too
  });
} else {
  const { receive, uncaught, end } = receiver(self.postMessage.bind(self));
  const listen = (type, listener) =>
    self.addEventListener(type, (event) => {
      event.preventDefault();
      listener(event);
    });
  listen('message', ({ data }) => receive(data));
  listen('messageerror', () => receive(unreadable));
  listen('error', ({ error, message }) => uncaught(error ?? message));
  listen('unhandledrejection', ({ reason }) => uncaught(reason));
  self.close = () => end('it called close()'); // no event tells the owner
}
