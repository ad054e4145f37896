// Large arrays that the next run uses again: alloc() zeroes its arrays, and with 100 MiB the page
// would feel that.

/**
 * @param {() => object} current gives the runtime with workers; arrays of a closed runtime are
 *   dropped
 */
export function createKept(current) {
  let kept;

  function drop() {
    if (kept?.runtime === current()) for (const array of kept.arrays) kept.runtime.free(array);
    kept = undefined;
  }

  return {
    drop,
    /**
     * The result of `make(alloc)`, or the earlier result for the same key in the same runtime.
     *
     * @param {object} run see run.js. On the main thread nothing is kept: its runtime is closed
     *   after the run.
     */
    async get({ runtime, where }, key, make) {
      if (kept?.runtime === runtime && kept.key === key) return kept.made;
      if (where === 'workers') drop();
      const arrays = [];
      const alloc = (Type, length) => (arrays.push(runtime.alloc(Type, length)), arrays.at(-1));
      try {
        const made = await make(alloc);
        if (where === 'workers') kept = { runtime, key, arrays, made };
        return made;
      } catch (error) {
        for (const array of arrays) runtime.free(array);
        throw error;
      }
    },
  };
}
