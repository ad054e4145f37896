// Seeded faults in what a loop comes to, and what is left of one: leaves of reductions, pieces of saved loops, room to put one back.
// As mutants.mjs.

/** @type {(protocol: string, file: string, table: string[][]) => object[]} */
const faults = (protocol, file, table) =>
  table.map(([name, find, replace, ...kill]) => ({ name, protocol, file: `runtime/${file}`, find, replace, kill }));

const reductions = [
  ...faults('reduction', 'frame.c', [
    ['a chunk goes past the end of its leaf', '        if (leaf && left > leaf - (r.next & (leaf - 1))) left = leaf - (r.next & (leaf - 1));\n', '',
      'reduce: the same'],
    ['a leaf is split', 'range_length(r) / 2 + leaf - 1) & ~(uint64_t)(leaf - 1);', 'range_length(r) / 2 + leaf - 1);', 'reduce: the same'],
    ['a thief takes the leaf that is begun', '        if (middle < r.next) return true;\n', '', 'reduce: the same'],
  ]),
  ...faults('reduction', 'search.c', [
    ['a thief knows of no leaves', 'has_worker ? share : FRAME_ALL, racy32_load(&w->slot->leaf), &taken)', 'has_worker ? share : FRAME_ALL, 0, &taken)',
      'reduce: the same'],
  ]),
  ...faults('reduction', 'reduce.c', [
    ['leaves are counted from iteration 0', 'void *total = part(slot, kernel, (at - slot->begin) / leaf);', 'void *total = part(slot, kernel, at / leaf);',
      'reduce: the same'],
    ['each chunk begins its leaf anew', 'if (((at - slot->begin) & (leaf - 1)) == 0) kernel', 'kernel', 'reduce: the same'],
    ['the last two are not combined', 'for (uint32_t step = 1; step < parts;', 'for (uint32_t step = 1; 2 * step < parts;', 'reduce: the same'],
    ['they are combined in their order', 'step < parts; step *= 2) {\n            for (uint32_t i = 0; i + step < parts; i += 2 * step) ' +
      'kernel->combine(part(slot, kernel, i), part(slot, kernel, i + step));',
      'step < parts; step++) {\n            kernel->combine(slot->totals, part(slot, kernel, step));', 'reduce: the same'],
    ['an accumulator of whoever runs it', 'if (!leaf) return part(slot, kernel, w);', 'return part(slot, kernel, w);', 'reduce: the same'],
  ]),
];

const pieces = [
  ...faults('piece', 'sched.c', [
    ['leaves are counted from where a piece begins', 'skip = leaf ? (uint32_t)(begin - slot->begin) & (leaf - 1) : 0;', 'skip = 0;', 'reduce: saved'],
    ['a restored loop runs all of its range', 'slot->piece_end = pieces ? begin : begin + total;', 'slot->piece_end = begin + total;', 'reduce: saved'],
    ['pieces after the first are forgotten', 'if (slot->piece_next >= slot->piece_count) return false;',
      'if (slot->piece_next || !slot->piece_count) return false;', 'reduce: saved'],
    ['a piece ends an iteration too soon', 'slot->piece_end = sched_whole(piece[1]);', 'slot->piece_end = sched_whole(piece[1]) - 1;', 'reduce: saved'],
  ]),
  ...faults('piece', 'post.c', [
    ['what had run before is not counted', 'atom64_store(&slot->done, slot->total - left);', '', 'reduce: saved'],
    ['leaves are cut by what is left', 'reduce_leaf(p->end - p->begin)', 'reduce_leaf(left)', 'reduce: saved'],
    ['leaves are cut by how many workers there are', 'reduce_leaf(p->end - p->begin)',
      'reduce_leaf((p->end - p->begin) * rt->worker_count)', 'reduce: the same'],
    ['a second save forgets the pieces that nobody has begun', 'if (i >= slot->piece_count) break;', 'break;', 'reduce: saved'],
    ['a second save has a piece twice', 'for (uint32_t i = slot->piece_next;; i++) {', 'for (uint32_t i = 0;; i++) {', 'reduce: saved'],
    ['a save forgets where a frame begins', 'pieces[2 * n - 2] = (double)(slot->base + r.next);', 'pieces[2 * n - 2] = (double)slot->base;', 'reduce: saved'],
  ]),
];

const rooms = faults('room', 'search.c', [
  ['nobody makes room', '    if (!deque_room(own)) drop_one(rt, own, ITEM_NONE);\n',
    '    if (!deque_room(own)) return false;\n    drop_one(rt, own, ITEM_NONE);\n', 'room: tasks queued again in'],
  ['whatever is oldest is dropped', 'if (item == like || !counts(rt, item)) return;', 'return;', 'room: tasks queued again at any time'],
  ['items of tasks that somebody runs count', 'return (life & LIFE_QUEUED) && item_of', 'return item_of', 'room: tasks queued again in'],
  ['what is looked at is not put back', '        deque_push(d, item);\n', '', 'room: a task'],
  ['a second item of a task is kept', 'if (item == like || !counts(rt, item)) return;', 'if (!counts(rt, item)) return;', 'room: a task'],
  ['the oldest item is dropped with those like it', '        if (counts(rt, oldest)) deque_push(own, oldest);\n', '', 'room: a task'],
]);

export const loops = [...reductions, ...pieces, ...rooms];
