/**
 * The clone of an engine's own error as bytes, as clone.js writes them: for a thread that has not
 * loaded clone.js.
 */
import { encoder } from '../core/text.js';
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
