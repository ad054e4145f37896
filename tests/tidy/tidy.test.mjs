// Columns, lengths of files, parameters, initialisers, and words: first that each rule finds a
// planted problem, then that the project keeps the rule. `node tools/tidy.mjs` says the same,
// faster.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { checkAddresses } from '../../tools/tidy/addresses.mjs';
import { readFiles } from '../../tools/tidy/files.mjs';
import {
  checkColumns,
  checkInitialisers,
  checkLines,
  checkParameters,
  checkRules,
  checkWords,
  ENDS,
} from '../../tools/tidy/rules.mjs';

describe('columns', () => {
  const long = 'x'.repeat(96);
  const found = {
    'code of 101': ['runtime/a.c', `int ${long};`],
    'a comment': ['web/a.js', `// ${long} ${long}`],
    'a comment behind a string': ['web/a.js', `f('a'); // ${long}`],
    'a test': ['tests/js/a.test.mjs', `const ${long} = 1;`],
    'a type': ['web/index.d.ts', `type ${long} = 1;`],
    'characters of several bytes count once': ['web/a.js', `// ${'µ'.repeat(98)}`],
  };
  for (const [name, [path, text]] of Object.entries(found)) {
    test(`finds ${name}`, () =>
      assert.match(checkColumns(path, `\n${text}`).join(), /^[\w./]+:2: \d+ columns$/));
  }
  const free = {
    'code of 100': ['runtime/a.c', `int ${long.slice(1)};`],
    '100 characters of several bytes': ['web/a.js', `// ${'µ'.repeat(97)}`],
    'a long string': ['web/a.js', `f('${long}');`],
    'a template of several lines': ['web/a.js', `f(\`\n${long} + ${long}\n\`);`],
    Markdown: ['docs/a.md', `${long} ${long}`],
    'what is generated': ['web/wasm/abi.js', `export const ${long} = 1;`],
    'a table of mutants': ['tests/c/mutants/trees.mjs', `[${long}, 1]`],
  };
  for (const [name, [path, text]] of Object.entries(free)) {
    test(`lets pass ${name}`, () => assert.deepEqual(checkColumns(path, text), []));
  }
});

describe('addresses', () => {
  const header = ['place', 'name'].map((each) => `filch_address FILCH_EXPORT(host_${each})(void);`);
  const checked = (text) =>
    checkAddresses(
      new Map([
        ['runtime/host/wasm.h', header.join('\n')],
        ['web/a.js', text],
        ['tests/a.mjs', 'wasm.host_place()'],
      ]),
    );
  const wrong = ['web/a.js:2: host_place() without unsigned()'];
  for (const text of [
    'const at = wasm.host_place();',
    'const at = wasm.host_place() >>> 0;',
    'const at = unsigned(1 + wasm.host_place());',
    'const { host_place } = wasm;',
  ])
    test(`finds ${text}`, () => assert.deepEqual(checked(`\n${text}`), wrong));
  for (const text of [
    'const at = unsigned(wasm.host_place());',
    'const at = unsigned(\n  this.#wasm.host_place(),\n);',
    'const name = text(wasm.host_name());',
    'wasm.host_other(); wasm.host_place_of();',
  ])
    test(`lets pass ${text}`, () => assert.deepEqual(checked(text), []));
  test('a header without addresses is another', () =>
    assert.match(checkAddresses(new Map()).join(), /^runtime\/host\/wasm.h: no function/));
});

describe('lines', () => {
  const of = (count) => 'x\n'.repeat(count);
  test('finds a file of 401', () => {
    const files = new Map([
      ['web/a.js', of(401)],
      ['web/b.js', of(400)],
      ['docs/c.md', of(900)],
    ]);
    assert.deepEqual(checkLines(files, {}), ['web/a.js: 401 lines, 400 at most']);
  });
  test('an exception has a limit of its own, and is wrong when no file needs it', () => {
    const long = {
      'web/a.js': { most: 500, why: '' },
      'web/b.js': { most: 500, why: '' },
      'web/c.js': { most: 500, why: '' },
    };
    const files = new Map([
      ['web/a.js', of(500)],
      ['web/b.js', of(300)],
    ]);
    assert.deepEqual(checkLines(files, long), [
      'web/b.js: 300 lines need no exception any more',
      'web/c.js: an exception for a file that is not there',
    ]);
    assert.deepEqual(
      checkLines(new Map([['web/a.js', of(501)]]), { 'web/a.js': long['web/a.js'] }),
      ['web/a.js: 501 lines, 500 at most'],
    );
  });
});

describe('parameters', () => {
  test('finds six', () => {
    const text =
      'int f(int a, int b, int c, int d, int e) { return a; }\nstatic void\ng(int a, int b, int c, int (*d)(int, int), int e, int f)\n{\n}\n';
    assert.deepEqual(checkParameters('runtime/a.c', text), [
      'runtime/a.c:3: g() has 6 parameters, 5 at most',
    ]);
    assert.deepEqual(checkParameters('runtime/a.c', text, { g: 'a callback' }), []);
  });
});

describe('initialisers', () => {
  test('finds three values without names, of structs of the runtime', () => {
    const files = new Map([
      ['runtime/a.h', 'typedef struct abc { int a, b, c; } abc;\ntypedef int list;'],
      [
        'runtime/a.c',
        'abc x = {1, 2, 3};\nabc f(void)\n{\n    abc two = {1, 2};\n    list l[] = {1, 2, 3};\n    return (abc){g(1, 2), 2, 3};\n}',
      ],
      [
        'runtime/b.c',
        'abc x = {.a = 1, .b = 2, .c = 3};\nabc y[] = {{.a = 1}};\nint z[] = {1, 2, 3};',
      ],
    ]);
    const problem = '3 values of a abc without their names';
    assert.deepEqual(checkInitialisers(files), [
      `runtime/a.c:1: ${problem}`,
      `runtime/a.c:6: ${problem}`,
    ]);
  });
});

describe('words', () => {
  const rows = [
    { was: 'somebody', where: 'both', is: 'the worker' },
    { was: 'guest', where: 'names', is: 'helper' },
    { was: 'make_room', where: 'prose', is: 'yield' },
    { was: 'life', where: 'names', is: 'state', only: /\.c$/ },
    { was: 'bury', where: 'both', is: 'recover', except: [{ path: 'docs/', why: 'history' }] },
  ];
  const check = (path, text) => checkWords(path, text, rows, [[/^sched_/, 'another name']]);
  const found = {
    'in a comment of C': [
      'runtime/a.c',
      'int a; /* a\n * Somebody */',
      'runtime/a.c:2: "Somebody": the worker',
    ],
    'in a comment of JavaScript': [
      'web/a.js',
      'f(/[/*]/); // somebody',
      'web/a.js:1: "somebody": the worker',
    ],
    'in a text of JavaScript': [
      'web/a.js',
      "throw new Error('it is somebody');",
      'web/a.js:1: "somebody": the worker',
    ],
    'in a template': ['web/a.js', 'f(`${a} is somebody`);', 'web/a.js:1: "somebody": the worker'],
    'in Markdown': ['docs/a.md', 'a\n\nsomebody', 'docs/a.md:3: "somebody": the worker'],
    'a part of a name': ['web/a.js', 'const isGuest = 1;', 'web/a.js:1: "isGuest": helper'],
    'a part of a private name': [
      'web/a.js',
      'class A { #guest_of; }',
      'web/a.js:1: "#guest_of": helper',
    ],
    'a part of a macro': [
      'runtime/a.c',
      '#define MAX_GUEST 1',
      'runtime/a.c:1: "MAX_GUEST": helper',
    ],
    'a part of a file name': ['tests/guest_cases.c', '', 'tests/guest_cases.c:0: "guest": helper'],
    'a phrase, over two lines of a comment': [
      'runtime/a.c',
      '/* to make\n * room */',
      'runtime/a.c:1: "make * room": yield',
    ],
    'an old name': [
      'runtime/a.c',
      'void f(void) { sched_run(); }',
      'runtime/a.c:1: "sched_run": another name',
    ],
    'an old name in a comment': [
      'runtime/a.c',
      '/* see sched_run() */',
      'runtime/a.c:1: "sched_run": another name',
    ],
    'where only some files are meant': ['a.c', 'int life;', 'a.c:1: "life": state'],
  };
  for (const [name, [path, text, problem]] of Object.entries(found)) {
    test(`finds one ${name}`, () => assert.deepEqual(check(path, text), [problem]));
  }
  const free = {
    'names in prose': ['docs/a.md', 'a guest'],
    'a word in a longer one': ['web/a.js', 'const guesthouse = 1; // buryable'],
    'code in Markdown': ['docs/a.md', 'a `somebody`\n```js\nsomebody\n```\n'],
    'other files': ['a.js', 'const life = 1;'],
    exceptions: ['docs/a.md', 'bury'],
    'the history of the project': ['CHANGELOG.md', 'somebody'],
    'one word that is no text': ['web/a.js', "f('somebody');"],
  };
  for (const [name, [path, text]] of Object.entries(free))
    test(`lets pass ${name}`, () => assert.deepEqual(check(path, text), []));
  test('sched_yield() of POSIX is no old name', () => {
    const check = (code) => checkWords('tests/c/a.c', code);
    assert.deepEqual(check('void f(void) { sched_yield(); }'), []);
    assert.equal(check('void f(void) { sched_yields(); }').length, 1);
    assert.equal(check('void f(void) { sched_run(); }').length, 1);
  });
});

const problems = checkRules(readFiles(['.'], ENDS));
const rules = {
  columns: 'no line has more than 100 columns',
  addresses: 'every address that the module returns passes unsigned()',
  lines: 'no file has more than 400 lines',
  parameters: 'no function of C has more than five parameters',
  initialisers: 'structs of the runtime are initialised by name',
  words: 'no word stands there that has been replaced',
};
for (const [rule, name] of Object.entries(rules)) {
  test(name, () => {
    const lines = problems[rule];
    assert.ok(
      !lines.length,
      `${lines.length} places; node tools/tidy.mjs ${rule} lists them\n${lines.slice(0, 50).join('\n')}`,
    );
  });
}
