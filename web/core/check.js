/** Checks of options. A rule is { what: a text, fits: a predicate }. */
import { typed } from './guard.js';
import { list, show } from './show.js';

export const whole = (least, greatest) => ({
  what: `a whole number from ${least} to ${greatest}`,
  fits: (value) => Number.isInteger(value) && value >= least && value <= greatest,
});
export const time = {
  what: 'milliseconds, more than 0 and at most 2^31 - 1',
  fits: (value) => typeof value === 'number' && value > 0 && value <= 2 ** 31 - 1,
};
export const timeOrNever = {
  what: `${time.what}; or Infinity`,
  fits: (value) => value === Infinity || time.fits(value),
};
export const flag = { what: 'true or false', fits: (value) => typeof value === 'boolean' };
/** The option's user checks it. */
export const any = { fits: () => true };
export const text = { what: 'a string', fits: (value) => typeof value === 'string' };
export const object = {
  what: 'an object',
  fits: (value) => typeof value === 'object' && value !== null,
};
export const oneOf = (...values) => ({
  what: `one of ${list(values)}`,
  fits: (value) => values.includes(value),
});
export const signal = {
  what: 'an AbortSignal',
  fits: (value) =>
    typeof value?.addEventListener === 'function' && typeof value.aborted === 'boolean',
};

/** The options that are given. Throws the error class `Wrong`, in the name of `who`. */
export function check(options, rules, Wrong, who) {
  try {
    return checked(options, rules, Wrong, who);
  } catch (error) {
    throw typed(error, who, Wrong); // of a getter
  }
}

function checked(options, rules, Wrong, who) {
  if (!object.fits(options)) {
    throw new Wrong(
      `${who} needs an object of options (${list(Object.keys(rules))}), got ${show(options)}`,
    );
  }
  const given = {};
  for (const name of Object.keys(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule)
      throw new Wrong(`${who} has no option ${show(name)}; it has ${list(Object.keys(rules))}`);
    const value = options[name];
    if (value === undefined) continue;
    if (!rule.fits(value))
      throw new Wrong(`option ${show(name)} of ${who} must be ${rule.what}, got ${show(value)}`);
    given[name] = value;
  }
  return given;
}
