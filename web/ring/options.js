/** The options of ring(), ringPort(), and their close(), but for the producer's (producer.js). */
import { any, check, flag, object, text, whole } from '../core/check.js';
import { ArgumentError } from '../core/errors.js';
import { commonOptions, priority } from '../tasks/options.js';

const RING = {
  bytes: { ...whole(256, 2 ** 30), what: 'bytes, a whole number from 256 to 2^30' },
  into: { what: 'the name of an array argument', fits: text.fits },
  args: object,
  ordered: flag,
  name: text,
  priority,
  encode: any, // producer.js
  decode: any,
  flush: any,
};
const CLOSE = { gone: flag };

export function ringOptions(options) {
  const checked = check(options, RING, ArgumentError, 'ring()');
  return { bytes: 65536, ordered: false, ...checked, ...commonOptions(checked) };
}

export const ringCloseOptions = (options = {}) => check(options, CLOSE, ArgumentError, 'close()');
