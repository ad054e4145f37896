// Seeded faults in what tasks are to each other: joins, hunger, pauses, dependencies, urgency, and a death among them. As mutants.mjs.

/** @type {(protocol: string, file: string, table: string[][], levels?: number) => object[]} */
const faults = (protocol, file, table, levels = 1) =>
  table.map(([name, find, replace, ...kill]) => ({ name, protocol, file: `runtime/${file}`, find, replace, kill, levels }));

const joins = [
  ...faults('join', 'core/tree.c', [
    ['a child ends without an exchange', 'uint32_t joiner = atom32_exchange(&member->tree.join, JOIN_DONE);',
      'uint32_t joiner = atom32_load(&member->tree.join);\n    atom32_store(&member->tree.join, JOIN_DONE);', 'fork: a join meets'],
    ['a detached child that has ended is not released', 'if (atom32_exchange(&member->tree.join, JOIN_DETACHED) == JOIN_DONE) {',
      'if ((atom32_store(&member->tree.join, JOIN_DETACHED), false)) {', 'fork: cancelled'],
    ['members are not counted', '    atom32_add(&root->tree.members, 1);\n', '', 'fork: loops that chunks post'],
    ['a root completes before it is closed', 'last = (new & ~ROOT_HAD) == ROOT_CLOSED;', 'last = !ROOT_COUNT(new);', 'fork: loops that chunks post'],
    ['a detached child that is private stays private', '        queue_push(rt, w, member);\n        w->wake_pending = true;\n    }\n}\n\n/* -- after a death', '    }\n}\n\n/* -- after a death',
      'fork: alone, paused'],
    ['a root completes before its members are released', 'last = (new & ~ROOT_HAD) == ROOT_CLOSED;', 'last = (new & ROOT_CLOSED) != 0;', 'fork: loops that chunks post'],
  ]),
  ...faults('join', 'sched/fork.c', [
    ['a dropped child gives a result', '        if (!tree_has_ended(rt, w->slot)) return result;\n', '        return result;\n', 'fork: cancelled'],
    ['a parent overwrites the end of its child', '!atom32_cas(&rt->slots[awaited - 1].tree.join, &open, innermost + 1)',
      '(atom32_store(&rt->slots[awaited - 1].tree.join, innermost + open + 1), false)', 'fork: a join meets'],
    ['a parent that comes second blocks for ever', 'innermost + 1) && state_try_unblock(inner)) {', 'innermost + 1) && false) {',
      'fork: a join meets'],
    ['a parent enters the join word before it is blocked', '    state_block(inner, own);\n    uint32_t open = JOIN_OPEN;',
      '    uint32_t open = JOIN_OPEN;', 'fork: a join meets'],
    ['the callers of a saved frame are not blocked', '        state_block(slot, own);\n    }\n    w->slot = 0;', '    }\n    w->slot = 0;', 'fork: a join meets'],
    ['children of a dropped frame are not detached', 'for (uint32_t i = 0; i < w->fork.promoted; i++) settle_detach(rt, w, w->view.records[i].link + 1);',
      '', 'fork: a child fails'],
    ['a joined child keeps its slot', '    slot->tree.awaited = 0;\n    settle_release(rt, w, child);', '    slot->tree.awaited = 0;',
      'fork: a join meets'],
    ['a tree cancelled as it yields goes behind others', 'suspend(rt, w) && !tree_has_ended(rt, root);', 'suspend(rt, w);', 'fork: left'],
    ['a tree put off is in no queue', '        queue_push(rt, w, slot);\n        sleep_try_unpark(rt, 1);\n', '', 'fork: queued'],
    ['the task taken instead may be another worker\'s', '    if (!state_try_take(other, w->view.worker, item_of(i, state))) return false;\n',
      '    state_try_take(other, w->view.worker, item_of(i, state));\n', 'fork: queued'],
    ['joined records stay promoted', '    w->fork.promoted = depth_of_stack(w, record);\n    if', '    if', 'fork: a child fails'],
    ['a child that another worker runs is called in place', 'state_try_take(child, own, item_of(index, atom64_load(&child->state)))',
      '(atom64_load(&child->state) & STATE_QUEUED)', 'fork: a join meets'],
    ['a saved child is begun again', 'if (child->tree.step == 0) { /* nobody has begun it */', 'if (true) {', 'fork: a join, three'],
    ['children of a saved frame are forgotten', '        slot->tree.child = r->link + 1;\n', '', 'fork: children joined in turn'],
    ['a promoted child is queued before it is whole', '    __builtin_memcpy(member->args, record->frame, FILCH_FRAME_BYTES);\n    record->entry = 0;',
      '    record->entry = 0;', 'fork: a join meets'],
  ]),
];

const feeds = [
  ...faults('publish', 'sched/fork.c', [
    ['a steal request made as a tree begins is lost', '    set_limit(w, true); /* the first call asks',
      '    set_limit(w, w->preempt.is_cooperative || sleep_idle_count(rt)); /* the first call asks', 'publish: somebody'],
    ['a cancel made as a tree begins is lost', '    set_limit(w, true); /* the first call asks', '    set_limit(w, w->preempt.is_cooperative); /* the first call asks',
      'publish: somebody asks'],
    ['a worker with nothing to publish forgets the request', '    if (there < wanted) set_limit(w, true); /* at the next call there may be more */\n', '',
      'publish: somebody'],
    ['the limit is raised after the look', '    if (there < wanted) set_limit(w, true);', '    set_limit(w, there < wanted);', 'publish: somebody'],
    ['one published child serves every idle worker', '    while (there < wanted && w->fork.published', '    if (there) return;\n    while (there < wanted && w->fork.published', 'publish: two'],
    ['a published child wakes no worker', '        sleep_try_unpark(rt, 1);\n        there++;', '        there++;', 'publish: somebody'],
  ]),
  ...faults('publish', 'sched/loop.c', [
    ['a parking worker makes no steal request', '        searching = true;\n        fork_request_steal(rt, w);\n', '        searching = true;\n', 'publish: two'],
    ['a parking worker makes its request before it sets its bit', '        sleep_prepare_park(rt, index);\n        searching = true;\n        fork_request_steal(rt, w);\n',
      '        fork_request_steal(rt, w);\n        sleep_prepare_park(rt, index);\n        searching = true;\n', 'publish: two'],
    ['a loop takes a slot that was kept for a frame', 'tree_try_reserve(rt, w, kept + 1) && loop_spawn', 'tree_try_reserve(rt, w, 1) && loop_spawn',
      'publish: loops'],
    ['a detached loop keeps its slot', 'loop_spawn(rt, w, kernel, begin, end, args, JOIN_DETACHED)',
      'loop_spawn(rt, w, kernel, begin, end, args, JOIN_OPEN)', 'publish: loops'],
  ]),
];

const recalls = [
  ...faults('recall', 'sched/loop.c', [
    ['a parking worker does not look for a recall', ' || atom32_load(&rt->is_stopped) || atom32_load(&w->shared.recalled)) {', ' || atom32_load(&rt->is_stopped)) {', 'recall: a worker'],
    ['a recall wakes no worker', '    request_preempt(rt, w);\n    sleep_unpark_worker(rt, w);', '    request_preempt(rt, w);', 'recall: a worker'],
    ['a recall wakes before it sets the word', '    atom32_or(&rt->workers[w].shared.recalled, RECALLED); /* first: who goes to sleep after this sees it */\n    request_preempt(rt, w);\n' +
      '    sleep_unpark_worker(rt, w);', '    request_preempt(rt, w);\n    sleep_unpark_worker(rt, w);\n    atom32_or(&rt->workers[w].shared.recalled, RECALLED);', 'recall: a worker'],
    ['a recalled worker still counts as searching', '            if (sleep_end_search_is_last(rt, index) && steal_is_possible(rt, w)) sleep_try_unpark(rt, 1);\n            return home;', '            return home;',
      'recall: a worker'],
    ['a recalled worker that was the last searcher does not look', '            if (sleep_end_search_is_last(rt, index) && steal_is_possible(rt, w)) sleep_try_unpark(rt, 1);\n            return home;',
      '            sleep_end_search_is_last(rt, index);\n            return home;', 'recall: a worker'],
    ['a worker that leaves forgets that it was recalled', 'atom32_exchange(&w->shared.recalled, 0) & RECALLED', 'atom32_exchange(&w->shared.recalled, 0) == RECALLED',
      'recall: one that leaves'],
    ['a recall is overwritten', 'atom32_or(&rt->workers[w].shared.recalled, DEPARTS)', 'atom32_store(&rt->workers[w].shared.recalled, DEPARTS)',
      'recall: one that leaves'],
    ['a worker that wants to leave is not marked', 'atom32_or(&rt->workers[w].shared.recalled, DEPARTS);', '', 'recall: one that leaves'],
    ['a worker that wants to leave requests no preemption', 'DEPARTS);\n    request_preempt(rt, w);', 'DEPARTS);', 'recall: one that leaves'],
    ['a busy worker is not recalled', ' || atom32_load(&w->shared.recalled) || (!w->preempt.is_fair', ' || (!w->preempt.is_fair', 'recall: the only'],
  ]),
];

const handOver =
  '    /* Whoever has published something may have asked this worker, which does not look for it. */\n' +
  '    for (uint32_t priority = 0; priority < PRIORITIES; priority++) {\n        if (steal_has_queued(rt, priority)) notify_work(rt, priority, 1);\n    }\n';
const guests = [
  ...faults('help', 'sched/loop.c', [
    ['a helping caller keeps its priority', `    atom32_store(&w->shared.priority, PRIORITIES);\n${handOver}`, handOver, 'help: a loop'],
  ]),
  ...faults('help', 'sched/loop.c', [
    ['a helping caller does not notify of what it leaves', handOver, '', 'priority: a guest'],
    ['a helping caller notifies before it takes its priority back', `    atom32_store(&w->shared.priority, PRIORITIES);\n${handOver}`, `${handOver}    atom32_store(&w->shared.priority, PRIORITIES);\n`, 'priority: a guest'],
  ], 2),
  ...faults('help', 'sched/steal.c', [
    ['a helping caller runs in a loop that it did not join',
      '    if (w->steal.has_joined && !state_try_join(&rt->slots[index], w->view.worker, handle)) return false;\n', '', 'help: a loop'],
  ]),
];

const holds = [
  ...faults('pause', 'sched/loop.c', [
    ['a worker that pauses a task does not look again',
      '    if ((!atom32_load(&root->is_paused) || tree_has_ended(rt, slot)) && state_try_unpause(slot)) push(rt, w, slot);\n', '', 'pause: a parallel'],
    ['a worker does not mark the task it pauses', '    state_pause(slot, w->view.worker);\n', '', 'pause: a parallel'],
    ['a loop that fails stays paused', '    if (state_try_unpause(w->slot)) push(rt, w, w->slot); /* paused, it is to end all the same */\n', '',
      'pause: a loop that fails'],
  ]),
  ...faults('pause', 'owner/control.c', [
    ['a resume looks before it clears the pause',
      '    atom32_store(&root->is_paused, 0); /* first: who holds a task of the tree after this looks at it again */\n' +
        '    if (state_try_unpause(root)) queue_inject(rt, slot_index(rt, root));',
      '    if (state_try_unpause(root)) queue_inject(rt, slot_index(rt, root));\n    atom32_store(&root->is_paused, 0);', 'pause: a parallel'],
    ['a task that is to end is paused', 'if (tree_has_ended(rt, slot) || !state_try_pause_queued(slot, handle)) return;', 'if (!state_try_pause_queued(slot, handle)) return;\n    return;',
      'pause: a loop that fails', '--preemptions', '2'],
    ['a resumed task is in no queue', 'if (state_try_unpause(root)) queue_inject(rt, slot_index(rt, root));', 'state_try_unpause(root);', 'pause: a parallel'],
    ['a resume forgets members', 'slot != root && state_try_unpause(slot)) queue_inject(rt, i);', 'slot != root && false) queue_inject(rt, i);',
      'fork: paused', '--variant', '2'],
    ['a cancel leaves queued members where they are',
      '    else if (slot->kind == FILCH_FORKING || atom32_load(&slot->tree.members)) inject_tree(rt, slot);\n', '', 'fork: left'],
    ['a cancel leaves members paused', '    notify_try_decide(rt, slot, FILCH_CANCELLED);\n    resume_all(rt, slot);',
      '    notify_try_decide(rt, slot, FILCH_CANCELLED);', 'fork: paused'],
    ['a save forgets the home range', 'for (uint32_t holder = 0; holder <= rt->worker_count; row++) {', 'for (uint32_t holder = 0; holder < rt->worker_count; row++) {',
      'pause: a sequential'],
    ['a tree that has begun is closed like a queued task', 'bool begun = slot->kind == FILCH_FORKING && atom32_load(&slot->helpers);',
      'bool begun = false;', 'fork: cancelled'],
  ]),
  ...faults('pause', 'state.c', [
    ['the last worker to leave ignores PAUSED', '(STATE_WORKERS | STATE_QUEUED | STATE_PAUSED)', '(STATE_WORKERS | STATE_QUEUED)', 'pause: a parallel', '--random', '200000'],
    ['a pause is a store', 'while (!atom64_cas(&slot->state, &state, (life & ~STATE_WORKER(w)) | STATE_PAUSED)) {}',
      'atom64_store(&slot->state, (life & ~STATE_WORKER(w)) | STATE_PAUSED);', 'pause: a parallel', '--random', '200000'],
  ]),
];

const afters = [
  ...faults('depend', 'sched/depend.c', [
    ['an edge is added to a closed list', '        if (head == DEPEND_COMPLETED) return false;\n', '', 'depend: two'],
    ['the list is read and closed in two steps', 'uint32_t link = atom32_exchange(&slot->deps.dependents, DEPEND_COMPLETED),',
      'uint32_t link = atom32_load(&slot->deps.dependents);\n    atom32_store(&slot->deps.dependents, DEPEND_COMPLETED);\n    uint32_t', 'depend: two'],
    ['a failure is not passed on', '    if (!done) notify_try_decide(rt, waiting, FILCH_DEPENDENCY_FAILED);\n', '', 'depend: two'],
    ['an earlier failure is not passed on',
      '        if (to && atom32_load(&to->status) != FILCH_OK) notify_try_decide(rt, slot, FILCH_DEPENDENCY_FAILED);\n', '', 'depend: two'],
    ['a slot is reused while a list leads to it',
      'return !atom32_load(&slot->deps.linked) || !atom32_or(&slot->deps.linked, DEPEND_RELEASED);', 'return true;', 'depend: a slot'],
    ['a slot that a list led to is never given back', 'slots_give(rt, index);\n}\n\nvoid', '{}\n}\n\nvoid', 'depend: a slot'],
    ['the first dependency to end unblocks the task', 'if (atom32_and(&slot->deps.pending, ~bits) & ~bits) return false;', 'atom32_and(&slot->deps.pending, ~bits);', 'depend: two'],
    ['a worker lost among the dependents is not made good', 'if (w || link != DEPEND_COMPLETED) return;', 'if (slot) return;', 'depend: a worker dies'],
  ]),
];

const levels = [
  ...faults('priority', 'sched/loop.c', [
    ['no worker is asked to yield', '    request_preempt(rt, chosen);\n', '', 'priority: one worker'],
    ['the most urgent worker is asked to yield', 'if (other >= PRIORITIES || other < least) continue;', 'if (other >= PRIORITIES || other > least) continue;',
      'priority: one worker'],
    ['a worker that is asked does not look at the queues', '(!w->preempt.is_fair && steal_has_urgent(rt, w, priority, as_urgent));', 'false;',
      'priority: one worker'],
    ['a worker that begins a task does not look', 'leaving = going && check_preempt(rt, w, false);\n    /* More', 'leaving = false;\n    /* More', 'priority: one of two leaves what'],
    ['a worker that takes one of two tasks does not notify', '    if (going && steal_has_queued(rt, racy32_load(&w->shared.priority))) notify_work(rt, racy32_load(&w->shared.priority), 1);\n', '',
      'priority: two leave'],
    ['a worker that is asked takes more first', '            if (found && leaving && preempt_try_yield(rt, w)) return true;\n', '', 'priority: one of two leaves what', '--random', '20000'],
  ], 2),
  ...faults('priority', 'tree.h', [
    ['a tree that is to end keeps its priority', '    if (tree_has_ended(rt, slot)) return 0;\n', '', 'fork: left'],
  ], 2),
  ...faults('priority', 'sched/fork.c', [
    ['a tree that begins does not look', 'w->fork.is_leaving = check_preempt(rt, w, true);', 'w->fork.is_leaving = false;', 'priority: a tree'],
    ['a tree that begins looks for more urgent work only', 'w->fork.is_leaving = check_preempt(rt, w, true);',
      'w->fork.is_leaving = check_preempt(rt, w, false);', 'priority: a tree'],
    ['a tree that is asked looks for more urgent work only', 'if (check_preempt(rt, w, true)) w->fork.is_leaving = true;\n    }\n    if (w',
      'if (check_preempt(rt, w, false)) w->fork.is_leaving = true;\n    }\n    if (w', 'priority: a tree'],
  ], 2),
  ...faults('priority', 'owner/control.c', [
    ['a dependency does not inherit the priority', '    if (p->after_count) control_try_set_priority(rt, handle, p->priority); /* of what it comes after */\n', '',
      'priority: one worker'],
    ['a raised task keeps its old queue', '        if (queued && !tree_is_private(rt, slot)) queue_inject(rt, i);\n', '',
      'priority: one worker'],
  ], 2),
];

const deaths = [
  ...faults('tree loss', 'sched/loop.c', [
    ['the tree of a dead worker is forgotten', '    if (root && !root->stage) lose_tree(rt, root, index);\n', '', 'fork: a worker dies'],
    ['the owner is not notified of a tree with no worker left', '    completions_try_notify(rt); /* for what w has listed, or a tree that nobody is left in */\n', '',
      'fork: the only worker dies'],
    ['the owner is not notified when the last worker leaves', '    if (atom32_load(&root->status) == FILCH_WORKER_LOST) completions_try_notify(rt);', '', 'fork: a worker dies'],
    ['reserved slots are lost', '        state_end(slot);\n        slots_give(rt, slot_index(rt, slot));\n        return;', '        return;', 'fork: a worker dies', '--preemptions', '1'],
  ]),
  ...faults('tree loss', 'tree.h', [
    ['private children of a lost tree stay private', 'atom32_load(&slot->tree.is_private) && !tree_has_ended(rt, slot)', 'atom32_load(&slot->tree.is_private)',
      'fork: a worker dies'],
  ]),
  ...faults('tree loss', 'core/tree.c', [
    ['the owner waits for the dead worker to complete the root', 'if (ROOT_LISTER(members) == w + 1 && !(members & ROOT_LOST)) settle_complete(rt, 0, root);', '', 'fork: a worker dies'],
    ['a tree is swept while a worker works on it',
      '        if (atom64_load(&rt->workers[w].shared.tree) == handle_of(root, state_generation(state))) return true;\n', '', 'fork: a worker dies', '--preemptions', '1'],
  ]),
  ...faults('tree loss', 'owner/control.c', [
    ['the owner sleeps on a tree that it could sweep', 'if (!rt->owner.lost_trees || !recover_try_sweep(rt)) return true;', 'return true;', 'fork: a worker dies', '--preemptions', '1'],
  ]),
];

export const trees = [...joins, ...feeds, ...recalls, ...guests, ...holds, ...afters, ...levels, ...deaths];
