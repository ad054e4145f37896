/** map() and reduce(), in terms of post(). */
import { object } from '../core/check.js';
import { ArgumentError } from '../core/errors.js';
import { list, show } from '../core/show.js';
import { copied } from '../memory/copied.js';
import { arrayOf } from '../wasm/schema.js';

const isArray = ({ role }) => role === 'array';

/** The kernel's array argument of that name; without a name the first that is not taken. */
function pick(kernel, fields, name, what, ...taken) {
  const names = Object.keys(fields).filter((each) => isArray(fields[each]));
  const found = name ?? names.find((each) => !taken.includes(each)) ?? names[0];
  if (names.includes(found)) return found;
  throw new ArgumentError(
    `map() of kernel ${show(kernel)} needs an array argument as "${what}", one of ${list(names)}, got ${show(found)}`,
  );
}

/** See Runtime.map(). */
export async function map(runtime, kernel, array, given = {}) {
  if (!object.fits(given)) throw new ArgumentError(`map() needs options, got ${show(given)}`);
  const { input, output, args = {}, ...options } = given;
  if (!object.fits(args)) throw new ArgumentError(`map() needs "args", got ${show(args)}`);
  const fields = runtime.kernels[kernel]?.fields ?? {};
  if (!runtime.kernels[kernel]) await runtime.post(kernel, {}); // throws
  const from = pick(kernel, fields, input, 'input');
  const to = pick(kernel, fields, output, 'output', from);
  const { length } = array ?? {};
  if (!Number.isSafeInteger(length))
    throw new ArgumentError(`map() needs an array, got ${show(array)}`);
  const result = new (arrayOf(fields[to].type))(length);
  if (from === to) result.set(array);
  const arrays =
    from === to
      ? { [to]: copied(result, { back: true }) }
      : { [from]: copied(array), [to]: copied(result, { back: true }) };
  await runtime.post(kernel, { range: [0, length], ...options, args: { ...args, ...arrays } });
  return result;
}

/** See Runtime.reduce(). */
export async function reduce(runtime, kernel, options) {
  if (runtime.kernels[kernel] && !runtime.kernels[kernel].total) {
    throw new ArgumentError(`reduce() takes a reduction, and kernel ${show(kernel)} is none`);
  }
  const { total } = await runtime.post(kernel, options);
  return total;
}
