/** Names of the array types in shared memory. */
export const ARRAYS = [
  'Uint8Array', 'Uint8ClampedArray', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array', 'Int32Array', 'BigUint64Array', 'BigInt64Array',
  'Float32Array', 'Float64Array',
];
