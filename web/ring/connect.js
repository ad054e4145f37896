/** Connects a producer on another thread to a ring that the owner has opened. */
import { ArgumentError } from '../core/errors.js';
import { typed } from '../core/guard.js';
import { isA } from '../core/realm.js';
import { show } from '../core/show.js';
import { BELL, CALLS, CONTROL } from './layout.js';
import { Ring } from './producer.js';
import { checkProducer } from './producer-options.js';
import { channelOf, hear } from './signal.js';

/** See ring.d.ts. @returns {Ring} */
export function connectRing(port, options) {
  try {
    return connect(port, options);
  } catch (error) {
    throw typed(error, 'connectRing()');
  }
}

function connect(port, options) {
  if (!isA('WebAssembly.Memory', port?.memory) || !(port.address > 0)) {
    throw new ArgumentError(`connectRing() takes the \`port\` of a ringPort(), got ${show(port)}`);
  }
  const producer = checkProducer(options ?? {});
  const { address, capacity } = port;
  const { buffer } = port.memory;
  const words = new Int32Array(buffer, address, CONTROL / 4);
  const channel = channelOf(port);
  const wake = () => {
    Atomics.notify(words, CALLS);
    channel?.postMessage(0);
  };
  const closed = () => stop(); // the ring's memory may be given to others now
  const ring = new Ring({ buffer, address, capacity, wake, closed }, producer);
  const stop = hear(words, BELL, channel, () => ring.collect());
  ring.collect(); // the ring may be closed already
  return ring;
}
