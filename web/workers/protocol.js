/**
 * Every message between the owner and its workers. A running worker receives none, unless it waits
 * for a function: tasks, results, progress, and cancels go through shared memory.
 *
 * A worker's message has the `key` of its LOAD. A message without the key is foreign: a module that
 * the worker has imported has sent the message. The owner counts it, and looks no further.
 */

/**
 * To a worker, first: { type, key, module, memory, place: see wasm/imports.js, origin: the owner's
 * performance.timeOrigin }. Answer: READY or FAILED.
 */
export const LOAD = 'load';
/**
 * To a ready worker, once, and before all others: { type, worker: its number, top: of its stack,
 * layout: the arguments of filch_host_attach(), notes: the place of the TrapNotes, tasks: the
 * number of a counter }. No answer.
 */
export const ENTER = 'enter';
/**
 * To a worker that has entered: { type }. The worker runs until the runtime stops, or the owner
 * recalls the worker. Answer: STOPPED.
 */
export const RUN = 'run';

/**
 * To a worker that has entered: { type, ask, id } and a plug-in, see wasm/link.js; or a module for
 * call(), { type, ask, id, shape: 'module', number, url }. A worker that imports a module does
 * other work meanwhile, if the owner says RUN. Answer: LINKED.
 */
export const LINK = 'link';
/** To a worker that has entered: the plug-in is gone. { type, ask, id } Answer: LINKED. */
export const UNLINK = 'unlink';
/**
 * From a worker: the worker has done what was asked; or `reason` says why not. { ask, reason,
 * begun: of a plug-in of wasm, see wasm/link.js, or the error as engine-error.js writes it }
 */
export const LINKED = 'linked';

/** From a worker: its instance is ready. */
export const READY = 'ready';
/** From a worker: the worker cannot go on, and is out of the module. { type, reason } */
export const FAILED = 'failed';
/** From a worker: a module has left an exception behind, which nothing caught. { type, reason } */
export const ERROR = 'error';
/**
 * From a worker: the answer of a call(), { type, answer: { job, how, bytes } }; or { type, answer:
 * { job, value } } and { type, answer: { job, isSent: true } }, for the owner may not be able to
 * read the value; or its callee asks for arguments, { type, answer: { job, asks: true } }.
 */
export const ANSWER = 'answer';
/**
 * To a worker whose callee asks: { type, values }, { type, port }, or { type, reason }. Where the
 * worker cannot read that, its own script makes { type, isUnreadable } of it.
 */
export const ARGUMENTS = 'arguments';
/** From a worker: the doorbell. Only where the engine has no Atomics.waitAsync. */
export const NOTIFY = 'notify';
/** From a worker: the worker has come home. */
export const STOPPED = 'stopped';
