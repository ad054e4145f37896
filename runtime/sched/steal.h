/* Where a worker looks for work, and what it takes.
 *
 * Order: priority by priority, the most urgent first. At each: the worker's own deque and inbox,
 * the owner's injector, the deques and inboxes of victims, then the loops that victims run. The
 * first victim is the one that paid last; the others follow from a random one on.
 *   - From its own deque a worker takes the newest task; after a yield the oldest, after the
 *     injector and all inboxes: a task that has waited gets its turn, however long others run.
 *   - Every 61st pick begins with the least urgent priority and takes the oldest task, so that
 *     no task starves. A task picked so, ahead of more urgent ones, has a 61st of the time. Each
 *     further time slice of a loop counts as a pick.
 *
 *   - Submitted tasks begin in their order. A deferred one stands in a worker's deque, and no
 *     worker has begun it: it depended on others when its turn came, or slots were scarce. So it is
 *     older than what the injector has. Workers take deferred tasks first, the oldest one of all.
 *
 * Worker w's own thread, but for steal_has_queued() and steal_is_deferred(). */
#ifndef FILCH_STEAL_H
#define FILCH_STEAL_H

#include "core/plan.h"

#ifndef FAIRNESS /* the explorer counts chunks before urgent work, and switches this off */
#define FAIRNESS 61
#endif

/* True: w runs in the task w->slot. */
bool steal_try_task(filch_runtime *rt, filch_worker *w, bool oldest);
/* the same, for this task alone */
bool steal_try_this(filch_runtime *rt, filch_worker *w, uint64_t handle);
/* the same, for the oldest deferred task of this priority */
bool steal_try_deferred(filch_runtime *rt, filch_worker *w, uint32_t priority);
/* Fills w's empty range with unclaimed iterations of its task: a part of what a victim has,
 * `chunk` or more, or all of what no running worker has. How many. 0: each range of the task was
 * empty at some moment of the call. */
uint32_t steal_iterations(filch_runtime *rt, filch_worker *w, uint32_t chunk);

/* The item is of a deferred task, or was; a hint. Any thread. */
bool steal_is_deferred(const filch_runtime *rt, uint32_t item);
/* Some queue of this priority has an item. Any thread. */
bool steal_has_queued(const filch_runtime *rt, uint32_t priority);
/* steal_try_task() might find something. */
bool steal_is_possible(filch_runtime *rt, const filch_worker *w);
/* A task at least as urgent as w's own waits in the injector, in w's deque, or in an inbox. */
bool steal_has_waiting(filch_runtime *rt, const filch_worker *w);
/* A time slice of w's task is over, and counts as a pick. True: w's next pick begins with the least
 * urgent priority, and something less urgent than w's task waits. */
bool steal_is_fair_due(filch_runtime *rt, filch_worker *w);
/* There is something more urgent than `priority`; with `as_urgent` also an equal in the
 * injector, or in an inbox. */
bool steal_has_urgent(const filch_runtime *rt, const filch_worker *w, uint32_t priority,
                      bool as_urgent);

#endif
