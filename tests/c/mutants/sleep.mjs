// Seeded faults of the sleep of workers: how they park, return in place of that, and are unparked.
// See faults.mjs.
import { faults } from './faults.mjs';

/** @type {import('./faults.mjs').Mutant[]} */
export const sleep = [
  ...faults('sleep', 'sched/worker.c', [
    [
      'a parking worker does not look for work again',
      'if (steal_is_possible(rt, w) || atom32_load(&rt->is_stopped) ||',
      'if (atom32_load(&rt->is_stopped) ||',
      'sched: a loop is shared',
    ],
    [
      'a parking worker does not look for the stop again',
      'if (steal_is_possible(rt, w) || atom32_load(&rt->is_stopped) ||',
      'if (steal_is_possible(rt, w) ||',
      'sched: idle workers stop',
    ],
    [
      'a worker that returns idle does not look for work again',
      'if (steal_is_possible(rt, w) || atom32_load(&rt->is_stopped) ||',
      'if ((!w->returns_idle && steal_is_possible(rt, w)) || atom32_load(&rt->is_stopped) ||',
      'sched: a post wakes a worker that has returned',
    ],
    [
      'a worker that comes back early runs though it is parked',
      'if (w->is_idle && !try_end_idle(rt, w)) return WORKER_IDLE;',
      '',
      'sched: a post wakes a worker that has returned',
    ],
  ]),
  ...faults('sleep', 'sched/worker.c', [
    [
      'a worker that should park returns for ever',
      'if (FILCH_CORRUPT_IF(!w->returns_idle)) sleep_park(rt, worker_index(rt, w));',
      '',
      'sched: idle workers that have returned stop',
    ],
  ]),
  ...faults('sleep', 'sched/sleep.c', [
    [
      'the last searcher wakes no worker',
      'return sleepers(idle) && searchers_inside(rt, idle & ~SEARCHING(w)) == 0;',
      'return false;',
      'recall: a worker of two',
    ],
    [
      'a waker leaves the futex word',
      'atom32_store(&plan_workers(rt)[w].parked, 0);',
      '',
      'sched: park and unpark',
    ],
    [
      'a spuriously woken worker leaves its futex word',
      'atom32_store(&plan_workers(rt)[w].parked, 1); return !(atom64_load(&rt->sleep) & SLEEPING(w));',
      'return !(atom64_load(&rt->sleep) & SLEEPING(w));',
      'sched: park and unpark',
    ],
    [
      'a spuriously woken worker does not look at its bit again',
      'while (!is_unparked(rt, w)) futex_wait(&plan_workers(rt)[w].parked, 1);',
      'if (!is_unparked(rt, w)) for (;;) futex_wait(&plan_workers(rt)[w].parked, 1);',
      'sched: park and unpark',
    ],
    [
      'a worker that comes back reads its bit before it sets its futex word',
      'atom32_store(&plan_workers(rt)[w].parked, 1); return !(atom64_load(&rt->sleep) & SLEEPING(w));',
      'uint64_t idle = atom64_load(&rt->sleep); atom32_store(&plan_workers(rt)[w].parked, 1); return !(idle & SLEEPING(w));',
      'sched: a post wakes a worker that has returned',
    ],
    [
      'a worker that leaves is not marked as outside',
      'atom32_or(&rt->outside, (uint32_t)1 << w);',
      '',
      'sched: a worker stays outside',
    ],
    [
      'a worker that leaves does not read its bit again',
      'return !sleep_try_come_back(rt, w);',
      'return true;',
      'sched: a worker stays outside',
    ],
    [
      'a worker reads its bit before it is marked as outside',
      'atom32_or(&rt->outside, (uint32_t)1 << w); return !sleep_try_come_back(rt, w);',
      'bool leaves = !sleep_try_come_back(rt, w); if (leaves) atom32_or(&rt->outside, (uint32_t)1 << w); return leaves;',
      'sched: a worker stays outside',
    ],
    [
      'a worker that comes back stays marked as outside',
      'if (!is_unparked(rt, w)) return false; atom32_and(&rt->outside, ~((uint32_t)1 << w));',
      'if (!is_unparked(rt, w)) return false;',
      'sched: a post wakes a worker that has returned',
    ],
    [
      'the last searcher counts a worker that is outside',
      'searchers_inside(rt, idle & ~SEARCHING(w)) == 0',
      'searchers(idle & ~SEARCHING(w)) == 0',
      'sched: a worker stays outside beside two',
    ],
    [
      'a dead worker stays marked as outside',
      '& ~(SLEEPING(w) | SEARCHING(w)))) {} atom32_and(&rt->outside, ~((uint32_t)1 << w));',
      '& ~(SLEEPING(w) | SEARCHING(w)))) {}',
      'sched: a worker that has returned dies',
    ],
    [
      'a worker announces that it parks by a racy exchange',
      'while (!atom64_cas(&rt->sleep, &idle, (idle & ~SEARCHING(w)) | SLEEPING(w))) {}',
      'while (explore_weaken(ORDER_RELAXED), !atom64_cas(&rt->sleep, &idle, (idle & ~SEARCHING(w)) | SLEEPING(w))) {}',
      'weak: park and unpark',
    ],
    [
      'a producer only acquires the sleep word',
      'uint32_t woken = 0; uint64_t idle = atom64_load(&rt->sleep);',
      'uint32_t woken = 0; explore_weaken(ORDER_ACQUIRE); uint64_t idle = atom64_load(&rt->sleep);',
      'weak: park and unpark',
    ],
    [
      'a stop wakes one worker only',
      'while (sleepers(idle)) {',
      'if (sleepers(idle)) {',
      'sched: idle workers stop',
    ],
    [
      'a dead worker counts as a searcher',
      'idle & ~(SLEEPING(w) | SEARCHING(w))',
      'idle & ~SLEEPING(w)',
      'sched: a worker dies',
    ],
    [
      'a wake-up that a dead worker owed is lost',
      'if (!(atom64_load(&rt->sleep) & SLEEPING(other))) unpark(rt, other);',
      '',
      'sched: a worker dies',
    ],
  ]),
  ...faults(
    'sleep',
    'sched/sleep.c',
    [
      [
        'a producer of urgent work relies on a worker that is outside',
        'return woken || searchers_inside(rt, idle);',
        'return woken || searchers(idle);',
        'priority: beside a worker that stays outside',
      ],
    ],
    3,
  ),
  ...faults('sleep', 'owner/control.c', [
    ['a stop wakes no worker', 'sleep_unpark_all(rt);', '', 'sched: idle workers stop'],
  ]),
  ...faults('sleep', 'owner/submit.c', [
    [
      'a post looks for parked workers before its item is there',
      'deque_try_push(rt, &rt->injector[s->priority], item_of(index, state)); if (s->dependency_count) { control_try_set_priority(rt, handle, s->priority); if (depend_try_unblock(slot, DEPEND_SUBMISSION)) queue_unblocked(rt, 0, slot); return handle; } if (!is_blocked) notify_work(rt, s->priority, parts_of(rt, slot->kind, left));',
      'notify_work(rt, s->priority, parts_of(rt, slot->kind, left)); deque_try_push(rt, &rt->injector[s->priority], item_of(index, state));',
      'sched: a loop is shared',
    ],
  ]),
];
