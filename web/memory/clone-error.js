/**
 * The clone of an engine's own error as bytes, as clone.js writes them: for a thread that has not
 * loaded clone.js, or its reader.
 */
import { decoder, encoder } from '../core/text.js';
import { ARRAY, ERROR, INT, TEXT } from './clone-kinds.js';

/** @param {[number, string, Error]} note the number is a byte */
export function errorToBytes([number, text, error]) {
  const bytes = [];
  const counted = (kind, n) => bytes.push(kind, ...new Uint8Array(Float64Array.of(n).buffer));
  const write = (each) => {
    const utf8 = encoder.encode(each);
    counted(TEXT, utf8.length);
    bytes.push(...utf8);
  };
  const fields = ['name', 'message', 'stack'].filter((name) => typeof error[name] === 'string');
  counted(ARRAY, 3);
  bytes.push(INT, number, 0, 0, 0);
  write(text);
  counted(ERROR, fields.length);
  for (const name of fields) [name, error[name]].forEach(write);
  return Uint8Array.from(bytes);
}

/**
 * What errorToBytes() has written. Throws where other bytes stand there.
 *
 * @param {Uint8Array} bytes in memory that is not shared
 * @returns {[number, string, Error]}
 */
export function errorFromBytes(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const counted = (kind) => {
    if (bytes[at] !== kind) throw new RangeError('these bytes are no error');
    at += 9;
    return view.getFloat64(at - 8, true);
  };
  const read = () => {
    const length = counted(TEXT);
    at += length;
    return decoder.decode(bytes.subarray(at - length, at));
  };
  counted(ARRAY);
  const number = view.getInt32(at + 1, true);
  at += 5;
  const text = read();
  const fields = new Map();
  for (let left = Math.min(counted(ERROR), 3); left > 0; left--) fields.set(read(), read());
  const { RuntimeError } = WebAssembly;
  const Kind = [RangeError, RuntimeError].find(({ name }) => name === fields.get('name')) ?? Error;
  const error = new Kind();
  for (const [name, value] of fields)
    if (error[name] !== value)
      Object.defineProperty(error, name, { value, writable: true, configurable: true });
  return [number, text, error];
}
