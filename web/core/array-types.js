/** Names of field types, and of arrays in shared memory. */

/**
 * A field's type -> DataView's accessor. The accessor and "Array" is the name of the type's array.
 */
export const ACCESSORS = {
  u8: 'Uint8',
  i8: 'Int8',
  u16: 'Uint16',
  i16: 'Int16',
  u32: 'Uint32',
  i32: 'Int32',
  u64: 'BigUint64',
  i64: 'BigInt64',
  f32: 'Float32',
  f64: 'Float64',
};
const [bytes, ...others] = Object.values(ACCESSORS).map((accessor) => `${accessor}Array`);
export const ARRAYS = [bytes, 'Uint8ClampedArray', ...others];
