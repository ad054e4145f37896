// The page's half of `pageTests` in suite.mjs.

class Skipped extends Error {}

async function testsOf(module) {
  const exports = Object.entries(await import(module));
  return new Map(exports.filter(([, value]) => typeof value === 'function'));
}

globalThis.pageSide = {
  names: async (module) => [...(await testsOf(module)).keys()],

  /** Runs one test; returns why it was skipped, if it was. */
  async run(module, name, engine) {
    const skip = (reason) => {
      throw new Skipped(reason);
    };
    try {
      await (await testsOf(module)).get(name)({ engine, skip });
    } catch (error) {
      if (error instanceof Skipped) return error.message;
      throw error;
    }
  },
};
