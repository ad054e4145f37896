// Seeded faults of priorities and fairness. See faults.mjs.
import { faults } from './faults.mjs';

/** @type {import('./faults.mjs').Mutant[]} */
export const priorities = [
  ...faults(
    'priority',
    'core/tree.h',
    [
      [
        'a tree that is to end keeps its priority',
        'if (tree_has_ended(rt, slot)) return 0;',
        '',
        'fork: yielded, then cancelled',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'sched/queue.c',
    [
      [
        'a child is marked as published after its priority is read',
        'if (atom32_load(&slot->tree.is_private)) atom32_store(&slot->tree.is_private, 0); uint32_t priority = tree_priority(rt, slot);',
        'uint32_t priority = tree_priority(rt, slot); if (atom32_load(&slot->tree.is_private)) atom32_store(&slot->tree.is_private, 0);',
        'publish: as the priority changes',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'owner/recover.c',
    [
      [
        'a dead worker keeps its priority',
        'atom32_store(&w->shared.priority, PRIORITIES);',
        '',
        'priority: beside a dead worker',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'sched/notify.c',
    [
      [
        'no worker is asked to yield',
        'if (w != NO_WORKER) request_preempt(rt, w);',
        '',
        'priority: one worker yields a loop',
      ],
      [
        'the most urgent worker is asked to yield',
        'if (other >= PRIORITIES || other < *least) continue;',
        'if (other >= PRIORITIES || other > *least) continue;',
        'priority: one worker yields a loop',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'sched/preempt.c',
    [
      [
        'a worker that is asked does not look at the queues',
        'return !w->preempt.is_fair && steal_has_urgent(rt, w, priority, as_urgent);',
        'return false;',
        'priority: one worker yields a loop',
      ],
      [
        'a worker that takes one of two tasks does not notify',
        'notify_queued(rt, w, all ? 0 : racy32_load(&w->shared.priority));',
        '',
        'priority: two workers yield for two tasks',
      ],
      [
        'a worker that begins notifies of its own priority alone',
        'notify_queued(rt, w, all ? 0 : racy32_load(&w->shared.priority));',
        'if (steal_has_queued(rt, w->shared.priority.word)) notify_work(rt, w->shared.priority.word, 1);',
        'priority: two workers yield for two tasks',
        '--variant',
        '2',
      ],
      [
        'a worker that begins something less urgent relies on its yield',
        'all = is_leaving || w->preempt.is_fair',
        'all = w->preempt.is_fair',
        'priority: two workers yield for two tasks',
        '--variant',
        '4',
      ],
      [
        'the end of a slice looks for what is queued nearby alone',
        'return check_preempt(rt, w, false) || steal_has_waiting(rt, w)',
        'return steal_has_waiting(rt, w)',
        'priority: a slice out of turn ends beside an urgent loop',
      ],
      [
        'a loop stays with its worker beside less urgent work',
        '|| steal_is_fair_due(rt, w);',
        ';',
        'priority: a low loop has its turn beside an urgent one',
      ],
      [
        'a worker that begins out of turn relies on its yield',
        'all = is_leaving || w->preempt.is_fair',
        'all = is_leaving',
        'priority: two workers yield for two tasks',
        '--variant',
        '6',
      ],
      [
        'a task out of turn has its own priority',
        'w->preempt.is_fair ? PRIORITIES : priority',
        'priority',
        'priority: two workers yield for two tasks',
        '--variant',
        '6',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'sched/steal.c',
    [
      [
        'slices do not count as picks',
        'if ((w->steal.tick + 1) % FAIRNESS) w->steal.tick++;',
        '',
        'priority: a low loop has its turn beside an urgent one',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'sched/loop_task.c',
    [
      [
        'a worker that begins a task does not look',
        'leaving = going && preempt_begin_is_leaving(rt, w, false);',
        'leaving = false;',
        'priority: one of two workers yields a loop',
      ],
      [
        'a worker that is asked takes more first',
        'if (leaving && preempt_try_yield(rt, w)) return RUN_YIELDED; continue;',
        'continue;',
        'priority: one of two workers yields a loop',
        '--random',
        '20000',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'sched/fork.c',
    [
      [
        'a tree that begins notifies no worker',
        'w->fork.is_leaving = preempt_begin_is_leaving(rt, w, true);',
        'w->fork.is_leaving = check_preempt(rt, w, true);',
        'priority: two workers yield for two tasks',
        '--variant',
        '1',
      ],
      [
        'a tree that begins does not look',
        'w->fork.is_leaving = preempt_begin_is_leaving(rt, w, true);',
        'w->fork.is_leaving = false;',
        'priority: a tree yields that was never asked',
      ],
      [
        'a tree that begins looks for more urgent work only',
        'w->fork.is_leaving = preempt_begin_is_leaving(rt, w, true);',
        'w->fork.is_leaving = preempt_begin_is_leaving(rt, w, false);',
        'priority: a tree yields that was never asked',
      ],
      [
        'a tree that is asked looks for more urgent work only',
        'if (check_preempt(rt, w, true)) w->fork.is_leaving = true;',
        'if (check_preempt(rt, w, false)) w->fork.is_leaving = true;',
        'priority: a tree yields that was never asked',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'owner/submit.c',
    [
      [
        'a dependency does not inherit the priority',
        'control_try_set_priority(rt, handle, s->priority);',
        '',
        'priority: one worker yields a loop',
      ],
    ],
    3,
  ),
  ...faults(
    'priority',
    'owner/control.c',
    [
      [
        'a raised task keeps its old queue',
        'if (!tree_is_private(rt, slot)) queue_inject(rt, i);',
        '',
        'priority: one worker yields a loop',
      ],
      [
        'a cancelled dependent leaves its priority behind',
        'inject_tree(rt, slot); update_dependencies(rt, slot);',
        'inject_tree(rt, slot);',
        'priority: given back by a dependent',
      ],
      [
        'a dependency keeps an inherited priority',
        'return old < slot->own_priority ? urgency_of(rt, slot) : old;',
        'return old;',
        'priority: given back by a dependent',
      ],
      [
        'a priority is given back to the next task of a chain alone',
        'list = slot_index(rt, before) + 1;',
        'if (waits) list = slot_index(rt, before) + 1;',
        'priority: given back by a dependent',
      ],
    ],
    3,
  ),
];
