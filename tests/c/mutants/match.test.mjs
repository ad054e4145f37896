// match.mjs finds the place of a fault, and each fault of the tables has one place.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { tokens, withoutComments } from '../../../tools/tidy/tokens.mjs';
import { placesOf, replaceOnce } from './match.mjs';
import { mutants } from './all.mjs';

const root = new URL('../../../', import.meta.url);

describe('tokens', () => {
  const cases = {
    'words, numbers, operators': ['x->a1 += 0x1f << 2', ['x', '->', 'a1', '+=', '0x1f', '<<', '2']],
    'strings stay whole': [
      'f("a /* b */ \\" c", \'\\\'\')',
      ['f', '(', '"a /* b */ \\" c"', ',', "'\\''", ')'],
    ],
    'comments are dropped': ['a /* b ** / c */ + // d\n e', ['a', '+', 'e']],
    'a comment may be cut off': ['a; /* and so', ['a', ';']],
    'a quote without its other half is itself': ["don't", ['don', "'", 't']],
    'a template': ['`a ${b} //` + c', ['`a ${b} //`', '+', 'c']],
  };
  for (const [name, [code, expected]] of Object.entries(cases))
    test(name, () => assert.deepEqual(tokens(code), expected));

  test('without comments nothing moves', () => {
    const text = 'a /* b\nc */ d \\\n// e\n"/*"';
    assert.equal(withoutComments(text), 'a     \n     d  \n    \n"/*"');
  });
});

describe('a piece of code is found', () => {
  const found = {
    'as it is': ['a = b;', 'a = b;'],
    'with other white space': ['f(a,\n    b);', 'f ( a, b ) ;'],
    'with none': ['a+b', 'a + b'],
    'with comments between': ['f(a, /* why */ b); // so', 'f(a, b);'],
    'whatever its own comments': ['f(a);', 'f(a); /* once'],
    'in a macro of several lines': [
      '#define X do { \\\n    f(); \\\n} while (0)',
      'do { f(); } while (0)',
    ],
    'with a comma that a formatter adds': ['f(\n  a,\n  b,\n)', 'f(a, b)'],
  };
  for (const [name, [source, find]] of Object.entries(found))
    test(name, () => assert.equal(placesOf(find, source).length, 1));

  const missed = {
    'in a comment': ['/* f(a); */', 'f(a);'],
    'in a longer word': ['our_f(a);', 'f(a);'],
    'before a longer word': ['return_code', 'return'],
    'with two words in one': ['returnx;', 'return x;'],
    'with one word in two': ['ret urn;', 'return;'],
    'in a string': ['"a  b"', '"a b"'],
    'with two operators in one': ['a == b', 'a = = b;'],
  };
  for (const [name, [source, find]] of Object.entries(missed))
    test(`not ${name}`, () => assert.equal(placesOf(find, source).length, 0));
});

describe('replaceOnce', () => {
  test('replaceOnce() leaves the text around the place', () => {
    const source = '/* f(a) */\n    f( a /* it */ ); /* then */\n    g();\n';
    assert.equal(
      replaceOnce(source, '    f(a);\n', 'h($&);'),
      '/* f(a) */\n    h($&); /* then */\n    g();\n',
    );
    assert.equal(replaceOnce(source, '    f(a);\n', ''), '/* f(a) */\n     /* then */\n    g();\n');
  });
  test('a comment that is cut off does not go on in the source', () => {
    assert.equal(replaceOnce('f(); /* a */ g();', 'f(); /* a', 'h(); /* a'), 'h(); /* a */ g();');
  });
  test('replaceOnce() throws where there is no place, or two', () => {
    assert.throws(() => replaceOnce('a; b;', 'c;', ''), /0 times:\nc;/);
    assert.throws(() => replaceOnce('f(a); f( a );', 'f(a);', ''), /2 times/);
    assert.throws(() => replaceOnce('a', ' /* nothing */ ', ''), /nothing to look for/);
  });
});

test('each fault of the tables has one place, and changes it', () => {
  const wrong = mutants.flatMap(({ file, name, find, replace }) => {
    try {
      const source = readFileSync(new URL(file, root), 'utf8');
      const changed = replaceOnce(source, find, replace);
      return tokens(changed).join(' ') === tokens(source).join(' ')
        ? [`${file}, ${name}: nothing is changed`]
        : [];
    } catch (error) {
      return [`${file}, ${name}: ${error.message}`];
    }
  });
  assert.deepEqual(wrong, [], wrong.join('\n'));
});
