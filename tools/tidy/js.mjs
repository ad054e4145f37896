// Reads a JavaScript or TypeScript file: its imports, comments, names, and strings.
import { posix } from 'node:path';
import ts from 'typescript';

const isPiece = (node) => ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
const isLiteral = (node) =>
  ts.isStringLiteralLike(node) ||
  ts.isTemplateExpression(node) ||
  ts.isRegularExpressionLiteral(node);
const isText = (node) => node !== undefined && ts.isStringLiteralLike(node);

/** An import whose file only the program knows: by import(), require(), import.meta.resolve(). */
function isOdd(node) {
  if (!ts.isCallExpression(node)) return false;
  const { expression } = node;
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return !isText(node.arguments[0]);
  return /^(createRequire|import\.meta\.resolve)$/.test(expression.getText());
}

/** The file that a node of the syntax tree names, or undefined. */
function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  const isCall = ts.isCallExpression(node);
  if (isCall && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0];
  if (!ts.isNewExpression(node) || node.expression.getText() !== 'URL') return undefined;
  return node.arguments?.[1]?.getText() === 'import.meta.url' ? node.arguments[0] : undefined;
}

function* nodesOf(node) {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** Files that have been read, since several rules ask for the same file. */
const read = new Map();

/**
 * @typedef {{ text: string, line: number }} Piece
 * @param {string} path of the file, from the root of the project; imports are resolved against it
 * @returns {{ imports: { path: string, line: number }[], odd: Piece[], comments: Piece[],
 *   names: Piece[], strings: Piece[], literals: [number, number][] }}
 *   strings: with the pieces of templates. literals: where strings, templates, and regular
 *   expressions stand
 */
export function readJs(path, text) {
  const known = read.get(path);
  if (known?.text === text) return known.file;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineAt = (at) => source.getLineAndCharacterOfPosition(at).line + 1;
  const file = { imports: [], odd: [], comments: [], names: [], strings: [], literals: [] };
  const seen = new Set();
  for (const node of nodesOf(source)) {
    const line = lineAt(node.getStart());
    const specifier = specifierOf(node);
    if (isText(specifier) && /^\.\.?\//.test(specifier.text)) {
      const [plain] = specifier.text.split(/[?#]/);
      file.imports.push({ path: posix.join(posix.dirname(path), plain), line });
    }
    if (isOdd(node)) file.odd.push({ text: node.getText(), line });
    const isName = ts.isIdentifier(node) || ts.isPrivateIdentifier(node);
    if (isName) file.names.push({ text: node.text, line });
    else if (isText(node) || isPiece(node)) file.strings.push({ text: node.text, line });
    if (isLiteral(node)) file.literals.push([node.getStart(), node.end]);
    if (node.getChildCount()) continue;
    const before = ts.getLeadingCommentRanges(text, node.pos) ?? [];
    const after = ts.getTrailingCommentRanges(text, node.end) ?? [];
    for (const range of [...before, ...after]) {
      if (seen.has(range.pos)) continue;
      seen.add(range.pos);
      file.comments.push({ text: text.slice(range.pos, range.end), line: lineAt(range.pos) });
    }
  }
  read.set(path, { text, file });
  return file;
}
