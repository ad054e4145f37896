// Seeded faults, protocol by protocol: what is changed in which file, and the case of the explorer that must notice.
//
// `find` must occur in the file exactly once, so that this table cannot go stale unseen; white space and comments do not
// count (match.mjs). Not listed: faults that nobody could notice. An item too many in a queue, for one, does no
// harm, since the life word decides (runtime/life.h).

/** @typedef {{ name: string, protocol: string, file: string, find: string, replace: string, kill: string[] }} Mutant
 *  kill: arguments of the explorer, a case's name or the beginning of it first. */

const faults = (protocol, file, table) =>
  table.map(([name, find, replace, ...kill]) => ({ name, protocol, file: `runtime/${file}`, find, replace, kill }));

const deque = faults('deque', 'deque.c', [
  ['indices compared as they are', 'return (int32_t)(bottom - top);',
    'return bottom < top ? -1 : (int32_t)(bottom - top);', 'deque: an owner'],
  ['indices compared as signed numbers', 'return (int32_t)(bottom - top);',
    'return (int32_t)bottom < (int32_t)top ? -1 : (int32_t)(bottom - top);', 'deque: room'],
  ['pop compares unsigned', 'if (distance(bottom, top) < 0) {', 'if (bottom < top) {', 'deque: an owner'],
  ['pop takes the last item without a race', 'if (bottom == top) {', 'if (false) {', 'deque: an owner'],
  ['pop moves top by a store', 'if (!atom32_cas(&d->top, &top, top + 1)) item = ITEM_NONE;',
    'atom32_store(&d->top, top + 1);', 'deque: an owner'],
  ['pop looks at top before it takes the item away',
    'atom32_store(&d->bottom, bottom);\n    uint32_t top = atom32_load(&d->top);',
    'uint32_t top = atom32_load(&d->top);\n    atom32_store(&d->bottom, bottom);', 'deque: an owner'],
  ['pop takes the top that it has seen for the top that is',
    'atom32_store(&d->bottom, bottom);\n    uint32_t top = atom32_load(&d->top);',
    'atom32_store(&d->bottom, bottom);\n    uint32_t top = d->seen_top;', 'deque: an owner'],
  ['pop of nothing leaves bottom below top', 'atom32_store(&d->bottom, top);\n        return ITEM_NONE;',
    'return ITEM_NONE;', 'deque: an owner'],
  ['pop of the last item leaves bottom below top', 'atom32_store(&d->bottom, bottom + 1);\n        d->seen_top', 'd->seen_top',
    'deque: an owner'],
  ['steal reads the item after it has moved top',
    'uint32_t item = racy32_load(&d->items[top & d->mask]);\n    return atom32_cas(&d->top, &top, top + 1) ? item : ITEM_LOST;',
    'return atom32_cas(&d->top, &top, top + 1) ? racy32_load(&d->items[top & d->mask]) : ITEM_LOST;', 'deque: an owner'],
  ['steal moves top by a store', 'return atom32_cas(&d->top, &top, top + 1) ? item : ITEM_LOST;',
    'atom32_store(&d->top, top + 1);\n    return item;', 'deque: an owner'],
  ['steal reads bottom before top', 'uint32_t top = atom32_load(&d->top);\n    uint32_t bottom = atom32_load(&d->bottom);',
    'uint32_t bottom = atom32_load(&d->bottom);\n    uint32_t top = atom32_load(&d->top);', 'deque: an owner'],
  ['steal says that it lost where there is nothing', 'if (distance(bottom, top) <= 0) return ITEM_NONE;',
    'if (distance(bottom, top) <= 0) return ITEM_LOST;', 'deque: an owner'],
  ['push publishes the item before it is there',
    'racy32_store(&d->items[bottom & d->mask], item); /* published by the store of bottom, which a thief reads first */\n' +
      '    atom32_store(&d->bottom, bottom + 1);',
    'atom32_store(&d->bottom, bottom + 1);\n    racy32_store(&d->items[bottom & d->mask], item);', 'deque: an owner'],
  ['room for one too many', 'if (distance(bottom, d->seen_top) <= (int32_t)d->mask) return true;',
    'if (distance(bottom, d->seen_top) <= (int32_t)d->mask + 1) return true;', 'deque: room'],
  ['room for one too many, at the second look', 'return distance(bottom, d->seen_top) <= (int32_t)d->mask;',
    'return distance(bottom, d->seen_top) <= (int32_t)d->mask + 1;', 'deque: an owner'],
  ['room never looks at top again', 'd->seen_top = atom32_load(&d->top);\n    return', 'return', 'deque: room'],
  ['adopt leaves bottom below top', 'if (distance(bottom, top) < 0) atom32_store(&d->bottom, top);', '', 'deque: its owner dies'],
  ['adopt leaves the last item to a thief that saw it', 'if (bottom == top && atom32_cas(&d->top, &top, top + 1)) top++;', '',
    'deque: its owner dies'],
]);

const pool = faults('pool', 'pool.c', [
  ['no tag', '((old >> 32) + 1) << 32', '(old >> 32) << 32', 'pool: take'],
  ['a tag of one bit', '((old >> 32) + 1) << 32', '(((old >> 32) + 1) & 1) << 32', 'pool: take'],
  ['take moves the head by a store', 'if (atom64_cas(&rt->free, &head, head_of(head, next & 0xffff, free_of(head) - 1))) return link - 1;',
    'atom64_store(&rt->free, head_of(head, next & 0xffff, free_of(head) - 1));\n        return link - 1;', 'pool: take'],
  ['take tries again with the slot that it lost', 'for (;;) {\n        uint32_t link = link_of(head);',
    'uint32_t link = link_of(head);\n    for (;;) {', 'pool: take'],
  ['give moves the head by a store', '} while (!atom64_cas(&rt->free, &head, head_of(head, slot + 1, free_of(head) + 1)));',
    '} while (atom64_store(&rt->free, head_of(head, slot + 1, free_of(head) + 1)), false);', 'pool: take'],
  ['give links the slot after it is on the list',
    'do {\n        atom32_store(&rt->links[slot], link_of(head));\n    } while (!atom64_cas(&rt->free, &head, head_of(head, slot + 1, free_of(head) + 1)));',
    'while (!atom64_cas(&rt->free, &head, head_of(head, slot + 1, free_of(head) + 1))) {}\n    atom32_store(&rt->links[slot], link_of(head));', 'pool: take'],
  ['give tries again with the link that is old', 'do {\n        atom32_store(&rt->links[slot], link_of(head));',
    'atom32_store(&rt->links[slot], link_of(head));\n    do {', 'pool: take'],
  ['how many are free is looked at once', '    uint64_t head = atom64_load(&rt->free);\n    for (;;) {\n        uint32_t link = link_of(head);\n        if (!link || link > rt->slot_count || (spare && free_of(head) <= spare)) return SLOT_NONE;',
    '    uint64_t head = atom64_load(&rt->free);\n    if (spare && free_of(head) <= spare) return SLOT_NONE;\n    for (;;) {\n        uint32_t link = link_of(head);\n        if (!link || link > rt->slot_count) return SLOT_NONE;', 'pool: take'],
]);

const life = [
  ...faults('life', 'life.c', [
    ['an item of any generation will do', 'if (!(life & LIFE_QUEUED) || item_of(item_slot(item), life) != item) return false;',
      'if (!(life & LIFE_QUEUED)) return false;', 'pool: handles'],
    ['a task that is not queued can be taken', 'if (!(life & LIFE_QUEUED) || item_of(item_slot(item), life) != item) return false;',
      'if (item_of(item_slot(item), life) != item) return false;', 'pool: handles'],
    ['a handle of any generation can be joined', 'life_generation(life) != handle_generation(handle) || (life & (LIFE_CLOSED | LIFE_HELD))',
      '(life & (LIFE_CLOSED | LIFE_HELD))', 'pool: handles'],
    ['a closed task can be joined', '|| (life & (LIFE_CLOSED | LIFE_HELD)) ||', '|| (life & LIFE_HELD) ||', 'pool: handles'],
    ['a task without a worker can be joined', '|| !(life & LIFE_WORKERS)) {', ') {', 'pool: handles'],
    ['the last to leave does not look whether the task is queued', '!(rest & (LIFE_WORKERS | LIFE_QUEUED | LIFE_HELD))',
      '!(rest & (LIFE_WORKERS | LIFE_HELD))',
      'sched: a parallel loop makes room'],
    ['leaving is a store', 'if (atom64_cas(&slot->life, &life, last ? life | LIFE_CLOSED : rest)) return last;',
      'atom64_store(&slot->life, last ? life | LIFE_CLOSED : rest);\n        return last;', 'pool: handles'],
    ['nobody puts an item of a task that is put back', 'return !(life & LIFE_QUEUED);', 'return false;', 'sched: a sequential loop moves'],
    ['a cancel closes a task that has a worker', 'return atom64_cas(&slot->life, &life, (life & ~LIFE_ANY) | LIFE_CLOSED);',
      'atom64_store(&slot->life, (life & ~LIFE_ANY) | LIFE_CLOSED);\n    return true;', 'pool: handles'],
    ['reopened for nobody', '(life & ~(LIFE_CLOSED | LIFE_WORKERS)) | LIFE_WORKER(w)', 'life & ~(LIFE_CLOSED | LIFE_WORKERS)',
      'worker: the next block'],
    ['release keeps the generation', '(life_generation(atom64_load(&slot->life)) + 1)', 'life_generation(atom64_load(&slot->life))',
      'pool: handles'],
    ['a generation of 0', 'life_of(generation ? generation : 1)', 'life_of(generation)', 'pool: handles'],
  ]),
  ...faults('life', 'post.c', [
    ['a task can be released before it is reaped', 'if (slot->listed != SLOT_REAPED) return FILCH_BAD_ARGUMENT;', '', 'pool: handles'],
    ['a free slot can be found', 'return life & LIFE_ANY && ', 'return ', 'pool: handles'],
    ['a stale handle can be found', 'life & LIFE_ANY && life_generation(life) == handle_generation(handle) ?',
      'life & LIFE_ANY ?', 'pool: handles'],
  ]),
];

const done = [
  ...faults('done', 'done.c', [
    ['listing is a store', '} while (!atom32_cas(&rt->done, &head, slot + 1));', '} while (atom32_store(&rt->done, slot + 1), false);',
      'done: the doorbell'],
    ['listing tries again with the link that is old', 'do {\n        atom32_store(&rt->links[slot], head);',
      'atom32_store(&rt->links[slot], head);\n    do {', 'done: the doorbell'],
    ['the ring leaves the bell up', '!atom32_exchange(&rt->doorbell, 0)', '!atom32_load(&rt->doorbell)', 'done: the doorbell'],
    ['the list is taken in two steps', 'uint32_t link = atom32_exchange(&rt->done, 0);',
      'uint32_t link = atom32_load(&rt->done);\n    atom32_store(&rt->done, 0);', 'done: the doorbell'],
    ['the list replaces what is not reaped yet', '*tail = oldest;', 'rt->reaped = oldest;', 'done: the doorbell'],
    ['the owner arms without a look at the list', 'if (!made && !atom32_load(&rt->done)) return true;', 'if (!made) return true;',
      'done: the doorbell'],
    ['the owner looks at the list before it arms',
      'atom32_store(&rt->doorbell, 1);\n    bool made = atom32_load(&rt->room) == ROOM_MADE;\n    if (!made && !atom32_load(&rt->done)) return true;',
      'bool made = atom32_load(&rt->room) == ROOM_MADE, nothing = !made && !atom32_load(&rt->done);\n    atom32_store(&rt->doorbell, 1);\n    if (nothing) return true;',
      'done: the doorbell'],
    ['the owner looks for room before it arms', 'atom32_store(&rt->doorbell, 1);\n    bool made = atom32_load(&rt->room) == ROOM_MADE;',
      'bool made = atom32_load(&rt->room) == ROOM_MADE;\n    atom32_store(&rt->doorbell, 1);', 'done: room in'],
    ['room that was made stays made', 'if (made) atom32_store(&rt->room, ROOM_ENOUGH);', '', 'done: room in'],
  ]),
  ...faults('done', 'search.c', [
    ['nobody tells the owner of the room', 'atom32_cas(&rt->room, &wanted, ROOM_MADE)) done_ring(rt);',
      'atom32_cas(&rt->room, &wanted, ROOM_MADE)) {}', 'done: room in'],
    ['the room is announced before it is made',
      `bool found = steal_from(rt, w, &rt->injector[level], level, contended);
    /* There is room now. Either the owner has seen it, or this sees that the owner waits for it. */
    uint32_t wanted = ROOM_WANTED;
    if (atom32_load(&rt->room) == ROOM_WANTED && atom32_cas(&rt->room, &wanted, ROOM_MADE)) done_ring(rt);`,
      `uint32_t wanted = ROOM_WANTED;
    if (atom32_load(&rt->room) == ROOM_WANTED && atom32_cas(&rt->room, &wanted, ROOM_MADE)) done_ring(rt);
    bool found = steal_from(rt, w, &rt->injector[level], level, contended);`, 'done: room in'],
  ]),
  ...faults('done', 'post.c', [
    ['the owner wants room and does not look again', 'return deque_room(&rt->injector[level]);', 'return false;', 'done: room in'],
  ]),
];

const frames = [
  ...faults('frame', 'frame.c', [
    ['claim is a store', 'if (atom64_cas(frame, &word, range_word((range){claimed.end, r.end}))) return claimed;',
      'atom64_store(frame, range_word((range){claimed.end, r.end}));\n        return claimed;', 'frame: claim'],
    ['claim goes past the end', '(length < left ? length : left)', 'length', 'frame: claim'],
    ['split is a store', 'if (!atom64_cas(frame, word, range_word(left))) return false;', 'atom64_store(frame, range_word(left));', 'frame: claim'],
    ['split leaves behind what it took', 'left = (range){at, r.end};', 'left = r;', 'frame: claim'],
    ['split leaves one too many', 'left = (range){at, r.end};', 'left = (range){at - 1, r.end};', 'frame: claim'],
    ['split forgets its last iteration', 'off = (range){r.next, at};', 'off = (range){r.next, at - 1};', 'frame: claim'],
  ]),
  ...faults('frame', 'search.c', [
    ['what was taken is kept nowhere', 'atom64_store(frame_of(rt, own, slot_index(rt, w->slot)), range_word(r));', '', 'frame: claim'],
    ['nobody looks at home', 'for (uint32_t i = 0; i < rows; i++) {\n        uint32_t row', 'for (uint32_t i = 1; i < rows; i++) {\n        uint32_t row',
      'frame: claim'],
    ['nobody looks at the last row', 'for (uint32_t i = 0; i < rows; i++) {\n        uint32_t row',
      'for (uint32_t i = 0; i < rows - 1; i++) {\n        uint32_t row', 'frame: claim'],
  ]),
  ...faults('frame', 'sched.c', [
    ['the next block wakes nobody', 'if (parallel) idle_wake(rt, rt->worker_count - 1);', '', 'frame: the next block'],
  ]),
];

const idle = [
  ...faults('idle', 'sched.c', [
    ['a sleeper does not look for work again', 'if (search_possible(rt, w) || atom32_load(&rt->stopped) ||',
      'if (atom32_load(&rt->stopped) ||', 'sched: a loop is shared'],
    ['a sleeper does not look for the stop again', 'if (search_possible(rt, w) || atom32_load(&rt->stopped) ||',
      'if (search_possible(rt, w) ||', 'sched: an idle pool stops'],
  ]),
  ...faults('idle', 'idle.c', [
    ['the last searcher wakes nobody', 'return searchers(idle & ~SEARCHING(w)) == 0 && sleepers(idle);', 'return false;', 'recall: a worker'],
    ['a waker leaves the futex word', 'atom32_store(&rt->workers[w].parked, 0);\n', '', 'sched: a loop is shared'],
    ['a sleeper woken for nothing leaves its futex word', '        atom32_store(parked, 1);\n', '', 'sched: a post wakes'],
    ['a sleeper woken for nothing does not look at its bit again', 'while (atom64_load(&rt->idle) & SLEEPING(w)) {', 'for (;;) {',
      'sched: sleep and wake'],
    ['a stop wakes one worker only', 'while (sleepers(idle)) {', 'if (sleepers(idle)) {', 'sched: an idle pool stops'],
    ['a dead worker counts as a searcher', 'idle & ~(SLEEPING(w) | SEARCHING(w))', 'idle & ~SLEEPING(w)', 'sched: a worker dies'],
    ['nobody wakes whom a dead worker was about to wake', 'if (!(atom64_load(&rt->idle) & SLEEPING(other))) wake_worker(rt, other);', '',
      'sched: a worker dies'],
  ]),
  ...faults('idle', 'post.c', [
    ['a stop wakes nobody', 'idle_wake_all(rt);', '', 'sched: an idle pool stops'],
    ['the post looks for sleepers before its item is there',
      'deque_push(&rt->injector[p->priority], item_of(index, life));\n    sched_publish(rt, p->priority, parts_of(rt, kernel->kind, left));\n',
      'sched_publish(rt, p->priority, parts_of(rt, kernel->kind, left));\n    deque_push(&rt->injector[p->priority], item_of(index, life));\n',
      'sched: a loop is shared'],
  ]),
];

const cancel = [
  ...faults('cancel', 'sched.c', [
    ['nobody sets the attention of the workers', 'atom32_store(&rt->workers[w].attention, 1);', '', 'sched: cancelled within'],
    ['a worker that joins does not look at the status', 'bool going = !tree_ended(rt, slot),', 'bool going = true,',
      'worker: a cancel after'],
    ['attention is put down after the look', `atom32_store(&w->attention, 0);
            going = going && !tree_ended(rt, slot);`, `going = going && !tree_ended(rt, slot);
            atom32_store(&w->attention, 0);`, 'worker: a cancel after'],
    ['how a task ends is decided twice', 'if (!atom32_cas(&slot->status, &pending, status)) return false;',
      'if (atom32_load(&slot->status) != pending) return false;\n    atom32_store(&slot->status, status);', 'worker: a cancel after'],
    ['a cancel after the last iteration is a cancel', '} else if (!done && !atom32_load(&slot->members) &&', '} else if (false && !atom32_load(&slot->members) &&', 'worker: a cancel after'],
    ['a cancelled task leaves iterations in its frames', 'if (tree_ended(rt, slot)) {\n        for', 'if (false) {\n        for',
      'worker: a cancel after'],
    ['a chunk counts that failed', 'if (code) {\n        fail(', 'if (code) {\n        atom64_add(&slot->done, length);\n        fail(', 'sched: a chunk fails'],
    ['a task that is put back is not looked at', 'if (tree_ended(rt, slot) && life_take(slot, own, item)) {', 'if (false) {', 'worker: a cancel of'],
  ]),
  ...faults('cancel', 'post.c', [
    ['a queued task waits for a worker', 'life_close_idle(slot, life)) sched_settle(rt, 0, slot);', 'false) {}', 'pool: handles'],
  ]),
];

const death = faults('death', 'sched.c', [
  ['what it had listed is not looked at', 'done_collect(rt); /* after', '/* after', 'sched: a worker dies'],
  ['queued tasks get no new item', 'rt->offer_next = 0;\n    sched_offer_again(rt);', '', 'sched: a worker dies'],
  ['its tasks go on', 'if (!finished && sched_decide(rt, slot, FILCH_WORKER_LOST)) {', 'if (false) {', 'sched: a worker dies'],
  ['its items wait for room that nobody tells of',
    'atom32_store(&rt->room, ROOM_WANTED);\n            if (!deque_push(&rt->injector[level], item_of(rt->offer_next, life))) return false;',
    'return false;', 'done: room for'],
]);

/** @type {Mutant[]} */
export const mutants = [...deque, ...pool, ...life, ...done, ...frames, ...idle, ...cancel, ...death];
