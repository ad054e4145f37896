// Every arrow of runtime/ and web/ points down: tools/tidy/layers.mjs has the layers. First, that a
// planted arrow is found.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { checkLayers, circles } from '../../tools/tidy/arrows.mjs';
import { readFiles } from '../../tools/tidy/files.mjs';
import { runtime, web } from '../../tools/tidy/layers.mjs';

const C = {
  root: 'runtime',
  ends: ['.c', '.h'],
  layers: [
    { is: 'low', folders: ['core'], files: ['deque', 'state'] },
    { is: 'middle', folders: ['sched'], files: ['steal', 'settle'] },
    { is: 'all', folders: ['.'], files: ['filch'] },
  ],
  allowed: [],
};
const cleanC = {
  'runtime/core/deque.h':
    '#include <stdint.h>\nstatic inline int deque_size(int a) { return a; }\nvoid deque_push(int item);',
  'runtime/core/deque.c':
    '#include "core/deque.h"\nint deque_count = 1;\nvoid deque_push(int item) { (void)deque_size(item); }',
  'runtime/core/state.c':
    '#include "deque.h"\n/* settle_closed() */\nvoid state_end(struct slot *s)\n{\n    s->settle_closed = 1;\n    deque_push(deque_count);\n}\n',
  'runtime/sched/steal.c':
    'static int help(void) { return 0; }\nint steal_try(void) { state_end(0); return help(); }\n',
  'runtime/sched/settle.c':
    'static int help(int state_end) { return state_end; }\nvoid settle_closed(void) { help(0); steal_try(); puts("steal_none()"); }\n',
  'runtime/filch.c':
    '#include "core/deque.c"\n#include "core/state.c"\n#include "sched/steal.c"\n#include "sched/settle.c"\n',
};

const JS = {
  root: 'web',
  ends: ['.js'],
  layers: [
    { is: 'low', folders: ['core'] },
    { is: 'middle', folders: ['tasks', 'ring'] },
    { is: 'entries', folders: ['.'], only: ['index', 'worker'] },
  ],
  allowed: [],
};
const cleanJs = {
  'web/core/errors.js':
    "import { a } from 'node:a';\nexport const text = \"import '../index.js'\"; // import '../index.js'\n",
  'web/core/show.js':
    "import './errors.js';\nexport const wasm = new URL('../index.wasm', import.meta.url);\n",
  'web/tasks/queue.js':
    "export * from '../core/show.js';\nimport { ring } from '../ring/ring.js';\n",
  'web/ring/ring.js':
    "/** @param {import('../index.js').Runtime} runtime */\nexport const ring = () => import('../core/errors.js');\n",
  'web/index.js':
    "export { queue } from './tasks/queue.js';\nnew Worker(new URL('./worker.js', import.meta.url));\n",
  'web/worker.js': "import './tasks/queue.js';\n",
};

const check = (clean, planted, table) =>
  checkLayers(new Map(Object.entries({ ...clean, ...planted })), table);
const inC = (planted, table = {}) => check(cleanC, planted, { ...C, ...table });
const inJs = (planted, table = {}) => check(cleanJs, planted, { ...JS, ...table });

test('trees in order have no arrow that points up', () => {
  assert.deepEqual(inC({}), []);
  assert.deepEqual(inJs({}), []);
});

describe('in C, it finds', () => {
  const above = 'of runtime/sched/settle.c, which stands above it';
  const found = {
    'an include of a higher layer': [
      { 'runtime/core/deque.h': '#include "sched/settle.h"', 'runtime/sched/settle.h': '' },
      'runtime/core/deque.h includes runtime/sched/settle.h, which stands above it',
    ],
    'an include of a higher file of the same layer': [
      { 'runtime/core/deque.h': '#include "state.h"', 'runtime/core/state.h': '' },
      'runtime/core/deque.h includes runtime/core/state.h, which stands above it',
    ],
    'a call, without an include': [
      {
        'runtime/core/state.c':
          'void settle_closed(void);\nvoid state_end(int a)\n{\n    if (a) settle_closed();\n}\n',
      },
      `runtime/core/state.c calls settle_closed() ${above}`,
    ],
    'a call to a higher file of the same layer': [
      { 'runtime/sched/steal.c': 'int steal_try(void) { settle_closed(); return 0; }' },
      `runtime/sched/steal.c calls settle_closed() ${above}`,
    ],
    'a call in a macro': [
      {
        'runtime/core/state.c':
          '#define END(x) \\\n    settle_closed()\nvoid state_end(int a) { END(a); }\n',
      },
      `runtime/core/state.c calls settle_closed() ${above}`,
    ],
    'a call from a static inline function': [
      { 'runtime/core/deque.h': 'static inline void deque_push(void) { settle_closed(); }' },
      `runtime/core/deque.h calls settle_closed() ${above}`,
    ],
    'a call of a static inline function of a higher header': [
      {
        'runtime/core/state.c': 'void state_end(int a) { steal_any(a); }',
        'runtime/sched/steal.h': 'static inline int steal_any(int a) { return a; }',
      },
      'runtime/core/state.c calls steal_any() of runtime/sched/steal.h, which stands above it',
    ],
    "a function's address": [
      {
        'runtime/core/state.c':
          'void (*const table[])(void) = {settle_closed};\nvoid state_end(int a) {}',
      },
      `runtime/core/state.c calls settle_closed() ${above}`,
    ],
    'an object': [
      {
        'runtime/core/state.c': 'extern int limit;\nvoid state_end(int a) { limit = a; }',
        'runtime/sched/steal.c': 'int limit, others[2] = {1};\nint steal_try(void) { return 0; }',
      },
      'runtime/core/state.c uses limit of runtime/sched/steal.c, which stands above it',
    ],
    'an include in angle brackets': [
      { 'runtime/core/deque.h': '#include <sched/settle.h>', 'runtime/sched/settle.h': '' },
      'runtime/core/deque.h includes runtime/sched/settle.h, which stands above it',
    ],
    'an include of a macro': [
      { 'runtime/core/deque.h': '#define HEADER "sched/settle.h"\n#include HEADER' },
      'runtime/core/deque.h has #include HEADER: an include names its file',
    ],
    'a call that a declaration in the body hides': [
      {
        'runtime/core/state.c':
          'void state_end(int a)\n{\n    extern void settle_closed(void);\n    settle_closed();\n}\n',
      },
      `runtime/core/state.c calls settle_closed() ${above}`,
    ],
    'a static function of another file': [
      {
        'runtime/core/state.c': 'static int help(void);\nvoid state_end(int a) { help(); }',
      },
      'runtime/core/state.c declares help() static and does not define it',
    ],
    'a file without a place': [
      { 'runtime/sched/new.c': '' },
      'runtime/sched/new.c has no place in tools/tidy/layers.mjs',
    ],
    'a header that is not there': [
      { 'runtime/core/state.h': '#include "one.h"' },
      'runtime/core/state.h includes one.h, which is no file of runtime/',
    ],
  };
  for (const [name, [planted, problem]] of Object.entries(found)) {
    test(name, () =>
      assert.deepEqual(
        inC(planted).filter((line) => !line.startsWith('a circle')),
        [problem],
      ),
    );
  }

  test('fewer computed imports than are allowed', () => {
    const computed = {
      'web/core/show.js': { imports: 2, why: 'one too many' },
      'web/core/gone.js': { imports: 1, why: 'no such file' },
    };
    assert.deepEqual(inJs({ 'web/core/show.js': "import('../' + 'x.js');" }, { computed }), [
      'web/core/gone.js has no computed imports: it is not there',
      'web/core/show.js has 1 computed imports, and 2 are allowed',
    ]);
  });
  test('a circle of files, with its path', () => {
    const problems = inC({
      'runtime/sched/steal.c': 'int steal_try(void) { settle_closed(); return 0; }',
    });
    assert.deepEqual(problems.slice(1), [
      'a circle: runtime/sched/settle -> runtime/sched/steal -> runtime/sched/settle',
    ]);
  });
  test('a place without a file', () => {
    const layers = [
      { is: 'low', folders: ['core'], files: ['deque', 'gone', 'state'] },
      ...C.layers.slice(1),
    ];
    assert.deepEqual(inC({}, { layers }), [
      'runtime/core/gone stands in tools/tidy/layers.mjs and is no file',
    ]);
  });
  test('an exception that is not needed any more', () => {
    const allowed = [{ from: 'runtime/core/', to: 'settle.c', why: 'it was' }];
    const problem =
      'runtime/core/ is allowed to use settle.c in tools/tidy/layers.mjs and does not';
    assert.deepEqual(inC({}, { allowed }), [problem]);
    assert.deepEqual(
      inC({ 'runtime/core/state.c': 'void state_end(int a) { settle_closed(); }' }, { allowed }),
      [],
    );
  });
});

describe('in C, these are no arrows', () => {
  const clean = {
    'one of several functions of that name stands below': {
      'runtime/core/deque.c': 'int deque_count;\nvoid deque_push(int a) {}\nvoid wake(void) {}',
      'runtime/core/state.c': 'void state_end(int a) { wake(); }',
      'runtime/sched/steal.c': 'void wake(void) {}\nint steal_try(void) { return 0; }',
    },
    'a variable of that name': {
      'runtime/core/state.c':
        'void state_end(int a)\n{\n    int *settle_closed = 0;\n    f(settle_closed);\n}',
    },
    'a static function of that name': {
      'runtime/core/state.c':
        'static void settle_closed(void) {}\nvoid state_end(int a) { settle_closed(); }',
    },
    'a designator': {
      'runtime/core/state.c': 'struct x y = {.settle_closed = 1};\nvoid state_end(int a) {}',
    },
    'functions in both branches of an #if': {
      'runtime/core/state.c':
        '#ifdef A\nvoid state_end(int a) {}\n#else\nvoid state_end(int a) { deque_push(a); }\n#endif',
    },
  };
  for (const [name, planted] of Object.entries(clean))
    test(name, () => assert.deepEqual(inC(planted), []));
});

describe('in JavaScript, it finds', () => {
  const above = 'web/core/show.js imports web/index.js, which stands above it';
  const found = {
    'an import': ["import { x } from '../index.js';", above],
    'an import for its effects': ["import '../index.js';", above],
    'a dynamic import': [
      "export const f = () => import(/* webpackIgnore: true */ '../index.js');",
      above,
    ],
    'a re-export': ["export * from '../index.js';", above],
    'the address of a script': ["new Worker(new URL('../index.js', import.meta.url), {});", above],
    'an import with a query': ["import '../index.js?x';", above],
    'an import of a computed name': [
      "export const f = () => import('../' + 'index.js');",
      "web/core/show.js:1 has import('../' + 'index.js'): an import names its file",
    ],
    'require()': [
      'createRequire(import.meta.url)("../index.js");',
      'web/core/show.js:1 has createRequire(import.meta.url): an import names its file',
    ],
    'an import of what is not there': [
      "import './gone.js';",
      'web/core/show.js imports web/core/gone.js, which is no file of web/',
    ],
  };
  for (const [name, [text, problem]] of Object.entries(found)) {
    test(name, () => {
      const problems = inJs({ 'web/core/show.js': text });
      assert.deepEqual(
        problems.filter((line) => !line.startsWith('a circle')),
        [problem],
      );
    });
  }

  test('an import of a file that may have none', () => {
    const allowed = [{ from: 'web/', to: 'web/core/errors.js', why: 'a leaf', uses: [] }];
    assert.deepEqual(inJs({ 'web/core/errors.js': "import './show.js';" }, { allowed }), [
      'web/core/errors.js may not import web/core/show.js',
    ]);
  });
  test('a circle of files, with its path', () => {
    const planted = {
      'web/core/errors.js': "import './more.js';",
      'web/core/more.js': "import './show.js';",
    };
    assert.deepEqual(inJs(planted), [
      'a circle: web/core/errors.js -> web/core/more.js -> web/core/show.js -> web/core/errors.js',
    ]);
  });
  test('a circle of folders that stand side by side', () => {
    const planted = {
      'web/ring/other.js': "import '../tasks/other.js';",
      'web/tasks/other.js': '',
    };
    assert.deepEqual(inJs(planted), ['a circle of folders: web/ring -> web/tasks -> web/ring']);
  });
  test('a file and a folder without a place', () => {
    assert.deepEqual(inJs({ 'web/pool.js': '', 'web/new/x.js': '' }), [
      'web/pool.js has no place in tools/tidy/layers.mjs',
      'web/new/x.js has no place in tools/tidy/layers.mjs',
    ]);
  });
});

test('one circle of each knot is reported', () => {
  const edges = new Map(
    Object.entries({ a: ['b'], b: ['c', 'd'], c: ['a'], d: ['e'], e: ['d'], f: ['a'] }),
  );
  assert.deepEqual(circles(edges), [
    ['a', 'b', 'c', 'a'],
    ['d', 'e', 'd'],
  ]);
  assert.deepEqual(circles(new Map([['a', ['b']]])), []);
});

for (const table of [runtime, web]) {
  test(`in ${table.root}/ every arrow points down`, () => {
    const problems = checkLayers(readFiles([table.root], table.ends), table);
    assert.ok(!problems.length, `\n${problems.join('\n')}`);
  });
}
