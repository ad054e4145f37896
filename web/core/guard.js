/**
 * Foreign code: functions, getters, and values that the application gives. The runtime calls it at
 * few points, each behind a guard of this file.
 */
import { show } from './show.js';

/** The message of a thrown value, which may be anything. Never throws. */
export function textOf(thrown) {
  try {
    if (typeof thrown === 'object' && typeof thrown?.message === 'string') return thrown.message;
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
