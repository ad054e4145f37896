/**
 * Every message between the owner and its workers. A running worker receives none: tasks, results,
 * progress, and cancels go through shared memory.
 */

/**
 * To a worker, first: { type, module, memory, place: see wasm/imports.js, origin: the owner's
 * performance.timeOrigin }. Answer: READY or FAILED.
 */
export const LOAD = 'load';
/**
 * To a ready worker: { type, worker: its number, note: address of its note }. The worker runs until
 * the runtime stops, or the owner recalls the worker. Answer: STOPPED.
 */
export const RUN = 'run';

/**
 * To a ready worker: a plug-in, see wasm/link.js; or a module for call(), { type, id, shape:
 * 'module', number, url }. Answer: LINKED or FAILED.
 */
export const LINK = 'link';
/** To a ready worker: the plug-in is gone. { type, id } Answer: LINKED. */
export const UNLINK = 'unlink';
/** From a worker: the worker has done so; or `reason` says why not. { type, reason } */
export const LINKED = 'linked';

/** From a worker: its instance is ready. */
export const READY = 'ready';
/** From a worker: the worker cannot go on. { type, reason } */
export const FAILED = 'failed';
/**
 * From a worker: the answer of a call(), { type, answer: { job, value } } or { type, answer: { job,
 * how, bytes } }; or its callee asks for arguments, { type, answer: { job, asks: true } }.
 */
export const ANSWER = 'answer';
/** To a worker whose callee asks: { type, values }, { type, port }, or { type, reason }. */
export const ARGUMENTS = 'arguments';
/** From a worker: the doorbell. Only where the engine has no Atomics.waitAsync. */
export const NOTIFY = 'notify';
/** From a worker: the worker has come home. */
export const STOPPED = 'stopped';
