/** map() and reduce(), in terms of post(). */
import { ArgumentError } from '../core/errors.js';
import { typed } from '../core/guard.js';
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
export async function map(runtime, kernel, array, options) {
  try {
    return await mapped(runtime, kernel, array, options);
  } catch (error) {
    throw typed(error, 'map()');
  }
}

async function mapped(runtime, kernel, array, { input, output, args, ...options } = {}) {
  const fields = runtime.kernels[kernel]?.fields ?? {};
  if (!runtime.kernels[kernel]) await runtime.post(kernel, {}); // throws
  const from = pick(kernel, fields, input, 'input');
  const to = pick(kernel, fields, output, 'output', from);
  const { length } = array ?? {};
  if (!Number.isSafeInteger(length))
    throw new ArgumentError(`map() needs an array, got ${show(array)}`);
  const result = new (arrayOf(fields[to].type))(length);
  if (from === to) result.set(array);
  const given =
    from === to
      ? { [to]: copied(result, { back: true }) }
      : { [from]: copied(array), [to]: copied(result, { back: true }) };
  await runtime.post(kernel, { range: [0, length], ...options, args: { ...args, ...given } });
  return result;
}

/** See Runtime.reduce(). */
export async function reduce(runtime, kernel, options) {
  try {
    if (runtime.kernels[kernel] && !runtime.kernels[kernel].total) {
      throw new ArgumentError(`reduce() takes a reduction, and kernel ${show(kernel)} is none`);
    }
    const { total } = await runtime.post(kernel, options);
    return total;
  } catch (error) {
    throw typed(error, 'reduce()');
  }
}
