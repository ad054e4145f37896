/* Pre-emption: when a worker leaves its task at a safepoint, and how.
 *
 * A worker leaves its task for more urgent work, for a pause, for a recall, and at the end of
 * its time slice where other tasks wait. Bound: it begins at most one more chunk after the
 * request.
 *
 * Worker w's own thread. */
#ifndef FILCH_PREEMPT_H
#define FILCH_PREEMPT_H

#include "core/plan.h"

/* A task yields to others that wait after this long. */
#ifndef SLICE_NS /* the hostile configuration shortens it */
#define SLICE_NS 10000000u
#endif

/* The task is to pause, and is not to end. */
bool preempt_is_paused(const filch_runtime *rt, const filch_slot *slot);
/* w makes the priority of its task known, then looks. True: it should leave the task for
 * something more urgent, with `as_urgent` for an equal in the injector, for a pause, or for a
 * recall. */
bool check_preempt(filch_runtime *rt, filch_worker *w, bool as_urgent);
/* The same for a task that w begins. In any case w leaves to others what else is queued, though
 * their producers may have asked w: notifies another worker of it. */
bool preempt_begin_is_leaving(filch_runtime *rt, filch_worker *w, bool as_urgent);
/* The end of the time slice that began at `now`, for a task picked out of turn. */
uint64_t preempt_fair_end(filch_worker *w, uint64_t now);
/* The time slice is over and other tasks wait. *slice_end: 0 before the first call for a task. */
bool preempt_is_slice_over(filch_runtime *rt, filch_worker *w, uint64_t now, uint64_t *slice_end);
/* w leaves the task, which keeps what is left in its ranges, out of every queue. */
void preempt_pause(filch_runtime *rt, filch_worker *w);
/* w leaves the task, which is queued again or paused. False: there is no space for its item. */
bool preempt_try_yield(filch_runtime *rt, filch_worker *w);

#endif
