// Writes docs/api.md from the comments of the package's declarations: `node tools/api.mjs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ENTRIES = { filch: 'index.d.ts', 'filch/ring': 'ring.d.ts', 'filch/isolate': 'isolate.d.ts' };
/** The text of a file of declarations, with those that it exports of others in their place. */
const read = (file) =>
  readFileSync(new URL(`../web/${file}`, import.meta.url), 'utf8').replace(
    /^export \* from '.\/(.*)\.js';$/gm,
    (_, other) => read(`${other}.d.ts`),
  );

const HEAD = `# API

Made by \`make docs\` from the comments in [web/index.d.ts](../web/index.d.ts), [web/ring.d.ts](../web/ring.d.ts), and
[web/isolate.d.ts](../web/isolate.d.ts): change those.
`;

const commentOf = (node) => {
  const doc = node.jsDoc?.at(-1);
  const tags = (doc?.tags ?? []).map(
    (tag) =>
      `\`${tag.name?.text ?? tag.tagName.text}\`: ${ts.getTextOfJSDocComment(tag.comment) ?? ''}`,
  );
  return [ts.getTextOfJSDocComment(doc?.comment), ...tags].filter(Boolean).join('\n\n');
};
const codeOf = (node) =>
  node
    .getText()
    .replace(/^export /, '')
    .replace(/;$/, '');
const oneLine = (node) =>
  codeOf(node).replace(/\s+/g, ' ').replace(/\( /g, '(').replace(/, \)/g, ')');
const inline = (code) => (code.includes('`') ? `\`\` ${code} \`\`` : `\`${code}\``);
const indent = (text, by) => text.replace(/^(?=.)/gm, by);
const isHidden = (node) =>
  node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);

/** The members of an object type, where some of them has a comment. */
function membersOf(node) {
  const told = (at) =>
    (at.type && ts.isTypeLiteralNode(at.type) ? at.type.members : []).some(
      (member) => member.jsDoc || told(member),
    );
  return told(node) ? node.type.members : undefined;
}

/** Members as a list; overloads stand together, under the comment of the first. */
function list(members) {
  const items = [];
  for (const member of members) {
    if (isHidden(member)) continue;
    const inner = membersOf(member);
    const code = inline(
      inner ? `${member.name.getText()}${member.questionToken ? '?' : ''}` : oneLine(member),
    );
    const comment = commentOf(member);
    if (
      items.length &&
      !comment &&
      ts.isMethodDeclaration(member) &&
      member.name.getText() === items.at(-1).name
    )
      items.at(-1).codes.push(code);
    else items.push({ name: member.name?.getText(), codes: [code], comment, inner });
  }
  return items
    .map(({ codes, comment, inner }) => {
      const text = [`- ${codes.join('  \n  ')}`, comment && indent(comment, '  ')]
        .filter(Boolean)
        .join('  \n');
      return inner ? `${text}\n${indent(list(inner), '  ')}` : text;
    })
    .join('\n');
}

const KINDS = {
  [ts.SyntaxKind.ClassDeclaration]: 'class',
  [ts.SyntaxKind.FunctionDeclaration]: 'function',
  [ts.SyntaxKind.InterfaceDeclaration]: 'interface',
  [ts.SyntaxKind.TypeAliasDeclaration]: 'type',
};
const isError = ({ kind, name }) => kind === 'class' && name.endsWith('Error');

function declarationsOf(file) {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const nodes = source.statements.filter(
    (node) =>
      KINDS[node.kind] && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword),
  );
  const found = new Map();
  for (const node of nodes) {
    const key = `${KINDS[node.kind]} ${node.name.text}`;
    if (found.has(key)) found.get(key).nodes.push(node);
    else found.set(key, { kind: KINDS[node.kind], name: node.name.text, nodes: [node] });
  }
  return [...found.values()];
}

function describe({ kind, name, nodes }) {
  const [node] = nodes;
  const base = node.heritageClauses?.map((clause) => ` ${clause.getText()}`).join('') ?? '';
  const whole = kind === 'function' || kind === 'type';
  const parts = [
    `### ${kind} ${name}`,
    whole && `\`\`\`ts\n${nodes.map(codeOf).join('\n')}\n\`\`\``,
    !whole &&
      (base || node.typeParameters) &&
      inline(
        `${name}${node.typeParameters ? `<${node.typeParameters.map(codeOf).join(', ')}>` : ''}${base}`,
      ),
    commentOf(node),
    !whole && list(node.members),
  ];
  return parts.filter(Boolean).join('\n\n');
}

/** The whole text. */
export function api() {
  const sections = Object.entries(ENTRIES).flatMap(([entry, file]) => {
    const all = declarationsOf(file);
    const of = (title, wanted) => [title, all.filter((each) => wanted(each))];
    return [
      of(`'${entry}'`, (each) => ['class', 'function'].includes(each.kind) && !isError(each)),
      of('Errors', isError),
      of('Types', ({ kind }) => kind === 'interface' || kind === 'type'),
    ].filter(([, declarations]) => declarations.length);
  });
  const anchor = (kind, name) => `#${kind}-${name}`.toLowerCase();
  const contents = sections.map(
    ([title, all]) =>
      `- ${title}:\n${all.map(({ kind, name }) => `  [${name}](${anchor(kind, name)})`).join(',\n')}`,
  );
  const body = sections.map(([title, all]) => `## ${title}\n\n${all.map(describe).join('\n\n')}\n`);
  return [HEAD, `${contents.join('\n')}\n`, ...body].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../docs/api.md', import.meta.url), api());
