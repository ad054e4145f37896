/** UTF-8. jsdom has no codec among its globals: Node's own is taken there. */
import { builtin, isNode } from './platform.js';

export let { TextDecoder, TextEncoder } = globalThis;
let encoding;
let decoding;

/** To be awaited before all else. False: there is no codec. */
export async function findCodec() {
  if (isNode && !(TextDecoder && TextEncoder))
    ({ TextDecoder, TextEncoder } = await builtin('util'));
  return Boolean(TextDecoder && TextEncoder);
}

/** Made at the first use: where the package is imported there need be none. */
export const encoder = {
  encode: (text) => (encoding ??= new TextEncoder()).encode(text),
};
/** For memory that is not shared. */
export const decoder = {
  decode: (bytes) => (decoding ??= new TextDecoder()).decode(bytes),
};
