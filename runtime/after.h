/* Dependencies: a task that comes after others.
 *
 * The task has an edge for each, and counts in `waits` those that have not settled, and one for the post itself: whoever makes
 * that 0 makes the task QUEUED. Each task's `dependents` is a stack of the edges that lead to it, until it settles and
 * takes it away, AFTER_SETTLED, by one exchange: an edge that comes later finds that. Where the task it leads to was not done, the
 * waiting one is decided as DEPENDENCY_FAILED first.
 *
 * Edges stand in the waiting task's own cells, AFTER_MAX per slot. So its slot is given back only when no list holds
 * one of them: `edges` counts them, and AFTER_RELEASED in it says that only they keep the slot.
 *
 * The owner's, but for after_settled(): whoever settles a task. */
#ifndef FILCH_AFTER_H
#define FILCH_AFTER_H

#include "layout.h"

#define AFTER_SETTLED 0xffffffffu
#define AFTER_RELEASED 0x80000000u

void after_begin(filch_runtime *rt, filch_slot *slot, const uint64_t *handles, uint32_t count);
/* All edges are there, and the slot is WAITING. True: there was nothing to wait for, and the caller must queue the task. */
bool after_ready(filch_slot *slot);
/* w: NULL for the owner */
void after_settled(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The slot's task is released. True: the slot may be given to the pool. */
bool after_released(filch_slot *slot);

#endif
