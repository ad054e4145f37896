/** UTF-8. */
import { builtin, isNode } from './platform.js';

/** Node's own in Node, after findCodec(): jsdom has none among its globals. */
export let { TextDecoder, TextEncoder } = isNode ? {} : globalThis;
let encoding;
let decoding;

/** To be awaited before all else on each thread of a runtime. */
export async function findCodec() {
  if (isNode) ({ TextDecoder, TextEncoder } = await builtin('util'));
}

/**
 * Made at the first use: the package can be imported where there is none. A ring's producer is on a
 * thread that need not have called findCodec().
 */
export const encoder = {
  encode: (text) => (encoding ??= new TextEncoder()).encode(text),
};
/** For memory that is not shared. Also used on threads that have a ring's producer alone. */
export const decoder = {
  decode: (bytes) => (decoding ??= new (TextDecoder ?? globalThis.TextDecoder)()).decode(bytes),
};
