// The blocks of JavaScript in a Markdown text. What stands behind ```js says what a block is:
//
//   nothing      a program: it runs
//   name.js      a file that programs of the same text import
//   page         for a browser: read, not run
//   part         lines out of a program, or of an object: read, not run

const BLOCK = /^```js(?: +(.*))?\n([^]*?)^```$/gm;
const FILE = /^[\w-]+\.m?js$/;

/** @returns {{ kind: 'program' | 'file' | 'page' | 'part', name: string, code: string, line: number }[]} */
export function blocks(text) {
  return [...text.matchAll(BLOCK)].map(({ index, 1: info = '', 2: code }) => {
    const line = text.slice(0, index).split('\n').length;
    const name = info.trim();
    if (FILE.test(name)) return { kind: 'file', name, code, line };
    if (!['', 'page', 'part'].includes(name)) throw new Error(`line ${line}: what is a block "js ${name}"?`);
    return { kind: name || 'program', name, code, line };
  });
}

/** What a program says that it prints: `console.log(...); // 10`. undefined where a console.log() says nothing. */
export function promised(code) {
  const lines = code.split('\n').filter((line) => line.includes('console.log('));
  const told = lines.map((line) => /\); *\/\/ (.*)$/.exec(line)?.[1]);
  return told.includes(undefined) ? undefined : told;
}
