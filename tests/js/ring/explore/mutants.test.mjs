// Each fault is put into a copy of the package, and the explorer of rings must find it there.
import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { replaceOnce } from '../../../c/mutants/match.mjs';
import { explore } from './explore.mjs';

const web = new URL('../../../../web/', import.meta.url);
const [WRAP, BATCHES, ORDER, AWAITED, LARGE, SHORT, ONE, FAILS, TRAPPED, CLOSED, STOPPED, ENDED] = [
  'records wrap, and wait for room',
  'several batches',
  'one batch at a time, in order',
  'all at once, and awaited',
  'records that are larger than the ring',
  'no memory for all large records',
  'memory for one large record at a time',
  'a kernel that fails',
  'a kernel that traps',
  'the owner closes the ring',
  'the runtime is closed',
  'the runtime is closed, and the ring',
];

/** `find` occurs once in the file. kill: the scenario that must notice. */
const mutants = [
  ...[
    [
      'the tail is told before the record is there',
      'this.#copyIn(from, record);',
      'this.flush(); this.#copyIn(from, record);',
      WRAP,
    ],
    [
      'the end of the ring is not filled',
      'const filler = left < size ? left : 0;',
      'const filler = 0;',
      WRAP,
    ],
    [
      'room for one record too many',
      '+ filler + size > this.#capacity) return',
      '+ filler > this.#capacity) return',
      WRAP,
    ],
    [
      'a record that is out gives its room back',
      'this.#oldest < out.length && !out[this.#oldest].open)',
      'this.#oldest < out.length)',
      BATCHES,
    ],
    [
      'room that came is not told',
      '    Atomics.store(this.#words, FREED, this.#freed | 0);\n',
      '',
      ONE,
    ],
    [
      'what waited is not handed over',
      'this.#waiting.splice(0, put);\n      this.#schedule();',
      'this.#waiting.splice(0, put);',
      AWAITED,
    ],
    [
      'the owner is woken before there is something',
      'Atomics.add(this.#words, CALLS, CALL);\n    this.#wake();',
      'this.#wake();\n    Atomics.add(this.#words, CALLS, CALL);',
      ONE,
    ],
    [
      'a block is asked for twice',
      'if (granted || this.#words[WANTED]) return granted;',
      'if (granted) return granted;',
      LARGE,
    ],
    [
      'a block is taken twice',
      'this.#all[record.head / 4 + 5] = length;\n      Atomics.store(this.#words, GRANTED, 0);',
      'this.#all[record.head / 4 + 5] = length;',
      LARGE,
    ],
    [
      'a refusal stays',
      'if (address === REFUSED) {\n      Atomics.store(this.#words, GRANTED, 0);',
      'if (address === REFUSED) {',
      ONE,
    ],
    [
      'it goes with records on their way',
      'if (this.#oldest < this.#out.length) await',
      'if (this.#out.length < 0) await',
      WRAP,
    ],
    [
      'it goes without a word',
      'Atomics.or(this.#words, CALLS, GONE);\n    this.#wake();',
      'Atomics.or(this.#words, CALLS, GONE);',
      WRAP,
    ],
    [
      'it calls once more after it has gone',
      'Atomics.or(this.#words, CALLS, GONE);\n    this.#wake();',
      'Atomics.or(this.#words, CALLS, GONE);\n    this.#call();',
      WRAP,
    ],
    [
      'a closed ring is left without a word',
      '      this.#quiet?.();\n      this.#go();\n',
      '      this.#quiet?.();\n',
      CLOSED,
    ],
    [
      'what waits at the end is forgotten',
      '[...this.#waiting.splice(0), ...this.#out.splice(this.#oldest)]',
      'this.#out.splice(this.#oldest)',
      STOPPED,
    ],
    [
      'what is out at the end is forgotten',
      '[...this.#waiting.splice(0), ...this.#out.splice(this.#oldest)]',
      'this.#waiting.splice(0)',
      STOPPED,
    ],
    [
      'who closes waits for what never comes',
      '      this.#quiet?.();\n      this.#go();\n',
      '      this.#go();\n',
      ENDED,
    ],
    [
      'a record is looked at before the position that the owner has passed',
      '((passed - end) | 0) < 0',
      '((Atomics.load(this.#words, PASSED) - end) | 0) < 0',
      BATCHES,
    ],
  ].map((row) => ['ring/producer.js', ...row]),
  ['ring/connect.js', 'the owner is not woken', '    Atomics.notify(words, CALLS);\n', '', WRAP],
  [
    'ring/signal.js',
    'what is heard of is taken for seen',
    'seen = Atomics.load(words, word);\n    look();',
    'look();\n    seen = Atomics.load(words, word);',
    WRAP,
  ],
  [
    'ring/connect.js',
    'a closed ring is not looked at',
    '  ring.collect(); // the ring may be closed already\n  return ring;',
    '  return ring;',
    CLOSED,
  ],
  ...[
    [
      'a batch that ended is not told',
      'this.#batches.shift().records.at(-1).end);\n    this.#ring.notify();\n',
      'this.#batches.shift().records.at(-1).end);\n',
      WRAP,
    ],
    [
      'the owner does not look at the ring after a batch',
      '    this.#ring.notify();\n    this.#ring.look();\n  }\n\n  #end',
      '    this.#ring.notify();\n  }\n\n  #end',
      ORDER,
    ],
    [
      'a batch passes an older one',
      'while (this.#batches.at(0)?.isOver) Atomics',
      'while (this.#batches.length) Atomics',
      BATCHES,
    ],
    ['several batches at a time', 'this.#ring.options.ordered ? 1 : UNORDERED', 'UNORDERED', ORDER],
    [
      'what fills the end is taken for a record',
      '      if (length === FILLER) continue;\n',
      '',
      WRAP,
    ],
    ['what was wanted is granted again', 'Atomics.store(this.#words, WANTED, 0);', '', LARGE],
    [
      'a grant is stored after the request is cleared',
      '    Atomics.store(this.#words, GRANTED, (block?.address ?? REFUSED) | 0);\n    Atomics.store(this.#words, WANTED, 0);\n',
      '    Atomics.store(this.#words, WANTED, 0);\n    Atomics.store(this.#words, GRANTED, (block?.address ?? REFUSED) | 0);\n',
      LARGE,
    ],
    [
      'a grant is not told',
      'Atomics.store(this.#words, WANTED, 0);\n    this.#ring.notify();',
      'Atomics.store(this.#words, WANTED, 0);',
      LARGE,
    ],
    [
      'a block is given back before it is read',
      '((freed - this.#apart[0].end) | 0) >= 0',
      'freed !== this.#apart',
      SHORT,
    ],
    [
      'blocks stay',
      'this.#ring.heap.release(this.#apart.shift().block);',
      'this.#apart.shift();',
      LARGE,
    ],
    [
      'the memory is given back before the producer has gone',
      'if (Atomics.load(this.#words, CALLS) & GONE) {',
      'if (Atomics.load(this.#words, CLOSED)) {',
      CLOSED,
    ],
    [
      'the memory is given back before batches end',
      '      if (!this.#out) this.#end();\n',
      '      this.#end();\n',
      CLOSED,
    ],
    [
      "errors' memory is given back before they are read",
      'const isRead = ((freed - end) | 0) >= 0;',
      'const isRead = true;',
      TRAPPED,
    ],
    [
      "errors' memory is not given back",
      '[...this.#apart, ...this.#errors]',
      'this.#apart',
      TRAPPED,
    ],
    ['failed is done', 'end, end ? FAILED : DONE', 'end, DONE', FAILS],
  ].map((row) => ['ring/consumer.js', ...row]),
  ...[
    ['no bell', '    Atomics.add(this.words, BELL, 1);\n    this.#bell();\n', '', WRAP],
    [
      'the bell rings before there is something',
      'Atomics.add(this.words, BELL, 1);\n    this.#bell();',
      'this.#bell();\n    Atomics.add(this.words, BELL, 1);',
      WRAP,
    ],
    [
      'an end is not told',
      '    Atomics.store(this.words, CLOSED, why);\n    this.notify();\n',
      '    Atomics.store(this.words, CLOSED, why);\n',
      STOPPED,
    ],
  ].map((row) => ['ring/open-ring.js', ...row]),
];

describe('the explorer of rings finds', { concurrency: 2 }, () => {
  for (const [file, name, find, replace, kill] of mutants) {
    test(name, async (t) => {
      const copy = new URL(
        `../../../../build/mutants/ring-${name.replaceAll(/\W+/g, '-')}/`,
        import.meta.url,
      );
      await rm(copy, { recursive: true, force: true });
      await cp(web, copy, { recursive: true, filter: (path) => !path.endsWith('.wasm') });
      const source = await readFile(new URL(file, copy), 'utf8');
      await writeFile(new URL(file, copy), replaceOnce(source, find, replace));
      const { wrong, plan } = await explore(copy.href.slice(0, -1), kill, {
        preemptions: 2,
        walks: 5000,
      });
      assert.ok(wrong, `${kill}: nothing was found`);
      t.diagnostic(`${wrong.split('\n')[0]}, with the other side going on at the steps ${plan}`);
    });
  }
});
