/** Descriptions of kernels, as load() and define() get them: read once, and copied. */
import { ArgumentError } from '../core/errors.js';
import { textOf } from '../core/guard.js';
import { show } from '../core/show.js';
import { decoder, encoder } from '../core/text.js';
import { KINDS } from '../wasm/abi.js';

/** The kinds of kernels that have a schema instead of filch.h. */
const LOOPS = KINDS.slice(0, 2);
const LONGEST = 100;

/** C ends a name at a NUL; the copy in memory is UTF-8. */
const isField = (name) =>
  name !== '' &&
  name !== '__proto__' &&
  name.length <= LONGEST &&
  !name.includes('\0') &&
  decoder.decode(encoder.encode(name)) === name;

function copyOf(name, schema, refuse) {
  if (!/^[A-Za-z]\w*$/.test(name) || name.length > LONGEST)
    refuse(`a kernel cannot be called ${show(name)}`);
  const { kind = 'parallel', fields = {} } = schema ?? {};
  if (!LOOPS.includes(kind))
    refuse(
      `kernel ${show(name)} must be of kind ${LOOPS.map(show).join(' or ')}, not ${show(kind)}`,
    );
  const copies = Object.entries(fields ?? {}).map(([field, what]) => {
    if (!isField(field)) refuse(`a field cannot be called ${show(field)}`);
    return [field, typeof what === 'string' ? what : show(what)];
  });
  return { kind: LOOPS.indexOf(kind), fields: copies };
}

/**
 * Copies of descriptions: Map of name -> { kind: its number, fields: [name, what][] }; undefined
 * where `read` gives no object.
 *
 * @param {() => object} read its getters are the caller's code, as those of what it gives
 * @param {Function} refuse throws a PluginError
 * @param {string} who in the error for what a getter throws
 */
export function schemasOf(read, refuse, who) {
  let refused;
  const no = (text) => {
    refused = { text };
    throw refused;
  };
  try {
    const given = read();
    if (typeof given !== 'object' || given === null) return undefined;
    return new Map(Object.entries(given).map(([name, each]) => [name, copyOf(name, each, no)]));
  } catch (error) {
    if (error === refused && refused) refuse(refused.text);
    throw new ArgumentError(`the descriptions of ${who} cannot be read: ${textOf(error)}`, {
      cause: error,
    });
  }
}
