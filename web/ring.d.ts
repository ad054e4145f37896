import type { Ring, RingPort, RingProducer } from './index.js';

/** The producer, on this thread, of a ring that ringPort() of a runtime has opened on another. Throws ArgumentError. */
export function connectRing<In = any, Out = any>(port: RingPort, options: RingProducer<In, Out>): Ring<In, Out>;
