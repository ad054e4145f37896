/** JavaScript takes 32 bits of wasm's for a signed number: addresses from 2 GiB on are negative. */
export const unsigned = (bits) => bits >>> 0;
