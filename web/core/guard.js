/**
 * Foreign code: functions, getters, and values that the application gives. The runtime calls it at
 * few points, each behind a guard of this file.
 */
import { ArgumentError, FilchError } from './errors.js';
import { show } from './show.js';

/** Characters of a message at most: a longer one could make no string with others. */
const LONGEST = 1e5;

/** The message of a thrown value, which may be anything. Never throws. */
export function textOf(thrown) {
  try {
    const message = typeof thrown === 'object' ? thrown?.message : undefined;
    if (typeof message === 'string') return message.slice(0, LONGEST);
  } catch {
    // a getter, or a proxy
  }
  return show(thrown);
}

/**
 * Tells the page, or Node's process, of an exception that no promise carries. The process goes on.
 * Never throws.
 */
export function report(thrown) {
  try {
    if (typeof globalThis.reportError === 'function') globalThis.reportError(thrown);
    else globalThis.process?.emitWarning(textOf(thrown), { type: 'FilchWarning' });
  } catch {
    // a listener of the report
  }
}

/** Calls foreign code whose exception may not stop the caller. @returns its value, or `instead` */
export function guarded(call, instead) {
  try {
    return call();
  } catch (error) {
    report(error);
    return instead;
  }
}

/**
 * An exception, as a public function throws it: Filch's own, or the cause of one. Getters and
 * iterators that the application gave may have thrown any value.
 *
 * @param {string} who the function
 */
export function typed(thrown, who, Kind = ArgumentError) {
  try {
    if (thrown instanceof FilchError) return thrown;
  } catch {
    // a proxy
  }
  return new Kind(`${who}: ${textOf(thrown)}`, { cause: thrown });
}

/**
 * Makes these methods throw Filch's own errors alone, or reject with them, whatever foreign code
 * throws in them.
 */
export function throwTyped(prototype, names) {
  for (const name of names) {
    const method = prototype[name];
    const fail = (error) => {
      throw typed(error, `${name}()`);
    };
    const value = function (...given) {
      try {
        const result = method.apply(this, given);
        return result instanceof Promise ? result.catch(fail) : result;
      } catch (error) {
        return fail(error);
      }
    };
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(prototype, name, { value });
  }
}
