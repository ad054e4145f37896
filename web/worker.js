/** The script of each worker: runs in a worker's thread, and nowhere else. */
import { builtin, isNode } from './core/platform.js';
import { UNREADABLE } from './memory/values.js';
import { ARGUMENTS } from './workers/protocol.js';
import { receiver } from './workers/receiver.js';

/** Of all messages those with arguments alone may be such as the worker cannot read. */
const unreadable = { type: ARGUMENTS, reason: UNREADABLE };

// No `await` at the top level: a browser may drop messages to a module that has not run to its end.
if (isNode) {
  builtin('worker_threads').then(({ parentPort }) => {
    const receive = receiver((message, transfer) => parentPort.postMessage(message, transfer));
    parentPort.on('message', receive);
    parentPort.on('messageerror', () => receive(unreadable));
  });
} else {
  const receive = receiver((message, transfer) => self.postMessage(message, transfer));
  self.onmessage = (event) => receive(event.data);
  self.onmessageerror = () => receive(unreadable);
}
