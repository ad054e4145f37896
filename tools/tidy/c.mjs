// Reads a C file as far as the layers and the rules need: its includes, definitions, and uses. No
// preprocessor: every branch of an #if is read, and a macro's body belongs to the file that defines
// the macro.
import { blankComments, isIdentifier, lineOf, scan, withoutComments } from './tokens.mjs';

const DIRECTIVE = /^[ \t]*#[ \t]*(\w+)((?:[^\\\n]|\\[^\n]|\\\r?\n)*)/gm;
const OPENERS = new Set(['(', '[', '{']);
const CLOSERS = new Set([')', ']', '}']);

/** The place of the bracket that closes the one at `at`. */
function closing(list, at, end = list.length) {
  let depth = 0;
  for (let i = at; i < end; i++) {
    if (OPENERS.has(list[i].text)) depth++;
    else if (CLOSERS.has(list[i].text) && !--depth) return i;
  }
  throw new SyntaxError(`line ${list[at].line}: no bracket closes this ${list[at].text}`);
}

/** Splits tokens at the commas that stand in no bracket. */
function splitAtCommas(list) {
  const parts = [[]];
  for (let i = 0; i < list.length; i++) {
    const end = OPENERS.has(list[i].text) ? closing(list, i) : i;
    if (list[i].text === ',') parts.push([]);
    else parts.at(-1).push(...list.slice(i, end + 1));
    i = end;
  }
  return parts;
}

/**
 * Leaves out attributes and alignments, with their arguments, and macros that stand where one
 * could.
 */
function withoutAttributes(list) {
  const out = [];
  for (let i = 0; i < list.length; i++) {
    const { text } = list[i];
    const called = list[i + 1]?.text === '(';
    const next = called ? closing(list, i + 1) + 1 : i + 1;
    const isMacro = /^[A-Z][A-Z0-9_]*$/.test(text) && called && !out.length && next < list.length;
    if (/^(__attribute__|_Alignas|__asm__|asm)$/.test(text) || isMacro) i = next - 1;
    else out.push(list[i]);
  }
  return out;
}

/** The tokens that stand in no bracket. */
function outside(list) {
  const out = [];
  for (let i = 0; i < list.length; i++) {
    if (OPENERS.has(list[i].text)) i = closing(list, i);
    else out.push(list[i]);
  }
  return out;
}

const has = (list, text) => list.some((token) => token.text === text);

/**
 * @returns {{ name, line, isStatic, parameters } | null} The function that a declaration's head is
 * about.
 */
function functionOf(list) {
  const head = withoutAttributes(list);
  const open = head.findIndex(({ text }) => text === '(');
  const name = head[open - 1];
  if (open < 1 || !isIdentifier(name.text) || /^[A-Z][A-Z0-9_]*$/.test(name.text)) return null;
  if (head[open + 1]?.text === '*' || has(outside(head), '=')) return null; // a variable
  const args = head.slice(open + 1, closing(head, open));
  const isEmpty = !args.length || (args.length === 1 && args[0].text === 'void');
  const parameters = isEmpty ? 0 : splitAtCommas(args).length;
  return { name: name.text, line: name.line, isStatic: has(head, 'static'), parameters };
}

/** The variables that a declaration defines, with their names' lines. */
function objectsOf(list) {
  let head = withoutAttributes(list);
  if (!head.length || /^(typedef|_Static_assert|static_assert)$/.test(head[0].text)) return [];
  if (has(head, 'static') || (has(head, 'extern') && !has(head, '='))) return [];
  const brace = head.findIndex(({ text }) => text === '{');
  const isType = head.some(({ text }, i) => i < 3 && /^(struct|union|enum)$/.test(text));
  if (isType && brace >= 0 && !has(head.slice(0, brace), '=')) {
    head = head.slice(closing(head, brace)); // declarators follow the bracket that ends the body
    if (head.length === 1) return [];
  } else if (isType && head.length === 2) return []; // struct name;
  return splitAtCommas(head).flatMap((part, i) => {
    const stop = part.findIndex(({ text }) => text === '=' || text === '[');
    const declarator = stop < 0 ? part : part.slice(0, stop);
    const pointer = declarator.findIndex(
      ({ text }, at) => text === '(' && declarator[at + 1]?.text === '*',
    );
    if (pointer < 0 && (has(declarator, '(') || (!i && declarator.length < 2))) return [];
    const name =
      pointer < 0
        ? declarator.at(-1)
        : declarator.slice(pointer + 2).find(({ text }) => text !== 'const');
    return name && isIdentifier(name.text) ? [{ name: name.text, line: name.line }] : [];
  });
}

/**
 * The names that a function's head and body declare for themselves: `type name`, and `type *name`
 * where a statement begins.
 */
function localsOf(list) {
  const found = new Set();
  const isType = ({ text } = {}) =>
    isIdentifier(text ?? '') && !/^(return|else|goto|case|sizeof|do)$/.test(text);
  for (const [i, { text }] of list.entries()) {
    if (!isIdentifier(text) || list[i + 1]?.text === '(') continue; // a declaration or a call
    let at = i - 1;
    while (list[at]?.text === '*') at--;
    const begins = at === i - 1 || ['(', '{', '}', ';', ',', 'const'].includes(list[at - 1]?.text);
    if (isType(list[at]) && begins) found.add(text);
  }
  return found;
}

/** Uses: no members of structs, and no designators. */
const usesIn = (list, locals = new Set()) =>
  list
    .filter(
      ({ text }, i) =>
        isIdentifier(text) && !locals.has(text) && !['.', '->'].includes(list[i - 1]?.text),
    )
    .map(({ text, line }) => ({ name: text, line }));

/**
 * Initialisers of more than one value whose first has no designator: `(type){a, b}`, and `type name
 * = {a, b}`.
 */
function positionalIn(list) {
  return list.flatMap(({ text, line }, i) => {
    if (text !== '{' || list[i + 1]?.text === '.') return [];
    const isLiteral = list[i - 1]?.text === ')' && list[i - 3]?.text === '(';
    const isVariable = list[i - 1]?.text === '=' && isIdentifier(list[i - 2].text);
    const type = isLiteral ? list[i - 2].text : isVariable ? list[i - 3]?.text : undefined;
    const values =
      type &&
      splitAtCommas(list.slice(i + 1, closing(list, i))).filter((part) => part.length).length;
    return values > 1 ? [{ type, line, values }] : [];
  });
}

/**
 * @returns {{ includes: { path: string, isSystem: boolean, line: number }[],
 *   odd: { text: string, line: number }[], uses: { name: string, line: number }[],
 *   promised: { name: string, line: number }[],
 *   functions: { name: string, line: number, isStatic: boolean, parameters: number }[],
 *   objects: { name: string, line: number }[], structs: string[],
 *   positional: { type: string, line: number, values: number }[] }}
 *   odd: directives that include and name no file. promised: static functions that are declared
 *   structs: names of types. positional: `type` may be a struct or not
 */
export function readC(text) {
  const file = {
    ...{ includes: [], odd: [], functions: [], promised: [], objects: [], uses: [] },
    ...{ structs: [], positional: [] },
  };
  const withLines = (code, first) =>
    scan(withoutComments(code)).map((token) => ({
      text: token.text,
      line: first + lineOf(code, token.index) - 1,
    }));

  const plain = blankComments(text).replaceAll(DIRECTIVE, (all, name, rest, index) => {
    const line = lineOf(text, index);
    if (/^(include|include_next|import|embed)$/.test(name)) {
      const [, quoted, angled] = /^\s*(?:"([^"]+)"|<([^>]+)>)/.exec(rest) ?? [];
      const isPlain = name === 'include' && (quoted ?? angled);
      if (!isPlain) file.odd.push({ text: all.trim(), line });
      else file.includes.push({ path: quoted ?? angled, isSystem: !quoted, line });
    } else if (name === 'define') {
      const [, , body] = /^\s*(\w+(?:\([^)]*\))?)([^]*)$/.exec(rest) ?? [];
      const before = all.length - (body?.length ?? 0);
      file.uses.push(...usesIn(withLines(body ?? '', lineOf(text, index + before))));
    }
    return all.replaceAll(/[^\n]/g, ' ');
  });

  const list = lined(plain);
  file.positional.push(...positionalIn(list));
  let start = 0;
  for (let i = 0; i < list.length; i++) {
    const { text: token } = list[i];
    if (token === '{' && has(list.slice(start, i), 'extern') && /^"/.test(list[i - 1]?.text))
      start = i + 1; // extern "C" {
    else if (token === '}')
      start = i + 1; // and its end
    else if (token === ';') {
      const declaration = list.slice(start, i);
      if (
        declaration[0]?.text === 'typedef' &&
        declaration[1]?.text === 'struct' &&
        has(declaration, '{')
      ) {
        file.structs.push(declaration.at(-1).text);
      }
      const initialiser = declaration.findIndex(({ text: sign }) => sign === '=');
      if (initialiser >= 0) file.uses.push(...usesIn(declaration.slice(initialiser + 1)));
      const declared = initialiser < 0 && functionOf(declaration);
      if (!declared) file.objects.push(...objectsOf(declaration));
      else if (declared.isStatic) file.promised.push(declared);
      start = i + 1;
    } else if (token === '{') {
      const end = closing(list, i);
      const head = list.slice(start, i);
      const found = functionOf(head);
      if (found) file.functions.push(found);
      if (found || list[i - 1]?.text === ')') {
        // the body of a function, or what a macro makes one of
        file.uses.push(...usesIn(list.slice(i, end), localsOf(list.slice(start, end))));
        start = end + 1;
      }
      i = end;
    } else if (OPENERS.has(token)) i = closing(list, i);
  }
  return file;
}

/** All tokens with their lines, counted in one pass. */
function lined(text) {
  let line = 1;
  let at = 0;
  return scan(text).map(({ text: token, index }) => {
    for (; at < index; at++) if (text[at] === '\n') line++;
    return { text: token, line };
  });
}
