/**
 * A kernel's schema, read from the module. Arguments are checked against the schema, and packed as
 * C reads them.
 */
import { ArgumentError, ForeignMemoryError, FreedMemoryError } from '../core/errors.js';
import { list, show } from '../core/show.js';
import { ACCESSORS } from '../core/array-types.js';
import { copyIn } from '../memory/copied.js';
import { ARRAY_AT, ARRAY_LENGTH, KINDS, ROLES, TYPES } from './abi.js';
import { names } from './module.js';

const NOTHING = Object.freeze({});

/** A type's accessors of a DataView, least and greatest value, and names of arrays. */
function typed(type) {
  const access = ACCESSORS[type];
  const As = access[0] === 'B' ? BigInt : Number;
  const signed = Number(type[0] === 'i');
  const bits = type.slice(1) - signed;
  const [least, greatest] =
    type[0] === 'f' ? [] : [As(signed && -(2 ** bits)), As(2 ** bits) - As(1)];
  const arrays = [`${access}Array`];
  if (type === 'u8') arrays.push('Uint8ClampedArray');
  return {
    type,
    bytes: type.slice(1) / 8,
    least,
    greatest,
    arrays,
    get: DataView.prototype[`get${access}`],
    set: DataView.prototype[`set${access}`],
  };
}

/** The constructor of arrays of a type. */
export const arrayOf = (type) => globalThis[`${ACCESSORS[type]}Array`];

/**
 * Kernels by name; the module's own; and a reader of a kernel that came later, by its number. A
 * kernel is { name, index, kind, fields: [{ name, role, type, offset, ... }], total }; a
 * reduction's `total` is its accumulator, { bytes, fields: [{ name, type, offset, length, ... }] }.
 */
export function readKernels(wasm, text) {
  const field = (k, f) => ({
    name: text(wasm.filch_host_field_name(k, f)),
    role: ROLES[wasm.filch_host_field_role(k, f)],
    offset: wasm.filch_host_field_offset(k, f),
    ...typed(TYPES[wasm.filch_host_field_type(k, f)]),
  });
  const part = (k, f) => ({
    name: text(wasm.filch_host_total_name(k, f)),
    offset: wasm.filch_host_total_offset(k, f),
    length: wasm.filch_host_total_length(k, f), // 0: a number
    ...typed(TYPES[wasm.filch_host_total_type(k, f)]),
  });
  const total = (k) => {
    const bytes = wasm.filch_host_total_bytes(k);
    return bytes
      ? {
          bytes,
          fields: Array.from({ length: wasm.filch_host_total_count(k) }, (_, f) => part(k, f)),
        }
      : undefined;
  };
  const read = (index) => {
    const fields = Array.from({ length: wasm.filch_host_field_count(index) }, (_, f) =>
      field(index, f),
    );
    return {
      name: text(wasm.filch_host_kernel_name(index)),
      index,
      kind: KINDS[wasm.filch_host_kernel_kind(index)],
      fields,
      state: fields.filter((f) => f.role === 'state'),
      known: new Set(fields.map((f) => f.name)),
      argsBytes: wasm.filch_host_args_size(index),
      total: total(index),
    };
  };
  const kernels = Array.from({ length: wasm.filch_host_kernel_count() }, (_, index) => read(index));
  const byName = (list) => list.map((kernel) => [kernel.name, kernel]);
  const isOwn = ({ name }) => name.startsWith('filch_');
  return {
    kernels: new Map(byName(kernels.filter((kernel) => !isOwn(kernel)))),
    builtin: Object.fromEntries(byName(kernels.filter(isOwn))),
    read,
  };
}

/** The schemas for the page. */
export function describe(kernels) {
  const byName = (all, tell) =>
    Object.freeze(Object.fromEntries(all.map((each) => [each.name, Object.freeze(tell(each))])));
  const tell = ({ kind, fields, total }) => ({
    kind,
    fields: byName(fields, ({ role, type }) => ({ role, type })),
    ...(total && {
      total: byName(total.fields, ({ type, length }) => (length ? { type, length } : { type })),
    }),
  });
  return byName([...kernels.values()], tell);
}

/**
 * A saved loop relies on this part of a schema: a kernel of the same signature goes on with the
 * loop.
 */
export const signature = ({ name, kind, fields, total }) => ({
  name,
  kind,
  fields: fields.map(({ name, role, type, offset }) => ({ name, role, type, offset })),
  total: total
    ? {
        bytes: total.bytes,
        fields: total.fields.map(({ name, type, offset, length }) => ({
          name,
          type,
          offset,
          length,
        })),
      }
    : null,
});

/** An object literal, of any realm. */
const isStruct = (value) => {
  const prototype = Object(value) === value ? Object.getPrototypeOf(value) : null;
  return prototype !== null && Object.getPrototypeOf(prototype) === null;
};

/** Fields may be given together: { centre: { x, y } } for centre_x and centre_y. */
function flatten(kernel, args) {
  const flat = {};
  for (const [name, value] of Object.entries(args)) {
    if (kernel.known.has(name) || !isStruct(value)) flat[name] = value;
    else for (const [part, each] of Object.entries(value)) flat[`${name}_${part}`] = each;
  }
  return flat;
}

/** The arguments, each by the name of its field. */
function known(kernel, args) {
  const isUnknown = (name) => !kernel.known.has(name);
  if (!Object.keys(args).some(isUnknown)) return args;
  const flat = flatten(kernel, args);
  const name = Object.keys(flat).find(isUnknown);
  if (name === undefined) return flat;
  throw new ArgumentError(
    `kernel ${show(kernel.name)} has no argument ${show(name)}; it has ${list(kernel.known)}`,
  );
}

/**
 * Checks `args` and writes them into `into`, a DataView of zeros, from `at` on. Notes in
 * `resources` the memory that the arrays lie in, or that is made for them.
 *
 * @returns {object} a frozen copy of `args`, with the arrays that the kernel gets
 */
export function pack(kernel, args = NOTHING, { heap, into, resources, at = 0 }) {
  if (args !== NOTHING) args = known(kernel, args);
  if (!kernel.fields.length) return NOTHING;
  const given = {};
  for (const field of kernel.fields) {
    let value = args[field.name];
    const array = field.role === 'array' || field.role === 'option';
    if (value === undefined) {
      if (field.role === 'option' || field.role === 'state') continue;
      const what = array ? `an array (${field.arrays.join(' or ')})` : wanted(field);
      throw new ArgumentError(`${named(kernel, field)} is missing: it needs ${what}`);
    }
    if (array) {
      value = copyIn(value, field, heap, resources) ?? value;
      const block = check(kernel, field, value, heap);
      resources.add('blocks', block);
      const { byteOffset, length } = value; // once: the array may have properties of its own
      const offset = byteOffset - block.address;
      if (!(offset >= 0 && length >= 0 && offset + length * field.bytes <= block.size))
        throw new ForeignMemoryError(`${named(kernel, field)} is not what it says of itself`);
      into.setUint32(at + field.offset + ARRAY_AT, byteOffset, true);
      into.setUint32(at + field.offset + ARRAY_LENGTH, length, true);
    } else {
      field.set.call(into, at + field.offset, number(kernel, field, value), true);
    }
    given[field.name] = value;
  }
  return Object.freeze(given);
}

/** The fields of role `state` of a task whose arguments stand at `address`. */
export function readState(kernel, view, address) {
  const state = {};
  for (const field of kernel.state)
    state[field.name] = field.get.call(view, address + field.offset, true);
  return state;
}

/** A reduction's accumulator at `address`: numbers, and copies of arrays. */
export function readTotal(kernel, view, address) {
  const total = {};
  for (const { name, offset, length, arrays, get } of kernel.total.fields) {
    const at = address + offset;
    // slice() copies out of the shared memory.
    total[name] = length
      ? new globalThis[arrays[0]](view.buffer, at, length).slice()
      : get.call(view, at, true);
  }
  return total;
}

const named = (kernel, field) => `argument ${show(field.name)} of kernel ${show(kernel.name)}`;

function wanted({ type, least, greatest }) {
  if (least === undefined) return `a number (${type})`;
  const also = typeof least === 'bigint' ? ', as a BigInt or a safe integer' : '';
  return `a whole number from ${least} to ${greatest} (${type}${also})`;
}

/** Floats take every number: NaN and the infinities, too, and f32 rounds. */
function number(kernel, field, value) {
  const { least, greatest } = field;
  if (least === undefined) {
    if (typeof value === 'number') return value;
  } else if (typeof least === 'number') {
    if (Number.isInteger(value) && value >= least && value <= greatest) return value;
  } else if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    const big = BigInt(value);
    if (big >= least && big <= greatest) return big;
  }
  throw new ArgumentError(`${named(kernel, field)} must be ${wanted(field)}, got ${show(value)}`);
}

function check(kernel, field, value, heap) {
  // The getter of all typed arrays; no other value passes.
  const type = ArrayBuffer.isView(value) ? value[Symbol.toStringTag] : undefined;
  if (!field.arrays.includes(type)) {
    throw new ArgumentError(
      `${named(kernel, field)} must be a ${field.arrays.join(' or ')}, got ${show(value)}`,
    );
  }
  const block = heap.find(value);
  if (block?.live) return block;
  const must = 'it must be made by alloc() of this runtime, or be a subarray of such an array';
  if (block)
    throw new FreedMemoryError(`${named(kernel, field)}: ${show(value)} was freed; ${must}`);
  throw new ForeignMemoryError(
    `${named(kernel, field)}: ${show(value)} is not in this runtime's memory; ${must}`,
  );
}

/** The statuses of tasks: { name, text } by code. */
export const readStatuses = (wasm, text) =>
  names((i) => text(wasm.filch_host_status_name(i))).map((name, i) => ({
    name,
    text: text(wasm.filch_host_status_text(i)),
  }));
