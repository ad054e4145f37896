// The blocks of code in a Markdown text. The word behind ```js says what a block is:
//
//   nothing      a program: it runs
//   name.js      a file that programs of the same text import
//   page         for a browser: read, not run
//   part         lines out of a program, or of an object: read, not run
//
// ```c name.c and ```ts name.ts are kernels. The lines in blocks of ```sh that begin with
// `make kernel` and `asc` build them.

const BLOCK = /^```(js|c|ts)(?: +(.*))?\n([^]*?)^```$/gm;
const SHELL = /^```sh\n([^]*?)^```$/gm;
const FILES = { js: /^[\w-]+\.m?js$/, c: /^[\w-]+\.c$/, ts: /^[\w-]+\.ts$/ };

/**
 * @typedef {'program' | 'file' | 'page' | 'part'} Kind
 * @returns {{ kind: Kind, name: string, code: string, line: number }[]}
 */
export function blocks(text) {
  return [...text.matchAll(BLOCK)].flatMap(({ index, 1: language, 2: info = '', 3: code }) => {
    const line = text.slice(0, index).split('\n').length;
    const name = info.trim();
    if (FILES[language].test(name)) return [{ kind: 'file', name, code, line }];
    if (language !== 'js' && !name) return []; // to be read
    if (language !== 'js' || !['', 'page', 'part'].includes(name))
      throw new Error(`line ${line}: what is a block "${language} ${name}"?`);
    return [{ kind: name || 'program', name, code, line }];
  });
}

/** The commands that build a text's kernels: the words of each. */
export function commands(text) {
  const lines = [...text.matchAll(SHELL)].flatMap(([, code]) =>
    code.replace(/\\\n\s*/g, '').split('\n'),
  );
  return lines
    .filter((line) => /^(make kernel SRC=\w|asc )/.test(line))
    .map((line) => line.replace(/ +#.*/, '').split(/ +/));
}

/**
 * The output that a program promises: `console.log(...); // 10`. undefined where a console.log()
 * has no comment.
 */
export function promised(code) {
  const lines = code.split('\n').filter((line) => line.includes('console.log('));
  const told = lines.map((line) => /\)[;]? *\/\/ (.*)$/.exec(line)?.[1]);
  return told.includes(undefined) ? undefined : told;
}
