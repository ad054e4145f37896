/* Dependencies: a task that comes after others.
 *
 * The task has an edge for each, and in `waits` a bit for each that has not settled, and AFTER_POST for the post itself: whoever
 * clears the last makes the task QUEUED. Each task's `dependents` is a stack of the edges that lead to it, until it settles and
 * takes it away, AFTER_SETTLED, by one exchange: an edge that comes later finds that. Where the task it leads to was not done, the
 * waiting one is decided as DEPENDENCY_FAILED first. Each step may be done twice: so where a worker died in the middle
 * the owner does all of them again.
 *
 * Edges stand in the waiting task's own cells, AFTER_MAX per slot. So its slot is given back only when no list holds
 * one of them: `edges` has a bit for each that is in one, and AFTER_RELEASED says that only they keep the slot.
 *
 * The owner's, but for after_settled(): whoever settles a task. */
#ifndef FILCH_AFTER_H
#define FILCH_AFTER_H

#include "layout.h"

#define AFTER_SETTLED 0xffffffffu
#define AFTER_RELEASED 0x80000000u
#define AFTER_POST ((uint32_t)1 << AFTER_MAX)

void after_begin(filch_runtime *rt, filch_slot *slot, const uint64_t *handles, uint32_t count);
/* This bit of `waits` is over. True: it was the last, and the caller must queue the task. */
bool after_over(filch_slot *slot, uint32_t bit);
/* w: NULL for the owner */
void after_settled(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The slot's task is released. True: the slot may be given to the pool. */
bool after_released(filch_slot *slot);

#endif
