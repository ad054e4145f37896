// Addresses on their way out of the module: JavaScript takes an i32 for a signed number, so each
// passes unsigned() of web/wasm/address.js where the module returns it. A text's address passes
// textReader(), which does that.
import { lineOf } from './tokens.mjs';

const HEADER = 'runtime/host/wasm.h';
const EXPORT = /\bfilch_address FILCH_EXPORT\((\w+)\)/g;
const GUARDED = /\b(unsigned|text)\(\s*(this\.#)?(parts\.)?wasm\.$/;

/** @param {Map<string, string>} files all of the project */
export function checkAddresses(files) {
  const names = [...(files.get(HEADER) ?? '').matchAll(EXPORT)].map(([, name]) => name);
  if (!names.length) return [`${HEADER}: no function returns a filch_address`];
  const uses = new RegExp(`\\b(${names.join('|')})\\b`, 'g');
  return [...files].flatMap(([path, text]) => {
    if (!/^web\/.*\.js$/.test(path)) return [];
    return [...text.matchAll(uses)]
      .filter(({ index }) => !GUARDED.test(text.slice(0, index)))
      .map(({ 0: name, index }) => `${path}:${lineOf(text, index)}: ${name}() without unsigned()`);
  });
}
