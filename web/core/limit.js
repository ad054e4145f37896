/** Promises with a limit. */

/**
 * The promise; or `instead`, after `ms` milliseconds, or at an abort. Infinity: without a limit.
 */
export function inTime(promise, ms, instead, signal) {
  return new Promise((resolve, reject) => {
    const ending = (settle) => (value) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', late);
      settle(value);
    };
    const late = ending(() => resolve(instead));
    const timer = ms < Infinity && setTimeout(late, ms);
    signal?.addEventListener('abort', late);
    if (signal?.aborted) late();
    promise.then(ending(resolve), ending(reject));
  });
}

/** Where an import takes more than `ms` milliseconds. */
export const lateImport = (ms) =>
  new Error(`it was not imported within ${ms} ms: an await at its top level may never end`);

/** The promise of an import; or, after `ms` milliseconds, a rejection. */
export async function imported(promise, ms) {
  const got = await inTime(promise, ms, inTime);
  if (got === inTime) throw lateImport(ms);
  return got;
}
