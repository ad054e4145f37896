// Seeded faults of the recovery after a worker's loss. See faults.mjs.
import { faults } from './faults.mjs';

const ofLoops = [
  ...faults('worker loss', 'sched/queue.c', [
    [
      'items wait for injector space without asking for it',
      'if (!try_inject(rt, tree_priority(rt, slot), item_of(i, state))) return false;',
      'uint32_t item = item_of(i, state); if (!deque_try_push(rt, &rt->injector[tree_priority(rt, slot)], item)) return false;',
      'completions: space for a lost item',
    ],
  ]),
  ...faults('worker loss', 'owner/recover.c', [
    [
      'completions of the dead worker are not collected',
      'completions_collect(rt);',
      '',
      'sched: a worker dies',
    ],
    [
      'a notification that a dead worker owed is lost',
      'atom32_store(&rt->doorbell, 1);',
      '',
      'sched: the owner is not woken by a worker that dies',
    ],
    [
      'queued tasks get no new item',
      'rt->owner.inject_next = 0; queue_try_inject_again(rt);',
      '',
      'sched: a worker dies',
    ],
    [
      'a task that a dead worker ran in stays paused',
      'else settle_try_idle(rt, 0, handle);',
      '',
      'pause: a worker dies',
    ],
    [
      'a paused task that a dead worker had decided stays paused',
      'if (is_idle && is_alone && settle_try_idle(rt, 0, handle)) continue;',
      '',
      'pause: a worker dies',
    ],
    [
      'a task that a dead worker was pausing stays paused',
      'if (!is_member && !atom32_load(&slot->is_paused)) state_try_unpause(slot);',
      '',
      'pause: a worker dies, and the task is resumed',
    ],
    [
      'the tasks of a dead worker go on',
      'if (atom64_load(&slot->done) != slot->loop.total) decide_lost(rt, slot, w);',
      '',
      'sched: a worker dies',
    ],
  ]),
];

const ofTrees = [
  ...faults('tree loss', 'core/tree.c', [
    [
      'the thread that completes the root does not enter its number',
      'if (last) new |= (w ? worker_index(rt, w) + 1 : LISTER_OWNER) << 16;',
      'if (last) (void)w;',
      'fork: the only worker dies',
    ],
  ]),
  ...faults('tree loss', 'core/tree.h', [
    [
      'private children of a lost tree stay private',
      'atom32_load(&slot->tree.is_private) && !tree_has_ended(rt, slot)',
      'atom32_load(&slot->tree.is_private)',
      'fork: a worker dies',
    ],
  ]),
  ...faults('tree loss', 'sched/worker.c', [
    [
      'the owner is not notified when the last worker traps',
      'notify_if_lost(rt, root); }',
      '}',
      'fork: a worker dies, another traps',
    ],
    [
      'the owner is not notified when the last worker leaves',
      'if (atom32_load(&root->status) == FILCH_WORKER_LOST) completions_try_notify(rt);',
      '',
      'fork: a worker dies',
    ],
  ]),
  ...faults('tree loss', 'owner/recover.c', [
    [
      'a lost tree is looked at once',
      'return is_any_active(rt, root, &after) || before != after;',
      'return (void)after, false;',
      'fork: a worker dies',
      '--preemptions',
      '0',
      '--random',
      '50000',
    ],
    [
      'a root that another worker completes stays marked as lost',
      'else atom32_and(&root->tree.members, ~ROOT_LOST);',
      '',
      'loss: two die',
      '--variant',
      '2',
      '--preemptions',
      '0',
    ],
    [
      'the tree of a dead worker is forgotten',
      'if (root && root->stage == NOT_COMPLETED) lose_tree(rt, root, index);',
      '',
      'fork: a worker dies',
    ],
    [
      'the owner is not notified of a tree with no worker left',
      'completions_try_notify(rt);',
      '',
      'fork: the only worker dies',
    ],
    [
      'reserved slots are lost',
      'state_end(slot); atom32_store(&slot->tree.root, slot_index(rt, slot)); slots_give(rt, slot_index(rt, slot)); return;',
      'return;',
      'fork: a worker dies',
      '--preemptions',
      '1',
    ],
    [
      'a reserved slot that is given back keeps its root',
      'state_end(slot); atom32_store(&slot->tree.root, slot_index(rt, slot));',
      'state_end(slot);',
      'fork: a worker dies',
    ],
    [
      'the owner waits for the dead worker to complete the root',
      'if (ROOT_LISTER(members) == w + 1) settle_complete(rt, 0, root); else atom32_and(&root->tree.members, ~ROOT_LOST);',
      '',
      'fork: a worker dies',
    ],
    [
      'a tree is swept while a worker works on it',
      'if (atom64_load(&plan_workers(rt)[w].shared.tree) == handle) return true;',
      '',
      'fork: a worker dies',
      '--preemptions',
      '1',
    ],
  ]),
  ...faults(
    'tree loss',
    'owner/recover.c',
    [
      [
        'a dead worker counts as searching while tasks are queued again',
        'sleep_recover(rt, index); rt->owner.inject_next = 0; queue_try_inject_again(rt);',
        'rt->owner.inject_next = 0; queue_try_inject_again(rt); sleep_recover(rt, index);',
        'priority: beside a worker that dies',
      ],
    ],
    3,
  ),
  ...faults('tree loss', 'owner/reap.c', [
    [
      'the owner sleeps on a tree that it could sweep',
      'bool swept = rt->owner.lost_trees && recover_try_sweep(rt);',
      'bool swept = false;',
      'fork: a worker dies',
      '--preemptions',
      '1',
    ],
  ]),
];

/** Found by random programs. */
const ofPrograms = faults(
  'worker loss',
  'owner/recover.c',
  [
    [
      'a task that a dead worker was pausing stays paused where another worker runs in it',
      'if (!is_member && !atom32_load(&slot->is_paused))',
      'if (is_idle && is_alone && !atom32_load(&slot->is_paused))',
      'programs: random',
      '--program',
      'workers 2 slots 1 members 0 slices 0; post parallel 6 grain 1 priority 0; await 1; pause 0; die 0 9; resume 0',
      '--walks',
      '10000',
    ],
  ],
  3,
);

export const losses = [...ofLoops, ...ofTrees, ...ofPrograms];
