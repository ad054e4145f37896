/**
 * A ring in shared memory: control words, then a ring buffer of a power of two of bytes. Positions
 * count bytes, modulo 2^32. A record is 16 bytes of head { u32 size, u32 length, u32 status, i32
 * code }, then its bytes. A record does not wrap: a filler takes the rest of the buffer. A record
 * that is larger than half the buffer stands in a block of its own, which the owner grants; in the
 * buffer stands { u32 address, u32 length }.
 *
 * Other code may overwrite all of it. No record is skipped then:
 * - The owner runs no record whose seal does not fit, and ends the ring.
 * - The producer knows its records: one that the owner has passed, and not marked, is corrupt.
 */

/** Control words of the producer. */
export const TAIL = 0;
export const FREED = 1;
export const CALLS = 2; // goes up by CALL to call the owner
export const WANTED = 3; // bytes of a block
/** Control words of the owner. */
export const BELL = 16;
export const GRANTED = 17;
export const CLOSED = 18; // the producer is to go
export const PASSED = 19; // the position up to which all records are marked
export const CONTROL = 128; // bytes of them all

/** GONE in CALLS is the producer's last word: the memory may then be given to others. */
export const GONE = 1;
export const CALL = 2;
/** Values of CLOSED. */
export const REGULARLY = 1;
export const OVERWRITTEN = 2;
export const UNSERVED = 3; // the consumer's code cannot be loaded
/** The first position: a fault in their wrapping shows after 64 KiB, not after 4 GiB. */
export const START = 2 ** 32 - 2 ** 16;
export const HEAD = 16;
export const FILLER = 0xffffffff; // as a length: no record is here
export const APART = 0x80000000; // as a length: the record stands in a block of its own
export const REFUSED = 0xffffffff; // as a grant: there is no memory
/** A record's code until the owner marks the record: no other position or size has this seal. */
export const sealOf = (position, size, length) => Math.imul(position ^ size, 0x9e3779b1) ^ length;
/** Statuses of a record. */
export const ASKED = 0;
export const DONE = 1;
export const FAILED = 2;
export const BROKEN = 3; // there is an error
