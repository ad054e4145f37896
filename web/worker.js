/** The script of each worker: runs in a worker's thread, and nowhere else. */
import { builtin, isNode } from './core/platform.js';
import { findCodec } from './core/text.js';
import { receiver } from './workers/receiver.js';

// No `await` at the top level: a browser may drop messages to a module that has not run to its end.
if (isNode) {
  Promise.all([builtin('worker_threads'), findCodec()]).then(([{ parentPort }]) => {
    parentPort.on(
      'message',
      receiver((message, transfer) => parentPort.postMessage(message, transfer)),
    );
  });
} else {
  const receive = receiver((message, transfer) => self.postMessage(message, transfer));
  self.onmessage = (event) => receive(event.data);
}
