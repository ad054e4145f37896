// Rules about single files: how wide and how long, how many parameters, which words. Each returns
// the problems, a line each.
import { checkAddresses } from './addresses.mjs';
import { readC } from './c.mjs';
import { readJs } from './js.mjs';
import { isIdentifier, lineOf, scan } from './tokens.mjs';
import { names as renamed, words } from './words.mjs';

/** The files that these rules are about. */
export const ENDS = ['.c', '.h', '.js', '.mjs', '.ts', '.md'];

export const COLUMNS = 100;
export const LINES = 400;
export const PARAMETERS = 5;
export const POSITIONAL = 2;

const isC = (path) => /\.[ch]$/.test(path);
const isJs = (path) => /\.(m?js|ts)$/.test(path);
const isCode = (path) => isC(path) || isJs(path);

/** Files that a program writes: no person formats them. */
const GENERATED = /^(docs\/api\.md|web\/wasm\/abi\.js|package-lock\.json)$/;
/** Tables whose rows are long by nature: a fault, and the code that it is put into. */
const TABLES = /^tests\/c\/mutants\/(mutants|loops|trees)\.mjs$/;

/**
 * Files that may be longer, each with its limit and the reason. A limit only ever gets lower.
 * @type {Record<string, { most: number, why: string }>}
 */
export const LONG = {
  'web/index.d.ts': {
    most: 928,
    why: 'every type of the package on one page, for editors and the reference',
  },
};

/** Functions of C that may have more parameters. @type {Record<string, string>} name -> why */
export const WIDE = {};

/** Where strings stand in C. */
const literalsOfC = (text) =>
  scan(text)
    .filter((token) => token.text.startsWith('"'))
    .map((token) => [token.index, token.index + token.text.length]);

/** Lines over 100 columns. The text of a string does not count: no formatter breaks strings. */
export function checkColumns(path, text) {
  if (!isCode(path) || GENERATED.test(path) || TABLES.test(path)) return [];
  const units = text.split('');
  for (const [begin, end] of isC(path) ? literalsOfC(text) : readJs(path, text).literals) {
    for (let i = begin + 1; i < end - 1; i++) if (units[i] !== '\n') units[i] = '';
  }
  const lines = text.split('\n');
  return units
    .join('')
    .split('\n')
    .flatMap((line, i) => {
      const isLong = [...line].length > COLUMNS;
      return isLong ? [`${path}:${i + 1}: ${[...lines[i]].length} columns`] : [];
    });
}

/**
 * Files over 400 lines.
 * @param {Map<string, string>} files all of them: an exception that none needs is wrong, too
 */
export function checkLines(files, long = LONG) {
  const problems = [];
  for (const [path, text] of files) {
    const isOurs = isCode(path) && /^(runtime|tasks|web|tests|tools)\//.test(path);
    if (!isOurs || GENERATED.test(path)) continue;
    const count = text.replace(/\n$/, '').split('\n').length;
    const most = long[path]?.most ?? LINES;
    if (count > most) problems.push(`${path}: ${count} lines, ${most} at most`);
    else if (long[path] && count <= LINES)
      problems.push(`${path}: ${count} lines need no exception any more`);
  }
  const gone = Object.keys(long).filter((path) => !files.has(path));
  return [...problems, ...gone.map((path) => `${path}: an exception for a file that is not there`)];
}

/** Functions of C with more than five parameters; the linter has the rule for JavaScript. */
export function checkParameters(path, text, wide = WIDE) {
  if (!isC(path)) return [];
  return readC(text)
    .functions.filter(({ name, parameters }) => parameters > PARAMETERS && !wide[name])
    .map(
      ({ name, line, parameters }) =>
        `${path}:${line}: ${name}() has ${parameters} parameters, ${PARAMETERS} at most`,
    );
}

/**
 * Structs of the runtime that are initialised by position, with more than two values. clang has no
 * warning for it.
 * @param {Map<string, string>} files
 */
export function checkInitialisers(files) {
  const read = [...files]
    .filter(([path]) => isC(path) && path.startsWith('runtime/'))
    .map(([path, text]) => [path, readC(text)]);
  const structs = new Set(read.flatMap(([, file]) => file.structs));
  return read.flatMap(([path, { positional }]) =>
    positional
      .filter(({ type, values }) => structs.has(type) && values > POSITIONAL)
      .map(
        ({ type, line, values }) =>
          `${path}:${line}: ${values} values of a ${type} without their names`,
      ),
  );
}

/** @returns {{ prose: Piece[], names: Piece[] }} @typedef {{ text: string, line: number }} Piece */
function partsOf(path, text) {
  const sentences = (list) => list.filter((piece) => /\s/.test(piece.text.trim()));
  if (isC(path)) {
    let line = 1;
    let at = 0;
    const all = scan(text).map(({ text: token, index, comment }) => {
      for (; at < index; at++) if (text[at] === '\n') line++;
      return { text: token, line, comment };
    });
    return {
      prose: [
        ...all.filter(({ comment }) => comment),
        ...sentences(all.filter((piece) => piece.text.startsWith('"'))),
      ],
      names: all.filter(({ text: token, comment }) => !comment && isIdentifier(token)),
    };
  }
  if (isJs(path)) {
    const { comments, strings, names } = readJs(path, text);
    return { prose: [...comments, ...sentences(strings)], names };
  }
  const blank = (code) => code.replaceAll(/[^\n]/g, ' ');
  return {
    prose: [{ text: text.replaceAll(/^```[^]*?^```|`[^`\n]*`/gm, blank), line: 1 }],
    names: [],
  };
}

const partsOfName = (name) =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);

/** The words may stand in the table itself, and in the history of the project. */
const FREE = /^(CHANGELOG\.md|STYLE\.md|tools\/tidy\/|tests\/tidy\/|LICENSE|web\/LICENSE)/;

export function checkWords(path, text, rows = words, whole = renamed) {
  if (FREE.test(path) || GENERATED.test(path) || !(isCode(path) || path.endsWith('.md'))) return [];
  const parts = partsOf(path, text);
  const problems = [];
  const ours = rows.filter(
    ({ only, except = [] }) =>
      !(only && !only.test(path)) && !except.some((each) => path.startsWith(each.path)),
  );
  const say = (line, word, is) => problems.push(`${path}:${line}: "${word}": ${is}`);

  const inNames = new Map();
  const inProse = [];
  for (const { was, where, is } of ours) {
    for (const word of was.split(' ')) {
      if (where !== 'prose') inNames.set(word, is);
      if (where !== 'names')
        inProse.push([new RegExp(`\\b${word.replaceAll('_', '[\\s*/]+')}\\b`, 'gi'), is]);
    }
  }
  for (const part of partsOfName(path.replace(/\.[^/]*$/, '')))
    if (inNames.has(part)) say(0, part, inNames.get(part));
  const check = (name, line) => {
    for (const part of partsOfName(name)) if (inNames.has(part)) say(line, name, inNames.get(part));
    const rule = whole.find(([pattern]) => pattern.test(name));
    if (rule) say(line, name, rule[1]);
  };
  for (const { text: name, line } of parts.names) check(name, line);
  for (const { text: piece, line } of parts.prose) {
    for (const [pattern, is] of inProse) {
      for (const { 0: word, index } of piece.matchAll(pattern))
        say(line + lineOf(piece, index) - 1, word.replaceAll(/\s+/g, ' '), is);
    }
    for (const { 0: name, index } of piece.matchAll(/\b[A-Za-z]+_\w+\b/g))
      check(name, line + lineOf(piece, index) - 1);
  }
  return [...new Set(problems)];
}

/** Everything, of all files. @param {Map<string, string>} files */
export function checkRules(files) {
  const each = (check) => [...files].flatMap(([path, text]) => check(path, text));
  return {
    columns: each(checkColumns),
    addresses: checkAddresses(files),
    lines: checkLines(files),
    parameters: each((path, text) => checkParameters(path, text)),
    initialisers: checkInitialisers(files),
    words: each((path, text) => checkWords(path, text)),
  };
}
