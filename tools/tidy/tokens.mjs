// The tokens of C, and of JavaScript as far as a table of mutants needs it: no regular expressions.

// an open comment ends where the text ends
const COMMENT = String.raw`/\*(?:[^*]|\*(?!/))*(?:\*/|$)|//[^\n]*`;
const STRING = String.raw`"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|\`(?:\\[^]|[^\`\\])*\``;
const OPERATOR =
  String.raw`\.\.\.|>>>=|[=!]==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|->|=>|\+\+|--|<<|>>|&&|\|\||` +
  String.raw`\?\?|\?\.|\*\*|##|[-+*/%&|^<>=!]=`;
const TOKEN = new RegExp(`(?<comment>${COMMENT})|${STRING}|[\\w$]+|${OPERATOR}|\\S`, 'g');

/**
 * @returns {{ text: string, index: number, comment: boolean }[]} All of it that is no white space.
 */
export const scan = (text) =>
  Array.from(text.matchAll(TOKEN), (match) => ({
    text: match[0],
    index: match.index,
    comment: match.groups.comment !== undefined,
  }));

const blank = (text) => text.replaceAll(/[^\n]/g, ' ');

/**
 * @returns {string} `text` with spaces in place of its comments: everything else keeps its place.
 */
export const blankComments = (text) =>
  text.replaceAll(TOKEN, (token, ...rest) =>
    rest.at(-1).comment === undefined ? token : blank(token),
  );

/**
 * @returns {string} As `blankComments`, and without the backslashes at the ends of a macro's lines.
 */
export const withoutComments = (text) => blankComments(text).replaceAll(/\\(?=\r?\n)/g, ' ');

/** @returns {string[]} The tokens of a piece of code, without its comments. */
export const tokens = (code) => withoutComments(code).match(TOKEN) ?? [];

export const isWord = (token) => /^[\w$]/.test(token);
export const isIdentifier = (token) => /^[A-Za-z_$]/.test(token);
export const lineOf = (text, index) => text.slice(0, index).split('\n').length;
