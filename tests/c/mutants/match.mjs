// Finds a piece of code in a source, token by token. White space and comments do not count, so a
// formatter or a better comment does not change the tables of mutants.

import { isWord, tokens, withoutComments } from '../../../tools/tidy/tokens.mjs';

const literally = (text) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/** @returns {RegExp} Matches `code` in a source without comments, with any white space. */
export function pattern(code) {
  const list = tokens(code);
  if (!list.length) throw new Error('there is nothing to look for');
  const parts = list.map((token, i) => {
    if (i === 0) return literally(token);
    const between = isWord(token) && isWord(list[i - 1]) ? String.raw`\s+` : String.raw`\s*`;
    // Formatters of JavaScript put a comma before a bracket that they move to a line of its own.
    const comma = /^[)\]}]$/.test(token) && list[i - 1] !== ',' ? String.raw`(?:,\s*)?` : '';
    return between + comma + literally(token);
  });
  const start = isWord(list[0]) ? String.raw`(?<![\w$])` : '';
  const end = isWord(list.at(-1)) ? String.raw`(?![\w$])` : '';
  return new RegExp(start + parts.join('') + end, 'g');
}

/**
 * @returns {[number, number][]} Where `code` stands in `source`: the beginning and the end of each
 * place.
 */
export const placesOf = (code, source) =>
  [...withoutComments(source).matchAll(pattern(code))].map((match) => [
    match.index,
    match.index + match[0].length,
  ]);

/**
 * @returns {string} `source` with `replace` in the one place of `find`. Throws where there is none,
 * or more than one.
 */
export function replaceOnce(source, find, replace) {
  const places = placesOf(find, source);
  if (places.length !== 1)
    throw new Error(`it must be there once and is there ${places.length} times:\n${find}`);
  const [[begin, end]] = places;
  return source.slice(0, begin) + withoutComments(replace).trim() + source.slice(end);
}
