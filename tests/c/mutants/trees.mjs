// Seeded faults in what tasks are to each other: joins, hunger, pauses, dependencies, urgency, and a death among them. As mutants.mjs.

/** @type {(protocol: string, file: string, table: string[][], levels?: number) => object[]} */
const faults = (protocol, file, table, levels = 1) =>
  table.map(([name, find, replace, ...kill]) => ({ name, protocol, file: `runtime/${file}`, find, replace, kill, levels }));

const joins = [
  ...faults('join', 'tree.c', [
    ['the end does not see a parent that comes meanwhile', 'uint32_t joiner = atom32_exchange(&member->join, JOIN_DONE);',
      'uint32_t joiner = atom32_load(&member->join);\n    atom32_store(&member->join, JOIN_DONE);', 'fork: a join meets'],
    ['an abandoned child is not looked at', 'if (atom32_exchange(&member->join, JOIN_NOBODY) == JOIN_DONE) {',
      'if ((atom32_store(&member->join, JOIN_NOBODY), false)) {', 'fork: cancelled'],
    ['members are not counted', '    atom32_add(&root->members, 1);\n', '', 'fork: loops that chunks post'],
    ['the root is listed before it is closed', 'last = (new & ~ROOT_HAD) == ROOT_CLOSED;', 'last = !ROOT_COUNT(new);', 'fork: loops that chunks post'],
    ['what was abandoned and is in no queue stays there', '        tree_push(rt, w, member);\n        w->owes = true;\n    }\n}\n\n/* -- after a death', '    }\n}\n\n/* -- after a death',
      'fork: alone, paused'],
    ['a root is listed with its members still there', 'last = (new & ~ROOT_HAD) == ROOT_CLOSED;', 'last = (new & ROOT_CLOSED) != 0;', 'fork: loops that chunks post'],
  ]),
  ...faults('join', 'fork.c', [
    ['a child that was dropped has a result', '        if (!tree_ended(rt, w->slot)) return result;\n', '        return result;\n', 'fork: cancelled'],
    ['a parent overwrites the end of its child', '!atom32_cas(&rt->slots[awaited - 1].join, &open, innermost + 1)',
      '(atom32_store(&rt->slots[awaited - 1].join, innermost + open + 1), false)', 'fork: a join meets'],
    ['a parent that came too late waits for ever', 'innermost + 1) && life_end_wait(inner)) {', 'innermost + 1) && false) {',
      'fork: a join meets'],
    ['a parent waits only after it has said so', '    life_wait(inner, own);\n    uint32_t open = JOIN_OPEN;',
      '    uint32_t open = JOIN_OPEN;', 'fork: a join meets'],
    ['the callers of a saved frame do not wait', '        life_wait(slot, own);\n    }\n    w->slot = 0;', '    }\n    w->slot = 0;', 'fork: a join meets'],
    ['what was dropped is not abandoned', 'for (uint32_t i = 0; i < w->split; i++) tree_abandon(rt, w, w->view.records[i].link + 1);',
      '', 'fork: a child fails'],
    ['a result is taken and its child kept', '    slot->awaited = 0;\n    tree_release(rt, w, child);', '    slot->awaited = 0;',
      'fork: a join meets'],
    ['what was cancelled as it was left waits for others', 'publish(rt, w) && !tree_ended(rt, root);', 'publish(rt, w);', 'fork: left'],
    ['a tree that does not begin is in no queue', '        tree_push(rt, w, slot);\n        idle_wake(rt, 1);\n', '', 'fork: queued'],
    ['what goes on instead may be another\'s', '    if (!life_take(other, w->view.worker, item_of(i, life))) return false;\n',
      '    life_take(other, w->view.worker, item_of(i, life));\n', 'fork: queued'],
    ['joined records stay promoted', '    w->split = depth_of_stack(w, record);\n    if', '    if', 'fork: a child fails'],
    ['a child is called in place that another worker has', 'life_take(child, own, item_of(index, atom64_load(&child->life)))',
      '(atom64_load(&child->life) & LIFE_QUEUED)', 'fork: a join meets'],
    ['a child is begun again that was saved', 'if (child->step == 0) { /* nobody has begun it */', 'if (true) {', 'fork: a join, three'],
    ['children of a saved frame are forgotten', '        slot->child = r->link + 1;\n', '', 'fork: children joined in turn'],
    ['a promoted child is published before it is whole', '    __builtin_memcpy(member->args, record->frame, FILCH_FRAME_BYTES);\n    record->entry = 0;',
      '    record->entry = 0;', 'fork: a join meets'],
  ]),
];

const feeds = [
  ...faults('feed', 'fork.c', [
    ['who hungers while a tree begins is not heard', 'take_result(rt, w, slot);\n    set_limit(w, true);',
      'take_result(rt, w, slot);\n    set_limit(w, w->cooperative || idle_count(rt));', 'feed: somebody'],
    ['a cancel while a tree begins is not heard', 'take_result(rt, w, slot);\n    set_limit(w, true);',
      'take_result(rt, w, slot);\n    set_limit(w, w->cooperative);',
      'feed: somebody asks'],
    ['who has nothing yet forgets who is hungry', '    if (there < wanted) set_limit(w, true); /* at the next call there may be more */\n', '',
      'feed: somebody'],
    ['who is asked looks, and then raises the limit', '    if (there < wanted) set_limit(w, true);', '    set_limit(w, there < wanted);', 'feed: somebody'],
    ['what there is for one is for all', '    while (there < wanted && w->shown', '    if (there) return;\n    while (there < wanted && w->shown', 'feed: two'],
    ['nobody is woken for what there is', '        idle_wake(rt, 1);\n        there++;', '        there++;', 'feed: somebody'],
  ]),
  ...faults('feed', 'sched.c', [
    ['who goes to sleep asks for nothing', '        searching = true;\n        fork_ask(rt, w);\n', '        searching = true;\n', 'feed: two'],
    ['who goes to sleep asks before that is known', '        idle_announce(rt, index);\n        searching = true;\n        fork_ask(rt, w);\n',
      '        fork_ask(rt, w);\n        idle_announce(rt, index);\n        searching = true;\n', 'feed: two'],
    ['a loop takes a slot that was kept for a frame', 'tree_reserve(rt, w, kept + 1) && sched_spawn_loop', 'tree_reserve(rt, w, 1) && sched_spawn_loop',
      'feed: loops'],
    ['a loop that nobody joins keeps its slot', 'sched_spawn_loop(rt, w, kernel, begin, end, args, JOIN_NOBODY)',
      'sched_spawn_loop(rt, w, kernel, begin, end, args, JOIN_OPEN)', 'feed: loops'],
  ]),
];

const recalls = [
  ...faults('recall', 'sched.c', [
    ['who goes to sleep does not look', ' || atom32_load(&rt->stopped) || atom32_load(&w->recalled)) {', ' || atom32_load(&rt->stopped)) {', 'recall: a worker'],
    ['a recall wakes nobody', '    sched_poke(rt, w);\n    idle_wake_one(rt, w);', '    sched_poke(rt, w);', 'recall: a worker'],
    ['a recall wakes first', '    atom32_or(&rt->workers[w].recalled, RECALLED); /* first: who goes to sleep after this sees it */\n    sched_poke(rt, w);\n' +
      '    idle_wake_one(rt, w);', '    sched_poke(rt, w);\n    idle_wake_one(rt, w);\n    atom32_or(&rt->workers[w].recalled, RECALLED);', 'recall: a worker'],
    ['who comes back searches on', '            if (idle_found(rt, index) && search_possible(rt, w)) idle_wake(rt, 1);\n            return home;', '            return home;',
      'recall: a worker'],
    ['who comes back looks for nothing', '            if (idle_found(rt, index) && search_possible(rt, w)) idle_wake(rt, 1);\n            return home;',
      '            idle_found(rt, index);\n            return home;', 'recall: a worker'],
    ['who leaves forgets that it was recalled', 'atom32_exchange(&w->recalled, 0) & RECALLED', 'atom32_exchange(&w->recalled, 0) == RECALLED',
      'recall: one that leaves'],
    ['a recall is overwritten', 'atom32_or(&rt->workers[w].recalled, DEPARTS)', 'atom32_store(&rt->workers[w].recalled, DEPARTS)',
      'recall: one that leaves'],
    ['who leaves stays', 'atom32_or(&rt->workers[w].recalled, DEPARTS);', '', 'recall: one that leaves'],
    ['who leaves is not told so', 'DEPARTS);\n    sched_poke(rt, w);', 'DEPARTS);', 'recall: one that leaves'],
    ['a busy worker is not recalled', ' || atom32_load(&w->recalled) || (!w->fair', ' || (!w->fair', 'recall: the only'],
  ]),
];

const handOver =
  '    /* Whoever has published something may have asked this worker, which does not look for it. */\n' +
  '    for (uint32_t level = 0; level < LEVELS; level++) {\n        if (search_queued(rt, level)) sched_publish(rt, level, 1);\n    }\n';
const guests = [
  ...faults('guest', 'sched.c', [
    ['a guest stays where it was seen', `    atom32_store(&w->level, LEVELS);\n${handOver}`, handOver, 'guest: a loop'],
  ]),
  ...faults('guest', 'sched.c', [
    ['a guest hands nothing over', handOver, '', 'level: a guest'],
    ['a guest hands over first', `    atom32_store(&w->level, LEVELS);\n${handOver}`, `${handOver}    atom32_store(&w->level, LEVELS);\n`, 'level: a guest'],
  ], 2),
  ...faults('guest', 'search.c', [
    ['a guest is engaged in what it did not join',
      '    if (w->joined && !life_join(&rt->slots[index], w->view.worker, handle)) return false;\n', '', 'guest: a loop'],
  ]),
];

const holds = [
  ...faults('hold', 'sched.c', [
    ['who holds a task does not look again',
      '    if ((!atom32_load(&root->paused) || tree_ended(rt, slot)) && life_unhold(slot)) push(rt, w, slot);\n', '', 'hold: a parallel'],
    ['who holds a task looks first', '    life_hold(slot, w->view.worker);\n', '', 'hold: a parallel'],
    ['a loop that fails leaves what is held', '    if (life_unhold(w->slot)) push(rt, w, w->slot); /* paused, it is to end all the same */\n', '',
      'hold: one that fails'],
  ]),
  ...faults('hold', 'post.c', [
    ['a resume looks before it says so',
      '    atom32_store(&root->paused, 0); /* first: who holds a task of the tree after this looks at it again */\n' +
        '    if (life_unhold(root)) post_offer(rt, slot_index(rt, root));',
      '    if (life_unhold(root)) post_offer(rt, slot_index(rt, root));\n    atom32_store(&root->paused, 0);', 'hold: a parallel'],
    ['what is to end is held', 'if (tree_ended(rt, slot) || !life_hold_queued(slot, handle)) return;', 'if (!life_hold_queued(slot, handle)) return;\n    return;',
      'hold: one that fails', '--preemptions', '2'],
    ['a resumed task is in no queue', 'if (life_unhold(root)) post_offer(rt, slot_index(rt, root));', 'life_unhold(root);', 'hold: a parallel'],
    ['a resume forgets members', 'slot != root && life_unhold(slot)) post_offer(rt, i);', 'slot != root && false) post_offer(rt, i);',
      'fork: paused', '--variant', '2'],
    ['a cancel leaves what is queued where it is',
      '    else if (slot->kind == FILCH_FORKING || atom32_load(&slot->members)) offer_all(rt, slot);\n', '', 'fork: left'],
    ['a cancel leaves held members', '    sched_decide(rt, slot, FILCH_CANCELLED);\n    resume_all(rt, slot);',
      '    sched_decide(rt, slot, FILCH_CANCELLED);', 'fork: paused'],
    ['a save forgets what nobody had taken', 'for (uint32_t row = 0; row <= rt->worker_count; row++) {', 'for (uint32_t row = 0; row < rt->worker_count; row++) {',
      'hold: a sequential'],
    ['a begun tree is closed like one that waits', 'bool begun = slot->kind == FILCH_FORKING && atom32_load(&slot->helpers);',
      'bool begun = false;', 'fork: cancelled'],
  ]),
  ...faults('hold', 'life.c', [
    ['a held task is closed', '(LIFE_WORKERS | LIFE_QUEUED | LIFE_HELD)', '(LIFE_WORKERS | LIFE_QUEUED)', 'hold: a parallel', '--random', '200000'],
    ['hold and leave are two steps', 'while (!atom64_cas(&slot->life, &life, (life & ~LIFE_WORKER(w)) | LIFE_HELD)) {}',
      'atom64_store(&slot->life, (life & ~LIFE_WORKER(w)) | LIFE_HELD);', 'hold: a parallel', '--random', '200000'],
  ]),
];

const afters = [
  ...faults('after', 'after.c', [
    ['an edge is added to a list that nobody will read', '        if (head == AFTER_SETTLED) return false;\n', '', 'after: two'],
    ['the list is read, then closed', 'uint32_t link = atom32_exchange(&slot->dependents, AFTER_SETTLED),',
      'uint32_t link = atom32_load(&slot->dependents);\n    atom32_store(&slot->dependents, AFTER_SETTLED);\n    uint32_t', 'after: two'],
    ['a failure is not passed on', '    if (!done) sched_decide(rt, waiting, FILCH_DEPENDENCY_FAILED);\n', '', 'after: two'],
    ['an earlier failure is not passed on',
      '        if (to && atom32_load(&to->status) != FILCH_OK) sched_decide(rt, slot, FILCH_DEPENDENCY_FAILED);\n', '', 'after: two'],
    ['a slot is used again while a list leads to it',
      'return !atom32_load(&slot->edges) || !atom32_or(&slot->edges, AFTER_RELEASED);', 'return true;', 'after: a slot'],
    ['a slot that a list led to is never given back', 'pool_give(rt, index);\n}\n\nvoid', '{}\n}\n\nvoid', 'after: a slot'],
    ['whoever ends one wait begins the task', 'if (atom32_and(&slot->waits, ~bits) & ~bits) return false;', 'atom32_and(&slot->waits, ~bits);', 'after: two'],
    ['a death among the dependents is not made good', 'if (w || link != AFTER_SETTLED) return;', 'if (slot) return;', 'after: a worker dies'],
  ]),
];

const levels = [
  ...faults('level', 'sched.c', [
    ['nobody is asked to leave', '    sched_poke(rt, chosen);\n', '', 'level: one worker'],
    ['the most urgent worker is asked to leave', 'if (other >= LEVELS || other < least) continue;', 'if (other >= LEVELS || other > least) continue;',
      'level: one worker'],
    ['who is asked does not look at queues', '(!w->fair && search_urgent(rt, w, level, as_urgent));', 'false;',
      'level: one worker'],
    ['who begins does not look', ', leaving = going && sched_attend(rt, w, false);', ', leaving = false;', 'level: one of two leaves what'],
    ['who takes one of two tells nobody of the other', '    if (going && search_queued(rt, racy32_load(&w->level))) sched_publish(rt, racy32_load(&w->level), 1);\n', '',
      'level: two leave'],
    ['who is asked takes more first', '            if (found && leaving && put_back(rt, w)) return true;\n', '', 'level: one of two leaves what', '--random', '20000'],
  ], 2),
  ...faults('level', 'tree.h', [
    ['what is to end is no more urgent than it was', '    if (tree_ended(rt, slot)) return 0;\n', '', 'fork: left'],
  ], 2),
  ...faults('level', 'fork.c', [
    ['a tree that begins does not look', 'w->leaving = sched_attend(rt, w, true);', 'w->leaving = false;', 'level: a tree'],
    ['a tree that begins looks for what is more urgent alone', 'w->leaving = sched_attend(rt, w, true);',
      'w->leaving = sched_attend(rt, w, false);', 'level: a tree'],
    ['a tree that is asked looks for what is more urgent alone', 'if (sched_attend(rt, w, true)) w->leaving = true;\n    }\n    if (watches_clock(w)',
      'if (sched_attend(rt, w, false)) w->leaving = true;\n    }\n    if (watches_clock(w)', 'level: a tree'],
  ], 2),
  ...faults('level', 'post.c', [
    ['what it comes after stays as it is', '    if (p->after_count) post_set_level(rt, handle, p->priority); /* of what it comes after */\n', '',
      'level: one worker'],
    ['a raised task keeps its old place', '        if (queued && !tree_hidden(rt, slot)) post_offer(rt, i);\n', '',
      'level: one worker'],
  ], 2),
];

const deaths = [
  ...faults('tree death', 'sched.c', [
    ['what the dead worker had saved is forgotten', '    if (root && !root->listed) tree_lose(rt, root, index);\n', '', 'fork: a worker dies'],
    ['the owner is not called where nobody is left', '    done_ring(rt);\n}', '}',
      'fork: the only worker dies'],
    ['the owner is not called when the last one leaves', '    if (atom32_load(&root->status) == FILCH_WORKER_LOST) done_ring(rt);', '', 'fork: a worker dies'],
    ['reserved slots are lost', '        life_end(slot);\n        pool_give(rt, slot_index(rt, slot));\n        return;', '        return;', 'fork: a worker dies', '--preemptions', '1'],
  ]),
  ...faults('tree death', 'tree.h', [
    ['nobody comes to the children that were in no queue', 'atom32_load(&slot->hidden) && !tree_ended(rt, slot)', 'atom32_load(&slot->hidden)',
      'fork: a worker dies'],
  ]),
  ...faults('tree death', 'tree.c', [
    ['the dead lister is waited for', 'if (ROOT_LISTER(members) == w + 1 && !(members & ROOT_LOST)) sched_list(rt, 0, root);', '', 'fork: a worker dies'],
    ['a tree is swept under those who work on it',
      '        if (atom64_load(&rt->workers[w].tree) == handle_of(root, life_generation(life))) return true;\n', '', 'fork: a worker dies', '--preemptions', '1'],
  ]),
  ...faults('tree death', 'post.c', [
    ['the owner sleeps on a tree that it could sweep', 'if (!rt->lost_trees || !tree_sweep(rt)) return true;', 'return true;', 'fork: a worker dies', '--preemptions', '1'],
  ]),
];

export const trees = [...joins, ...feeds, ...recalls, ...guests, ...holds, ...afters, ...levels, ...deaths];
