/**
 * What is thrown for kernels that a worker has not linked: these errors alone, whatever name an
 * error of others has.
 */
const thrown = new WeakSet();

/** @param {string} text why */
export function notLinked(text) {
  const error = new Error(text);
  thrown.add(error);
  return error;
}

/** @param {unknown} value that a chunk has thrown */
export const isNotLinked = (value) => thrown.has(value);
