// Seeded faults in what a loop comes to, and what is left of one: leaves of reductions, pieces of saved loops, room to put one back.
// As mutants.mjs.

/** @type {(protocol: string, file: string, table: string[][]) => object[]} */
const faults = (protocol, file, table) =>
  table.map(([name, find, replace, ...kill]) => ({ name, protocol, file: `runtime/${file}`, find, replace, kill }));

const reductions = [
  ...faults('reduction', 'core/range.c', [
    ['a chunk goes past the end of its leaf', '        if (leaf && left > leaf - (r.next & (leaf - 1))) left = leaf - (r.next & (leaf - 1));\n', '',
      'reduce: the same'],
    ['a leaf is split', 'length(r) / 2 + leaf - 1) & ~(uint64_t)(leaf - 1);', 'length(r) / 2 + leaf - 1);', 'reduce: the same'],
    ['a thief takes a leaf that has begun', '        if (middle < r.next) return true;\n', '', 'reduce: the same'],
  ]),
  ...faults('reduction', 'sched/steal.c', [
    ['a thief ignores leaves', 'has_worker ? share : RANGE_ALL, racy32_load(&w->slot->loop.leaf), &taken)', 'has_worker ? share : RANGE_ALL, 0, &taken)',
      'reduce: the same'],
  ]),
  ...faults('reduction', 'core/reduce.c', [
    ['leaves are counted from iteration 0', 'void *total = part(slot, kernel, (at - slot->loop.begin) / leaf);', 'void *total = part(slot, kernel, at / leaf);',
      'reduce: the same'],
    ['each chunk resets its leaf', 'if (((at - slot->loop.begin) & (leaf - 1)) == 0) kernel', 'kernel', 'reduce: the same'],
    ['the last two leaves are not combined', 'for (uint32_t step = 1; step < parts;', 'for (uint32_t step = 1; 2 * step < parts;', 'reduce: the same'],
    ['leaves are combined one after another', 'step < parts; step *= 2) {\n            for (uint32_t i = 0; i + step < parts; i += 2 * step) ' +
      'kernel->combine(part(slot, kernel, i), part(slot, kernel, i + step));',
      'step < parts; step++) {\n            kernel->combine(slot->loop.totals, part(slot, kernel, step));', 'reduce: the same'],
    ['a leaf uses the accumulator of its worker', 'if (!leaf) return part(slot, kernel, w);', 'return part(slot, kernel, w);', 'reduce: the same'],
  ]),
];

const pieces = [
  ...faults('piece', 'sched/loop.c', [
    ['leaves are counted from where a piece begins', 'skip = leaf ? (uint32_t)(begin - slot->loop.begin) & (leaf - 1) : 0;', 'skip = 0;', 'reduce: saved'],
    ['a restored loop runs all of its range', 'slot->loop.piece_end = pieces ? begin : begin + total;', 'slot->loop.piece_end = begin + total;', 'reduce: saved'],
    ['pieces after the first are forgotten', 'if (slot->loop.piece_next >= slot->loop.piece_count) return false;',
      'if (slot->loop.piece_next || !slot->loop.piece_count) return false;', 'reduce: saved'],
    ['a piece ends an iteration too soon', 'slot->loop.piece_end = loop_whole(piece[1]);', 'slot->loop.piece_end = loop_whole(piece[1]) - 1;', 'reduce: saved'],
  ]),
  ...faults('piece', 'owner/control.c', [
    ['iterations that ran before the save are not counted', 'atom64_store(&slot->done, slot->loop.total - left);', '', 'reduce: saved'],
    ['leaves are sized by what is left', 'reduce_leaf(p->end - p->begin)', 'reduce_leaf(left)', 'reduce: saved'],
    ['leaves are sized by the number of workers', 'reduce_leaf(p->end - p->begin)',
      'reduce_leaf((p->end - p->begin) * rt->worker_count)', 'reduce: the same'],
    ['a second save forgets pieces not begun', 'if (i >= slot->loop.piece_count) break;', 'break;', 'reduce: saved'],
    ['a second save has a piece twice', 'for (uint32_t i = slot->loop.piece_next;; i++) {', 'for (uint32_t i = 0;; i++) {', 'reduce: saved'],
    ['a save forgets where a range begins', 'pieces[2 * n - 2] = (double)(slot->loop.base + r.next);', 'pieces[2 * n - 2] = (double)slot->loop.base;', 'reduce: saved'],
  ]),
];

const rooms = faults('queue', 'sched/steal.c', [
  ['a full deque is left full', '    if (!deque_has_room(own)) drop_one(rt, own, ITEM_NONE);\n',
    '    if (!deque_has_room(own)) return false;\n    drop_one(rt, own, ITEM_NONE);\n', 'queue: tasks queued again in'],
  ['the oldest item is dropped whatever it is', 'if (item == like || !is_current(rt, item)) return;', 'return;', 'queue: tasks queued again at any time'],
  ['an item of a running task counts', 'return (life & STATE_QUEUED) && item_of', 'return item_of', 'queue: tasks queued again in'],
  ['an item that counts is not put back', '        deque_try_push(d, item);\n', '', 'queue: a task'],
  ['a second item of a task is kept', 'if (item == like || !is_current(rt, item)) return;', 'if (!is_current(rt, item)) return;', 'queue: a task'],
  ['the oldest item is dropped with its duplicates', '        if (is_current(rt, oldest)) deque_try_push(own, oldest);\n', '', 'queue: a task'],
]);

export const loops = [...reductions, ...pieces, ...rooms];
