/**
 * Every message between a runtime and its workers, and the note that a worker leaves in shared memory.
 *
 * Messages start and stop workers; a worker at work sees none. Tasks, their results, progress, and cancels go through shared
 * memory, by the runtime in C.
 */

/**
 * To a worker, first: { type, module: WebAssembly.Module, memory: WebAssembly.Memory, origin: the owner's performance.timeOrigin }.
 * Answer: READY or FAILED.
 */
export const LOAD = 'load';
/** To a worker that is ready: { type, worker: its number, note: address of its note }. It works until the runtime stops, or it is recalled: STOPPED. */
export const RUN = 'run';

/** To a worker that is ready: a plug-in, see plug.js, or a module for call(), { type, id, shape: 'module', number, url }. Answer: PLUGGED or FAILED. */
export const PLUG = 'plug';
/** To a worker that is ready: the plug-in is gone. { type, id } Answer: PLUGGED. */
export const UNPLUG = 'unplug';
/** From a worker: it has done so; or has not, and says why. { type, reason } */
export const PLUGGED = 'plugged';

/** From a worker: its instance stands. */
export const READY = 'ready';
/** From a worker: it cannot go on. { type, reason: string } */
export const FAILED = 'failed';
/** From a worker: what came of a call(). { type, answer: { job, value, threw } } */
export const ANSWER = 'answer';
/** From a worker: look for settled tasks. Only where the engine has no Atomics.waitAsync. */
export const RING = 'ring';
/** From a worker: it came home. */
export const STOPPED = 'stopped';

/** Bytes of a worker's note: a length, then so many bytes of UTF-8. */
export const NOTE_BYTES = 128;

/** Worker: notes why a kernel trapped, before it reports the trap. The owner reads it when the task has settled. */
export function writeNote(memory, address, reason) {
  const short = reason.replace(/ \(evaluating '.*/, ''); // WebKit names our own call
  const text = new TextEncoder().encode(short).subarray(0, NOTE_BYTES - 1);
  const note = new Uint8Array(memory.buffer, address, NOTE_BYTES);
  note.set(text, 1);
  note[0] = text.length;
}

/** Owner: takes the note away. '' where there is none. */
export function takeNote(memory, address) {
  const note = new Uint8Array(memory.buffer, address, NOTE_BYTES);
  const text = note.slice(1, 1 + note[0]); // a copy: TextDecoder takes no shared memory
  note[0] = 0;
  return new TextDecoder().decode(text);
}
