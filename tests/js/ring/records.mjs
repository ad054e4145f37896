// The records of the ring tests, for the kernel 'record', which adds 1 to a record's first word.

/** A record is one number. */
export const encode = (view, value) => {
  view.setUint32(0, value, true);
  return 4;
};
export const decode = (view) => view.getUint32(0, true);

/** Records { n, size }: a number, and so many bytes in all. */
export const sized = {
  encode(view, { n, size }) {
    new Uint8Array(view.buffer, view.byteOffset, size).fill(n);
    view.setUint32(0, n, true);
    return size;
  },
  decode: (view) => ({
    n: view.getUint32(0, true),
    size: view.byteLength,
    last: view.getUint8(view.byteLength - 1),
  }),
};

export const open = (runtime, options) =>
  runtime.ring('record', { args: { by: 1 }, encode, decode, ...options });
