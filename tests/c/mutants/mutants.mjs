// Seeded faults, protocol by protocol: what is changed in which file, and the case of the explorer that must notice.
//
// `find` must occur in the file exactly once, so that this table cannot go stale unseen. Not listed: faults that nobody could
// notice. An item too many in a queue, for one, does no harm, since the life word decides (runtime/state.h).

/** @typedef {{ name: string, protocol: string, file: string, find: string, replace: string, kill: string[] }} Mutant
 *  kill: arguments of the explorer, a case's name or the beginning of it first. */

const faults = (protocol, file, table) =>
  table.map(([name, find, replace, ...kill]) => ({ name, protocol, file: `runtime/${file}`, find, replace, kill }));

const deque = faults('deque', 'core/deque.c', [
  ['indices compared as they are', 'return (int32_t)(bottom - top);',
    'return bottom < top ? -1 : (int32_t)(bottom - top);', 'deque: an owner'],
  ['indices compared as signed numbers', 'return (int32_t)(bottom - top);',
    'return (int32_t)bottom < (int32_t)top ? -1 : (int32_t)(bottom - top);', 'deque: space'],
  ['pop compares unsigned', 'if (distance(bottom, top) < 0) {', 'if (bottom < top) {', 'deque: an owner'],
  ['pop takes the last item without a race', 'if (bottom == top) {', 'if (false) {', 'deque: an owner'],
  ['pop moves top by a store', 'if (!atom32_cas(&d->top, &top, top + 1)) item = ITEM_NONE;',
    'atom32_store(&d->top, top + 1);', 'deque: an owner'],
  ['pop looks at top before it takes the item away',
    'atom32_store(&d->bottom, bottom);\n    uint32_t top = atom32_load(&d->top);',
    'uint32_t top = atom32_load(&d->top);\n    atom32_store(&d->bottom, bottom);', 'deque: an owner'],
  ['pop relies on the cached top',
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
  ['steal reports a lost race on an empty deque', 'if (distance(bottom, top) <= 0) return ITEM_NONE;',
    'if (distance(bottom, top) <= 0) return ITEM_LOST;', 'deque: an owner'],
  ['push moves bottom before it writes the item',
    'racy32_store(&d->items[bottom & d->mask], item); /* published by the store of bottom, which a thief reads first */\n' +
      '    atom32_store(&d->bottom, bottom + 1);',
    'atom32_store(&d->bottom, bottom + 1);\n    racy32_store(&d->items[bottom & d->mask], item);', 'deque: an owner'],
  ['space for one item too many', 'if (distance(bottom, d->seen_top) <= (int32_t)d->mask) return true;',
    'if (distance(bottom, d->seen_top) <= (int32_t)d->mask + 1) return true;', 'deque: space'],
  ['space for one item too many, at the second look', 'return distance(bottom, d->seen_top) <= (int32_t)d->mask;',
    'return distance(bottom, d->seen_top) <= (int32_t)d->mask + 1;', 'deque: an owner'],
  ['the cached top is never refreshed', 'd->seen_top = atom32_load(&d->top);\n    return', 'return', 'deque: space'],
  ['adopt leaves bottom below top', 'if (distance(bottom, top) < 0) atom32_store(&d->bottom, top);', '', 'deque: its owner dies'],
  ['adopt leaves the last item to a thief', 'if (bottom == top && atom32_cas(&d->top, &top, top + 1)) top++;', '',
    'deque: its owner dies'],
]);

const pool = faults('slots', 'core/slots.c', [
  ['no tag', '((old >> 32) + 1) << 32', '(old >> 32) << 32', 'slots: take'],
  ['a tag of one bit', '((old >> 32) + 1) << 32', '(((old >> 32) + 1) & 1) << 32', 'slots: take'],
  ['take moves the head by a store', 'if (atom64_cas(&rt->free_slots, &head, head_of(head, next & 0xffff, free_of(head) - 1))) return link - 1;',
    'atom64_store(&rt->free_slots, head_of(head, next & 0xffff, free_of(head) - 1));\n        return link - 1;', 'slots: take'],
  ['take retries with a stale slot', 'for (;;) {\n        uint32_t link = link_of(head);',
    'uint32_t link = link_of(head);\n    for (;;) {', 'slots: take'],
  ['give moves the head by a store', '} while (!atom64_cas(&rt->free_slots, &head, head_of(head, slot + 1, free_of(head) + 1)));',
    '} while (atom64_store(&rt->free_slots, head_of(head, slot + 1, free_of(head) + 1)), false);', 'slots: take'],
  ['give links the slot after it is on the list',
    'do {\n        atom32_store(&rt->links[slot], link_of(head));\n    } while (!atom64_cas(&rt->free_slots, &head, head_of(head, slot + 1, free_of(head) + 1)));',
    'while (!atom64_cas(&rt->free_slots, &head, head_of(head, slot + 1, free_of(head) + 1))) {}\n    atom32_store(&rt->links[slot], link_of(head));', 'slots: take'],
  ['give retries with a stale link', 'do {\n        atom32_store(&rt->links[slot], link_of(head));',
    'atom32_store(&rt->links[slot], link_of(head));\n    do {', 'slots: take'],
  ['the free count is read once', '    uint64_t head = atom64_load(&rt->free_slots);\n    for (;;) {\n        uint32_t link = link_of(head);\n        if (!link || link > rt->slot_count || (spare && free_of(head) <= spare)) return SLOT_NONE;',
    '    uint64_t head = atom64_load(&rt->free_slots);\n    if (spare && free_of(head) <= spare) return SLOT_NONE;\n    for (;;) {\n        uint32_t link = link_of(head);\n        if (!link || link > rt->slot_count) return SLOT_NONE;', 'slots: take'],
]);

const state = [
  ...faults('state', 'state.c', [
    ['an item of any generation is taken', 'if (!(life & STATE_QUEUED) || item_of(item_slot(item), state) != item) return false;',
      'if (!(life & STATE_QUEUED)) return false;', 'slots: handles'],
    ['a task that is not queued can be taken', 'if (!(life & STATE_QUEUED) || item_of(item_slot(item), state) != item) return false;',
      'if (item_of(item_slot(item), state) != item) return false;', 'slots: handles'],
    ['a handle of any generation can be joined', 'state_generation(state) != handle_generation(handle) || (life & (STATE_CLOSED | STATE_PAUSED))',
      '(life & (STATE_CLOSED | STATE_PAUSED))', 'slots: handles'],
    ['a closed task can be joined', '|| (life & (STATE_CLOSED | STATE_PAUSED)) ||', '|| (life & STATE_PAUSED) ||', 'slots: handles'],
    ['a task without a worker can be joined', '|| !(life & STATE_WORKERS)) {', ') {', 'slots: handles'],
    ['the last worker to leave ignores QUEUED', '!(rest & (STATE_WORKERS | STATE_QUEUED | STATE_PAUSED))',
      '!(rest & (STATE_WORKERS | STATE_PAUSED))',
      'sched: a parallel loop yields'],
    ['leaving is a store', 'if (atom64_cas(&slot->state, &state, last ? life | STATE_CLOSED : rest)) return last;',
      'atom64_store(&slot->state, last ? life | STATE_CLOSED : rest);\n        return last;', 'slots: handles'],
    ['a yield puts no item in a queue', 'return !(life & STATE_QUEUED);', 'return false;', 'sched: a sequential loop moves'],
    ['a cancel closes a task that a worker runs in', 'return atom64_cas(&slot->state, &state, (life & ~STATE_IN_USE) | STATE_CLOSED);',
      'atom64_store(&slot->state, (life & ~STATE_IN_USE) | STATE_CLOSED);\n    return true;', 'slots: handles'],
    ['reopen leaves no worker in the task', '(life & ~(STATE_CLOSED | STATE_WORKERS)) | STATE_WORKER(w)', 'life & ~(STATE_CLOSED | STATE_WORKERS)',
      'worker: the next block'],
    ['release keeps the generation', '(state_generation(atom64_load(&slot->state)) + 1)', 'state_generation(atom64_load(&slot->state))',
      'slots: handles'],
    ['generation 0 is handed out', 'state_free(generation ? generation : 1)', 'state_free(generation)', 'slots: handles'],
  ]),
  ...faults('state', 'owner/control.c', [
    ['a task can be released before it is reaped', 'if (slot->stage != REAPED) return FILCH_BAD_ARGUMENT;', '', 'slots: handles'],
    ['a free slot can be found', 'return life & STATE_IN_USE && ', 'return ', 'slots: handles'],
    ['a stale handle can be found', 'life & STATE_IN_USE && state_generation(state) == handle_generation(handle) ?',
      'life & STATE_IN_USE ?', 'slots: handles'],
  ]),
];

const done = [
  ...faults('completions', 'sched/completions.c', [
    ['adding a completion is a store', '} while (!atom32_cas(&rt->completions, &head, slot + 1));', '} while (atom32_store(&rt->completions, slot + 1), false);',
      'completions: the doorbell'],
    ['adding a completion retries with a stale link', 'do {\n        atom32_store(&rt->links[slot], head);',
      'atom32_store(&rt->links[slot], head);\n    do {', 'completions: the doorbell'],
    ['a notification leaves the doorbell armed', '!atom32_exchange(&rt->doorbell, 0)', '!atom32_load(&rt->doorbell)', 'completions: the doorbell'],
    ['the list is taken in two steps', 'uint32_t link = atom32_exchange(&rt->completions, 0);',
      'uint32_t link = atom32_load(&rt->completions);\n    atom32_store(&rt->completions, 0);', 'completions: the doorbell'],
    ['a collected list replaces the one not yet reaped', '*tail = oldest;', 'rt->owner.reap_next = oldest;', 'completions: the doorbell'],
    ['the owner arms without looking at the list', 'if (!made && !atom32_load(&rt->completions)) return true;', 'if (!made) return true;',
      'completions: the doorbell'],
    ['the owner looks at the list before it arms',
      'atom32_store(&rt->doorbell, 1);\n    bool made = atom32_load(&rt->injector_space) == SPACE_MADE;\n    if (!made && !atom32_load(&rt->completions)) return true;',
      'bool made = atom32_load(&rt->injector_space) == SPACE_MADE, nothing = !made && !atom32_load(&rt->completions);\n    atom32_store(&rt->doorbell, 1);\n    if (nothing) return true;',
      'completions: the doorbell'],
    ['the owner looks for injector space before it arms', 'atom32_store(&rt->doorbell, 1);\n    bool made = atom32_load(&rt->injector_space) == SPACE_MADE;',
      'bool made = atom32_load(&rt->injector_space) == SPACE_MADE;\n    atom32_store(&rt->doorbell, 1);', 'completions: room in'],
    ['injector space stays marked as made', 'if (made) atom32_store(&rt->injector_space, SPACE_ENOUGH);', '', 'completions: room in'],
  ]),
  ...faults('completions', 'sched/steal.c', [
    ['the owner is not told of injector space', 'atom32_cas(&rt->injector_space, &wanted, SPACE_MADE)) completions_try_notify(rt);',
      'atom32_cas(&rt->injector_space, &wanted, SPACE_MADE)) {}', 'completions: room in'],
    ['injector space is announced before it is made',
      `bool found = steal_from(rt, w, &rt->injector[priority], priority, contended);
    /* There is room now. Either the owner has seen it, or this sees that the owner waits for it. */
    uint32_t wanted = SPACE_WANTED;
    if (atom32_load(&rt->injector_space) == SPACE_WANTED && atom32_cas(&rt->injector_space, &wanted, SPACE_MADE)) completions_try_notify(rt);`,
      `uint32_t wanted = SPACE_WANTED;
    if (atom32_load(&rt->injector_space) == SPACE_WANTED && atom32_cas(&rt->injector_space, &wanted, SPACE_MADE)) completions_try_notify(rt);
    bool found = steal_from(rt, w, &rt->injector[priority], priority, contended);`, 'completions: room in'],
  ]),
  ...faults('completions', 'owner/control.c', [
    ['the owner asks for injector space and does not look again', 'return deque_has_room(&rt->injector[priority]);', 'return false;', 'completions: room in'],
  ]),
];

const frames = [
  ...faults('range', 'core/range.c', [
    ['claim is a store', 'if (atom64_cas(word_at, &word, range_pack((range){claimed.end, r.end}))) return claimed;',
      'atom64_store(word_at, range_pack((range){claimed.end, r.end}));\n        return claimed;', 'range: claim'],
    ['claim goes past the end', '(length < left ? length : left)', 'length', 'range: claim'],
    ['split is a store', 'if (!atom64_cas(word_at, word, range_pack(left))) return false;', 'atom64_store(word_at, range_pack(left));', 'range: claim'],
    ['split leaves behind what it took', 'left = (range){at, r.end};', 'left = r;', 'range: claim'],
    ['split leaves one too many', 'left = (range){at, r.end};', 'left = (range){at - 1, r.end};', 'range: claim'],
    ['split forgets its last iteration', 'off = (range){r.next, at};', 'off = (range){r.next, at - 1};', 'range: claim'],
  ]),
  ...faults('range', 'sched/steal.c', [
    ['the part taken is stored nowhere', 'atom64_store(range_at(rt, own, slot_index(rt, w->slot)), range_pack(r));', '', 'range: claim'],
    ['a thief skips the home range', 'for (uint32_t i = 0; i < rows; i++) {\n        uint32_t row', 'for (uint32_t i = 1; i < rows; i++) {\n        uint32_t row',
      'range: claim'],
    ['a thief skips the last range', 'for (uint32_t i = 0; i < rows; i++) {\n        uint32_t row',
      'for (uint32_t i = 0; i < rows - 1; i++) {\n        uint32_t row', 'range: claim'],
  ]),
  ...faults('range', 'sched/loop.c', [
    ['the next block wakes no worker', 'if (parallel) sleep_try_unpark(rt, rt->worker_count - 1);', '', 'range: the next block'],
  ]),
];

const idle = [
  ...faults('sleep', 'sched/loop.c', [
    ['a parking worker does not look for work again', 'if (steal_is_possible(rt, w) || atom32_load(&rt->is_stopped) ||',
      'if (atom32_load(&rt->is_stopped) ||', 'sched: a loop is shared'],
    ['a parking worker does not look for the stop again', 'if (steal_is_possible(rt, w) || atom32_load(&rt->is_stopped) ||',
      'if (steal_is_possible(rt, w) ||', 'sched: idle workers stop'],
  ]),
  ...faults('sleep', 'sched/sleep.c', [
    ['the last searcher wakes no worker', 'return searchers(idle & ~SEARCHING(w)) == 0 && sleepers(idle);', 'return false;', 'recall: a worker'],
    ['a waker leaves the futex word', 'atom32_store(&rt->workers[w].parked, 0);\n', '', 'sched: a loop is shared'],
    ['a spuriously woken worker leaves its futex word', '        atom32_store(parked, 1);\n', '', 'sched: a post wakes'],
    ['a spuriously woken worker does not look at its bit again', 'while (atom64_load(&rt->sleep) & SLEEPING(w)) {', 'for (;;) {',
      'sched: park and unpark'],
    ['a stop wakes one worker only', 'while (sleepers(idle)) {', 'if (sleepers(idle)) {', 'sched: idle workers stop'],
    ['a dead worker counts as a searcher', 'idle & ~(SLEEPING(w) | SEARCHING(w))', 'idle & ~SLEEPING(w)', 'sched: a worker dies'],
    ['a wake-up that a dead worker owed is lost', 'if (!(atom64_load(&rt->sleep) & SLEEPING(other))) unpark(rt, other);', '',
      'sched: a worker dies'],
  ]),
  ...faults('sleep', 'owner/control.c', [
    ['a stop wakes no worker', 'sleep_unpark_all(rt);', '', 'sched: idle workers stop'],
    ['a post looks for parked workers before its item is there',
      'deque_try_push(&rt->injector[p->priority], item_of(index, state));\n    notify_work(rt, p->priority, parts_of(rt, kernel->kind, left));\n',
      'notify_work(rt, p->priority, parts_of(rt, kernel->kind, left));\n    deque_try_push(&rt->injector[p->priority], item_of(index, state));\n',
      'sched: a loop is shared'],
  ]),
];

const cancel = [
  ...faults('cancel', 'sched/loop.c', [
    ['a cancel requests no preemption', 'atom32_store(&rt->workers[w].shared.preempt_request, 1);', '', 'sched: cancelled within'],
    ['a worker that joins ignores the status', 'bool going = !tree_has_ended(rt, slot),', 'bool going = true,',
      'worker: a cancel after'],
    ['the preempt request is cleared after the look', `atom32_store(&w->shared.preempt_request, 0);
            going = going && !tree_has_ended(rt, slot);`, `going = going && !tree_has_ended(rt, slot);
            atom32_store(&w->shared.preempt_request, 0);`, 'worker: a cancel after'],
    ['the status is decided twice', 'if (!atom32_cas(&slot->status, &pending, status)) return false;',
      'if (atom32_load(&slot->status) != pending) return false;\n    atom32_store(&slot->status, status);', 'worker: a cancel after'],
    ['a cancel after the last iteration counts', '} else if (!done && !atom32_load(&slot->tree.members) &&', '} else if (false && !atom32_load(&slot->tree.members) &&', 'worker: a cancel after'],
    ['a cancelled task leaves iterations in its ranges', 'if (tree_has_ended(rt, slot)) {\n        for', 'if (false) {\n        for',
      'worker: a cancel after'],
    ['a failed chunk counts as done', 'if (code) {\n        fail(', 'if (code) {\n        atom64_add(&slot->done, length);\n        fail(', 'sched: a chunk fails'],
    ['a yield ignores the status', 'if (tree_has_ended(rt, slot) && state_try_take(slot, own, item)) {', 'if (false) {', 'worker: a cancel of'],
  ]),
  ...faults('cancel', 'owner/control.c', [
    ['a cancelled task that is queued waits for a worker', 'state_try_close_idle(slot, state)) settle_closed(rt, 0, slot);', 'false) {}', 'slots: handles'],
  ]),
];

const death = faults('worker loss', 'sched/loop.c', [
  ['completions of the dead worker are not collected', 'completions_collect(rt); /* after', '/* after', 'sched: a worker dies'],
  ['queued tasks get no new item', 'rt->owner.inject_next = 0;\n    queue_try_inject_again(rt);', '', 'sched: a worker dies'],
  ['the tasks of a dead worker go on', 'if (!finished && notify_try_decide(rt, slot, FILCH_WORKER_LOST)) {', 'if (false) {', 'sched: a worker dies'],
  ['items wait for injector space without asking for it',
    'atom32_store(&rt->injector_space, SPACE_WANTED);\n            if (!deque_try_push(&rt->injector[priority], item_of(rt->owner.inject_next, state))) return false;',
    'return false;', 'completions: room for'],
]);

/** @type {Mutant[]} */
export const mutants = [...deque, ...pool, ...state, ...done, ...frames, ...idle, ...cancel, ...death];
