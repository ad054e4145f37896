/** The options of post(), postMany(), call(), and restore(), checked. */
import { any, check, flag, object, oneOf, signal, text, time, whole } from '../core/check.js';
import { ArgumentError, BadRangeError } from '../core/errors.js';
import { show } from '../core/show.js';
import { PRIORITIES } from '../wasm/abi.js';

export const priority = oneOf(...PRIORITIES);
const RESTORE = {
  name: text,
  priority,
  grain: { ...whole(1, 2 ** 32 - 1), what: 'iterations, a whole number from 1 to 2^32 - 1' },
  signal,
  timeout: time,
};
const COMMON = {
  ...RESTORE,
  after: any, // dependencies.js
};
const MANY = { ...COMMON, inOrder: flag };
const CALL = { ...COMMON, transfer: { what: 'an array', fits: Array.isArray } };
delete CALL.grain;
const POST = {
  range: any, // below
  args: object,
  ...COMMON,
  deterministic: flag,
};

/** A priority's number. */
export function priorityOf(value) {
  if (!priority.fits(value))
    throw new ArgumentError(`a job's priority must be ${priority.what}, got ${show(value)}`);
  return PRIORITIES.indexOf(value);
}

/**
 * What a Task is made of: the options of all tasks, with defaults, and those of post(). A grain of
 * 0 tunes itself, a timeout of 0 is none. One object: a spread would allocate a second for each
 * post.
 */
export const commonOptions = ({
  args,
  deterministic = false,
  name,
  priority = 'normal',
  grain = 0,
  signal,
  timeout = 0,
  after,
}) => ({
  begin: 0,
  end: 1,
  args,
  deterministic,
  name,
  priority: priorityOf(priority),
  grain,
  signal,
  timeout,
  after,
});

/** restore()'s options: those of all tasks. */
export const restoreOptions = (options = {}) =>
  commonOptions(check(options, RESTORE, ArgumentError, 'restore()'));

/** postMany()'s options: `ordered`, and those of all tasks. */
export function manyOptions(options = {}) {
  const checked = check(options, MANY, ArgumentError, 'postMany()');
  return { ordered: checked.inOrder, ...commonOptions(checked) };
}

/** call()'s options: `transfer`, and those of all tasks. */
export function callOptions(options = {}) {
  const checked = check(options, CALL, ArgumentError, 'call()');
  return { transfer: [...(checked.transfer ?? [])], ...commonOptions(checked) };
}

/** post()'s options for a kernel. */
export function postOptions(options, kernel) {
  const checked = check(options, POST, ArgumentError, 'post()');
  if (checked.deterministic !== undefined && !kernel.total) {
    const kernelIs = `kernel ${show(kernel.name)} is none`;
    throw new ArgumentError(
      `option "deterministic" of post() is for reductions, and ${kernelIs}: leave it out`,
    );
  }
  const all = commonOptions(checked);
  [all.begin, all.end] = kernel.kind === 'fork' ? noRange(checked, kernel) : rangeOf(checked);
  return all;
}

export function rangeOf({ range }) {
  const pair = Array.isArray(range) && range.length === 2 && range.every(Number.isSafeInteger);
  const fits = pair && 0 <= range[0] && range[0] <= range[1];
  if (fits) return range;
  throw new BadRangeError(
    `option "range" of post() must be [begin, end), whole numbers with 0 <= begin <= end <= 2^53 - 1, got ${show(range)}`,
  );
}

function noRange(checked, kernel) {
  const given = ['range', 'grain'].find((name) => checked[name] !== undefined);
  if (!given) return [0, 1];
  const kernelIs = `kernel ${show(kernel.name)} is of kind "fork" and has no iterations`;
  throw new ArgumentError(`${kernelIs}: leave out option ${show(given)} of post()`);
}
