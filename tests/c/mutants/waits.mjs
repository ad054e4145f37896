// Seeded faults of tasks that wait. See faults.mjs.
import { faults } from './faults.mjs';

const words = [
  ...faults('wait', 'core/wait.c', [
    [
      'a wait is armed by a store',
      'return try_word(rt, slot, word, (word & ~PHASE_MASK) | WAIT_ARMED);',
      'return atom64_store(&plan_waiters(rt)[slot].word, (word & ~PHASE_MASK) | WAIT_ARMED), true;',
      'wait: a permit before the wait, or after',
      '--variant',
      '0',
      '--preemptions',
      '0',
      '--random',
      '200000',
    ],
    [
      'a task that is not blocked yet counts as waiting',
      'bool is_armed = wait_phase_of(*word) == WAIT_ARMED;',
      'bool is_armed = true;',
      'wait: a worker dies',
      '--preemptions',
      '1',
    ],
    [
      'a wait is withdrawn by a store',
      'return try_word(rt, slot, word, word & ~PHASE_MASK);',
      'return atom64_store(&plan_waiters(rt)[slot].word, word & ~PHASE_MASK), true;',
      'wait: a permit before the wait, or after',
      '--variant',
      '0',
      '--preemptions',
      '0',
      '--random',
      '200000',
    ],
    [
      'a task takes no permit',
      'while (!atom64_cas(at, &event, event - 1));',
      'while (!atom64_cas(at, &event, event));',
      'wait: two tasks',
    ],
    [
      'the number of a closed event names the next one',
      'bool is_it = (event & EVENT_IN_USE) && event_generation(event) == number >> 16; if (!is_it) return true;',
      'bool is_it = event & EVENT_IN_USE; if (!is_it) return true;',
      'wait: an event is closed',
    ],
    [
      'a wait that has ended is left in its word',
      'atom64_store(&plan_waiters(rt)[slot].word, word & ~PHASE_MASK); return wait_is_on',
      'return wait_is_on',
      'wait: a permit before the wait, or after',
    ],
    [
      'a waiting task of a tree that ends stays blocked',
      'return state_try_unwait(slot, generation, STATE_QUEUED); } return false;',
      'return (void)generation, false; } return false;',
      'wait: a tree is cancelled',
    ],
  ]),
  ...faults('wait', 'sched/settle.c', [
    [
      'the wait of a task that has ended stays',
      'wait_take(rt, slot_index(rt, slot));',
      '',
      'wait: cancelled',
    ],
  ]),
];

const worker = [
  ...faults('wait', 'sched/wait.c', [
    [
      'a worker does not look at the event once it is registered',
      'if (!is_ending && !event_is_open(rt, event)) break;',
      'if (!is_ending) break;',
      'wait: a permit before the wait, or after',
    ],
    [
      'a worker does not look whether the tree is to end',
      'bool is_ending = tree_has_ended(rt, slot);',
      'bool is_ending = false;',
      'wait: cancelled',
      '--preemptions',
      '1',
    ],
    [
      'a worker leaves a loop whose wait has ended blocked',
      'return state_try_unwait(slot, generation, STATE_QUEUED) ? LEAVE_QUEUED : LEAVE_BLOCKED;',
      'return (void)generation, LEAVE_BLOCKED;',
      'wait: a permit before the wait, or after',
      '--variant',
      '0',
      '--preemptions',
      '0',
      '--random',
      '200000',
    ],
    [
      'a loop whose wait has ended is in no queue',
      'queue_push(rt, w, slot);',
      '',
      'wait: a permit before the wait, or after',
      '--variant',
      '0',
      '--preemptions',
      '0',
      '--random',
      '200000',
    ],
    [
      'how a wait has ended that was over at once is not kept',
      'wait_keep(rt, slot_index(rt, slot), end);',
      'w->view.resumed = end;',
      'wait: a loop yields',
    ],
    [
      'the owner is not told of an alarm',
      'wait_try_lower_alarm(rt, deadline)) completions_try_notify(rt);',
      'wait_try_lower_alarm(rt, deadline)) (void)0;',
      'wait: the time is over',
    ],
  ]),
  ...faults('wait', 'sched/fork_suspend.c', [
    [
      'a frame whose wait has ended is in no queue',
      'w->fork.last_left = slot_index(rt, frame); queue_push(rt, w, frame);',
      'w->fork.last_left = slot_index(rt, frame);',
      'wait: a permit before the wait, or after',
    ],
  ]),
  ...faults('wait', 'sched/loop_task.c', [
    [
      'iterations before a wait are forgotten',
      'put_back(rt, slot, r, length);',
      '',
      'wait: a permit before the wait, or after',
    ],
    [
      'a loop that is to end goes on after its wait',
      'going = !tree_has_ended(rt, slot); }',
      '}',
      'wait: the runtime stops',
    ],
  ]),
  ...faults('wait', 'sched/queue.c', [
    [
      'a tree that fails leaves what waits',
      'wait_try_release(rt, slot);',
      '',
      'wait: a tree fails',
    ],
  ]),
  ...faults('wait', 'sched/steal.c', [
    [
      'a parking worker does not look into the inboxes',
      'if (has_inbox(rt, v, priority) && !deque_is_empty(&victim->inbox)) return true;',
      '',
      'wait: a permit before the wait, or after',
    ],
    [
      'no worker steals from an inbox',
      '|| try_inbox(rt, w, victim, priority, contended);',
      ';',
      'wait: on a busy worker',
    ],
  ]),
];

const owner = [
  ...faults('wait', 'sched/inbox.c', [
    [
      'an inbox is not marked',
      'atom32_or(&rt->inboxes, bit);',
      '(void)0;',
      'wait: a permit before the wait, or after',
    ],
    [
      'no free worker hears of a task in the inbox of a busy one',
      'notify_work(rt, INBOX_PRIORITY, ready);',
      '',
      'wait: on a busy worker',
    ],
  ]),
  ...faults('wait', 'construct/event.c', [
    [
      'a task that is paused goes on with a permit',
      'state_try_unwait(slot, generation, is_paused ? STATE_PAUSED : STATE_QUEUED)) return;',
      'state_try_unwait(slot, generation, STATE_QUEUED)) return;',
      'wait: paused',
    ],
    [
      'a paused part of a tree that has failed stays paused',
      'if (is_paused && (!tree_has_ended(rt, slot) || !state_try_unpause(slot))) return;',
      'if (is_paused) return;',
      'wait: a tree fails',
      '--variant',
      '2',
      '--preemptions',
      '0',
      '--random',
      '100000',
    ],
    [
      'a permit that no task takes is lost',
      'if (how == FILCH_WAITED_EVENT) give_back(rt, number);',
      '',
      'wait: two tasks',
      '--preemptions',
      '1',
    ],
    [
      'a look that has missed a task is the last one',
      'end = ROUND_MISSED;',
      '',
      'wait: a permit before the wait, or after',
      '--variant',
      '0',
      '--preemptions',
      '0',
      '--random',
      '200000',
    ],
    [
      'an event that is closed leaves its tasks',
      '<< 48); pass_all(rt, number);',
      '<< 48);',
      'wait: an event is closed',
    ],
  ]),
  ...faults('wait', 'construct/alarm.c', [
    [
      'the alarm is not taken back before the look',
      'atom64_store(&rt->alarm, NO_ALARM); for',
      'for',
      'wait: the time is over',
    ],
    [
      'the next alarm is forgotten',
      'wait_try_lower_alarm(rt, next);',
      '',
      'wait: the time is over',
    ],
  ]),
  ...faults('wait', 'owner/reap.c', [
    [
      'the owner sleeps on an alarm that it does not know',
      '&& !alarm_is_new(rt)) return true;',
      ') return true;',
      'wait: the time is over',
    ],
  ]),
  ...faults('wait', 'owner/control.c', [
    [
      'a cancel leaves a task that waits',
      'return plan_event_count(rt) && tree_has_ended(rt, slot) && wait_try_release(rt, slot);',
      'return false;',
      'wait: a tree is cancelled',
    ],
  ]),
  ...faults('wait', 'owner/recover.c', [
    [
      'a loop that a dead worker had not armed waits for ever',
      'if (wait_phase_of(word) == WAIT_REGISTERED && wait_try_arm(rt, i, word)) continue;',
      '',
      'wait: a worker dies',
      '--variant',
      '6',
      '--preemptions',
      '0',
      '--random',
      '100000',
    ],
    [
      'a loop that a dead worker was to queue stays blocked',
      'state_try_unwait(slot, state_generation(state), STATE_QUEUED);',
      '{}',
      'wait: a worker dies',
      '--preemptions',
      '1',
    ],
    [
      'the waits of a lost tree stay',
      'wait_take(rt, i); if (i == root) continue;',
      'if (i == root) continue;',
      'wait: a worker dies',
    ],
  ]),
];

export const waits = [...words, ...worker, ...owner];
