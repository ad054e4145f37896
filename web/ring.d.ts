import type { Ring, RingPort, RingProducer } from './index.js';

/**
 * Connects this thread, as the producer, to a ring that ringPort() on another thread has opened.
 * Throws ArgumentError.
 */
export function connectRing<In = any, Out = any>(
  port: RingPort,
  options: RingProducer<In, Out>,
): Ring<In, Out>;
