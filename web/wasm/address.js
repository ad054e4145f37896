/** JavaScript takes 32 bits of wasm's for a signed number: addresses from 2 GiB on are negative. */
export const unsigned = (bits) => bits >>> 0;

/** The end of all memory that is used: where an array ended at 2^32, C would take that for NULL. */
export const TOP = 2 ** 32 - 64;
