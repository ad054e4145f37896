/**
 * A note with an engine's own error, as JSON: for threads that have not loaded memory/clone.js, or
 * its reader. The first byte tells this form from that of clone.js.
 */
import { decoder, encoder } from '../core/text.js';

const FIRST = '['.charCodeAt(0);
const FIELDS = ['name', 'message', 'stack'];

/** @param {[number, string, Error]} note the worker, a text, the error */
export const noteToJson = ([worker, text, { name, message, stack }]) =>
  encoder.encode(JSON.stringify([worker, text, { name, message, stack }]));

export const isJson = (bytes) => bytes[0] === FIRST;

/** @returns {[number, string, Error]} Throws where other bytes stand there. */
export function noteFromJson(bytes) {
  const [worker, text, fields] = JSON.parse(decoder.decode(bytes));
  const { RuntimeError } = WebAssembly;
  const Kind = [RangeError, RuntimeError].find(({ name }) => name === fields.name) ?? Error;
  const error = new Kind();
  for (const name of FIELDS)
    if (error[name] !== fields[name])
      Object.defineProperty(error, name, {
        value: String(fields[name]),
        writable: true,
        configurable: true,
      });
  return [worker, text, error];
}
