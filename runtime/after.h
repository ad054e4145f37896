/* Dependencies: a task that comes after others.
 *
 * The task has an edge for each, and in `waits` a bit for each that has not settled. Whoever clears one and sees none left makes
 * the task QUEUED, if it is WAITING already; else the post does, which looks once it is. Each task's `dependents` is a stack of the edges that lead to it, until it settles and
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

void after_begin(filch_runtime *rt, filch_slot *slot, const uint64_t *handles, uint32_t count);
/* These bits of `waits` are over. True: none is left, and the caller must put the task into a queue. */
bool after_over(filch_slot *slot, uint32_t bits);
/* w: NULL for the owner */
void after_settled(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The slot's task is released. True: the slot may be given to the pool. */
bool after_released(filch_slot *slot);

#endif
