/** The options of a ring's producer. */
import { ArgumentError } from '../core/errors.js';
import { show } from '../core/show.js';

/** Throws ArgumentError. */
export function checkProducer({ encode, decode, flush = 'microtask' }) {
  for (const [name, value] of Object.entries({ encode, decode })) {
    if (typeof value !== 'function')
      throw new ArgumentError(
        `option ${show(name)} of a ring must be a function, got ${show(value)}`,
      );
  }
  if (flush === 'microtask' || flush === 'manual') return { encode, decode, flush };
  throw new ArgumentError(
    `option "flush" of a ring must be one of "microtask", "manual", got ${show(flush)}`,
  );
}
