/* The scheduler: what a worker does next, and how it runs a task.
 *
 * Invariant: a worker is engaged (life.h) in at most one task; while it is, its frame row of that task is its own to fill. It
 * leaves the task only with its frame empty, or with the task QUEUED. It looks up from its work at boundaries alone: between two
 * chunks it reads one word, its attention, with a plain load.
 *
 * Each function runs on the worker's own thread, but for those marked (owner). */
#ifndef FILCH_SCHED_H
#define FILCH_SCHED_H

#include "layout.h"

void sched_adopt(filch_runtime *rt, uint32_t w); /* a thread becomes worker w: the first, or after another's death */
void sched_run(filch_runtime *rt, uint32_t w);   /* works, searches, and sleeps until the stop */
/* Works for about `nanoseconds` without ever waiting. True: there is more to do. */
bool sched_slice(filch_runtime *rt, uint32_t w, uint64_t nanoseconds);
/* The chunk that w was running did not return: its task fails, and w can run again. */
void sched_trapped(filch_runtime *rt, uint32_t w);

/* Decides how a task ends, unless that is decided: FILCH_OK from the last iteration on. Its workers look at their next boundary.
 * Any thread that knows the slot to be in use. True: this call decided. */
bool sched_decide(filch_runtime *rt, filch_slot *slot, uint32_t status);
/* Whoever closed the task: empties its frames and lists it as settled. */
void sched_settle(filch_runtime *rt, filch_slot *slot);
void sched_bury(filch_runtime *rt, uint32_t w);  /* (owner) after w's death; see host.h. */
bool sched_offer_again(filch_runtime *rt);       /* (owner) gives every queued task an item again. False: no room, call later */

#endif
