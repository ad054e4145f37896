/**
 * A call's block in shared memory: { u32 how, u32 length, f64 job }, and so many bytes of
 * memory/clone.js: first [name, ...args], afterwards the answer: [result], or an error. What does
 * not fit there goes by message: the owner sends arguments when the callee asks for them.
 */

/** Bytes before those of the clone. */
export const HEAD = 16;
/**
 * Values of `how`: the call is to come; the same, and a message has those arguments that are
 * undefined in the block; the block has the result, or the error; the answer comes by message.
 */
export const ASKED = 0;
export const ASKED_BY_MESSAGE = 4;
export const GAVE = 1;
export const THREW = 2;
export const BY_MESSAGE = 3;
/** The worker has no code for calls: it could not load callee.js. */
export const ABSENT = 5;
/**
 * The error is the callee's own. Its name is a class of the owner's: the module has no such
 * function, or its result cannot be given; or the arguments have not come.
 */
export const OWN = 6;
export const UNFIT = 'PluginError';
export const ARGUMENTS_LOST = 'ArgumentError';
/** The list of transfer() in tasks/call.js. */
export const TRANSFER = Symbol.for('filch.transfer');
