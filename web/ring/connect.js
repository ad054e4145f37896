/** Connects a producer on another thread to a ring that the owner has opened. */
import { ArgumentError } from '../core/errors.js';
import { typed } from '../core/guard.js';
import { isA } from '../core/realm.js';
import { unrefTimeout } from '../core/platform.js';
import { show } from '../core/show.js';
import { readError } from './error.js';
import { BELL, CALL, CALLS, CONTROL, FREED, TAIL } from './layout.js';
import { Ring } from './producer.js';
import { checkProducer } from './producer-options.js';
import { channelOf, hear } from './signal.js';

/** Milliseconds after which records that are out are told to the owner again. */
const AGAIN = 1000;

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
  let told = Atomics.load(words, TAIL);
  const wake = () => {
    told = Atomics.load(words, TAIL);
    Atomics.notify(words, CALLS);
    channel?.postMessage(0);
  };
  /** The ring's memory may be given to others now. */
  const closed = () => {
    clearTimeout(timer);
    stop();
  };
  const errorOf = (head) => readError(buffer, head);
  const ring = new Ring({ buffer, address, capacity, wake, errorOf, closed }, producer);
  const stop = hear(words, BELL, channel, () => ring.collect());
  // Other code may overwrite the control words, and with them what they were to tell.
  const again = () => {
    timer = unrefTimeout(AGAIN, again);
    if (Atomics.load(words, FREED) === told) return;
    Atomics.store(words, TAIL, told);
    Atomics.add(words, CALLS, CALL);
    wake();
    ring.collect();
  };
  let timer = unrefTimeout(AGAIN, again);
  ring.collect(); // the ring may be closed already
  return ring;
}
