/** What the writer and the reader of clones both know. */
import { ARRAYS } from '../core/array-types.js';

/** The kinds of values among the bytes of a clone: the first byte of each. */
export const UNDEFINED = 0;
export const NULL = 1;
export const TRUE = 2;
export const FALSE = 3;
export const INT = 4;
export const FLOAT = 5;
export const BIGINT = 6;
export const TEXT = 7;
export const WIDE = 8;
export const ARRAY = 9;
export const OBJECT = 10;
export const MAP = 11;
export const SET = 12;
export const DATE = 13;
export const REGEXP = 14;
export const ERROR = 15;
export const BUFFER = 16;
export const VIEW = 17;
export const SHARED = 18;
export const AGAIN = 19;

export const VIEWS = [...ARRAYS, 'DataView'].map((name) => globalThis[name]);
/** Properties of errors that are not enumerable. */
export const OF_ERRORS = ['name', 'message', 'stack', 'cause', 'errors'];
/** Up to so many UTF-16 units an encoder costs more than a loop. */
export const SHORT = 64;
/** Digits of a BigInt at most: reading takes the square of their number. */
export const DIGITS = 1000;
