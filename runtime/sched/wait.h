/* How a worker leaves a task that waits (core/wait.h).
 *
 * Worker w's own thread. */
#ifndef FILCH_SCHED_WAIT_H
#define FILCH_SCHED_WAIT_H

#include "core/plan.h"

/* FILCH_OK, or how a task fails that waits so: BAD_ARGUMENT, or NO_WAIT in a runtime whose owner
 * tells of no events. */
uint32_t wait_refusal(const filch_runtime *rt, const filch_wait_request *request);
/* The event lets the task pass at once, or the time is 0: *end says how the wait has ended. */
bool wait_is_over(const filch_runtime *rt, const filch_wait_request *request, filch_waited *end);

typedef enum wait_leave {
    LEAVE_NOT,     /* w still runs in the task, whose wait has ended */
    LEAVE_BLOCKED, /* the task waits */
    LEAVE_QUEUED,  /* the wait has ended meanwhile: w puts an item into a queue */
} wait_leave;
/* w runs in the task, whose state is saved, and leaves it, to wait as w->wait.request says. */
wait_leave wait_try_leave(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The same for the loop that w->slot is, which has asked for it. False: w goes on with the loop. */
bool wait_has_left_loop(filch_runtime *rt, filch_worker *w);

#endif
