// Rows of the tables of seeded faults.

/**
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} protocol
 * @property {string} file the one that is changed
 * @property {string} find the code that is changed. It stands in the file exactly once, so that no
 *   table goes stale unseen. White space and comments do not count (match.mjs)
 * @property {string} replace
 * @property {string[]} kill arguments of the explorer, first the name of the case that must notice
 * @property {number} priorities how many priorities the explorer is built with
 */

/**
 * The faults of one protocol in one file of the runtime: rows of name, find, replace, ...kill.
 * @type {(protocol: string, file: string, table: string[][], priorities?: number) => Mutant[]}
 */
export const faults = (protocol, file, table, priorities = 1) =>
  table.map(([name, find, replace, ...kill]) => ({
    name,
    protocol,
    file: `runtime/${file}`,
    find,
    replace,
    kill,
    priorities,
  }));
