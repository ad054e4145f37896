/**
 * A ring in shared memory: control words, then a ring buffer of a power of two of bytes. Positions
 * count bytes, modulo 2^32. A record is 16 bytes of head { u32 size, u32 length, u32 status, i32
 * code }, then its bytes. A record does not wrap: the rest of the buffer's end is filled. A record
 * that is larger than half the buffer stands in a block of its own, which the owner grants; in the
 * buffer stands { u32 address, u32 length }.
 */

/**
 * Control words. The producer's: TAIL, FREED, CALLS, WANTED (bytes of a block). The owner's: BELL,
 * GRANTED, CLOSED (the producer is to go).
 */
export const [TAIL, FREED, CALLS, WANTED, BELL, GRANTED, CLOSED] = [0, 1, 2, 3, 16, 17, 18];
/**
 * CALLS goes up by CALL to call the owner. GONE in CALLS is the last word of the producer: then the
 * memory may be given to others.
 */
export const [GONE, CALL] = [1, 2];
export const CONTROL = 128;
/** Values of CLOSED. */
export const [REGULARLY, OVERWRITTEN] = [1, 2];
/** The first position: so a fault in their wrapping shows after 64 KiB, not after 4 GiB. */
export const START = 2 ** 32 - 2 ** 16;
export const HEAD = 16;
export const FILLER = 0xffffffff; // as a length: no record is here
export const APART = 0x80000000; // as a length: the record stands in a block of its own
export const REFUSED = 0xffffffff; // as a grant: there is no memory
/** Statuses of a record. */
export const [ASKED, DONE, FAILED, DROPPED] = [0, 1, 2, 3];
