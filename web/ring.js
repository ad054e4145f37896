/** The producer's side of rings, for a thread that does not own the runtime. See ring.d.ts. */
export { connectRing } from './ring/connect.js';
