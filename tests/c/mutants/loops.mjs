// Seeded faults in what a loop adds up to and what is left of one: leaves of reductions, pieces of
// saved loops, space in a deque for a loop that yields. See faults.mjs.
import { faults } from './faults.mjs';

const reductions = [
  ...faults('reduction', 'core/range.c', [
    ['a chunk goes past the end of its leaf',
      'if (leaf && left > leaf - (r.next & (leaf - 1))) left = leaf - (r.next & (leaf - 1));',
      '', 'reduce: the same bits'],
    ['a leaf is split',
      '((uint64_t)r.next + range_length(r) / 2 + leaf - 1) & ~(uint64_t)(leaf - 1)',
      '(uint64_t)r.next + range_length(r) / 2 + leaf - 1', 'reduce: the same bits'],
    ['a thief takes a leaf that has begun',
      'if (middle < r.next) return true;', '', 'reduce: the same bits'],
  ]),
  ...faults('reduction', 'core/reduce.c', [
    ['leaves are counted from iteration 0',
      'void *total = part(slot, kernel, (at - slot->loop.begin) / leaf);',
      'void *total = part(slot, kernel, at / leaf);', 'reduce: the same bits'],
    ['each chunk resets its leaf',
      'if (((at - slot->loop.begin) & (leaf - 1)) == 0) kernel',
      'kernel', 'reduce: the same bits'],
    ['the last two leaves are not combined',
      'for (uint32_t step = 1; step < parts;', 'for (uint32_t step = 1; 2 * step < parts;',
      'reduce: the same bits'],
    ['leaves are combined one after another',
      'step < parts; step *= 2) { for (uint32_t i = 0; i + step < parts; i += 2 * step) kernel->combine(part(slot, kernel, i), part(slot, kernel, i + step));',
      'step < parts; step++) { kernel->combine(slot->loop.totals, part(slot, kernel, step));',
      'reduce: the same bits'],
    ['a leaf uses the accumulator of its worker',
      'if (!leaf) return part(slot, kernel, w);',
      'return part(slot, kernel, w);', 'reduce: the same bits'],
  ]),
  ...faults('reduction', 'sched/settle.c', [
    ['a worker that combines has let go of the task',
      'if (w) w->slot = slot;', '', 'reduce: a combination traps'],
    ['a combination that has trapped begins again',
      'atom32_store(&slot->status, status);', '', 'reduce: a combination traps'],
  ]),
  ...faults('reduction', 'sched/steal.c', [
    ['a thief ignores leaves',
      'has_worker ? share : RANGE_ALL, leaf, &taken)',
      'has_worker ? share : RANGE_ALL, 0, &taken)', 'reduce: the same bits'],
  ]),
];

const pieces = [
  ...faults('piece', 'sched/loop_task.c', [
    ['leaves are counted from where a piece begins',
      'skip = leaf ? (uint32_t)(begin - slot->loop.begin) & (leaf - 1) : 0;',
      'skip = 0;', 'reduce: saved and restored'],
    ['a restored loop runs all of its range',
      'slot->loop.piece_end = extent.pieces ? begin : begin + extent.total;',
      'slot->loop.piece_end = begin + extent.total;', 'reduce: saved and restored'],
    ['pieces after the first are forgotten',
      'if (slot->loop.piece_next >= slot->loop.piece_count) return false;',
      'if (slot->loop.piece_next || !slot->loop.piece_count) return false;',
      'reduce: saved and restored'],
    ['a piece ends an iteration too soon',
      'end = loop_whole(piece[1]);', 'end = loop_whole(piece[1]) - 1;',
      'reduce: saved and restored'],
  ]),
  ...faults('piece', 'owner/submit.c', [
    ['iterations that ran before the save are not counted',
      'atom64_store(&slot->done, total - left);',
      '', 'reduce: saved and restored'],
    ['leaves are sized by what is left',
      'has_leaves ? reduce_leaf(total) : 0', 'has_leaves ? reduce_leaf(left) : 0',
      'reduce: saved and restored'],
    ['leaves are sized by the number of workers',
      'has_leaves ? reduce_leaf(total) : 0',
      'has_leaves ? reduce_leaf(total * rt->worker_count) : 0', 'reduce: the same bits'],
  ]),
  ...faults('piece', 'owner/control.c', [
    ['a second save forgets pieces not begun',
      'for (uint32_t i = slot->loop.piece_next; i < slot->loop.piece_count; i++) {',
      'for (uint32_t i = slot->loop.piece_count; i < slot->loop.piece_count; i++) {',
      'reduce: saved and restored'],
    ['a second save has a piece twice',
      'for (uint32_t i = slot->loop.piece_next; i < slot->loop.piece_count; i++) {',
      'for (uint32_t i = 0; i < slot->loop.piece_count; i++) {', 'reduce: saved and restored'],
    ['a save forgets where a range begins',
      'add_piece(&list, slot->loop.base + r.next, slot->loop.base + r.end);',
      'add_piece(&list, slot->loop.base, slot->loop.base + r.end);', 'reduce: saved and restored'],
  ]),
];

const queues = [
  ...faults('queue', 'sched/queue.c', [
    ['a full deque is left full',
      'if (!deque_has_room(own)) drop_one(rt, own, ITEM_NONE);',
      'if (!deque_has_room(own)) return false; drop_one(rt, own, ITEM_NONE);',
      'queue: tasks queued again in turns'],
    ['the oldest item is dropped whatever it is',
      'if (item == like || !is_current(rt, item)) return;',
      'return;', 'queue: tasks queued again at any time'],
    ['an item of a running task counts',
      'return (state & STATE_QUEUED) && item_of',
      'return item_of', 'queue: tasks queued again in turns'],
    ['an item that counts is not pushed again',
      'deque_try_push(d, item);', '', 'queue: a task queued twice'],
    ['a second item of a task is kept',
      'if (item == like || !is_current(rt, item)) return;',
      'if (!is_current(rt, item)) return;', 'queue: a task queued twice'],
    ['the oldest item is dropped with its duplicates',
      'if (is_current(rt, oldest)) deque_try_push(own, oldest);',
      '', 'queue: a task queued twice'],
  ]),
];

export const loops = [...reductions, ...pieces, ...queues];
