/** Values and names in messages. */

/** A value, short. Never throws. */
export function show(value) {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`;
  if (value === null || typeof value !== 'object')
    return Object.is(value, -0) ? '-0' : String(value);
  if (ArrayBuffer.isView(value))
    return `a ${value.constructor?.name} of ${value.length ?? value.byteLength}`;
  if (Array.isArray(value)) {
    const items = value.slice(0, 3).map((item) => (typeof item === 'object' ? '...' : show(item)));
    return `[${items.join(', ')}${value.length > 3 ? ', ...' : ''}]`;
  }
  return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
}

/** Names: "a", "b", "c". */
export const list = (names) => [...names].map((name) => JSON.stringify(name)).join(', ') || 'none';
