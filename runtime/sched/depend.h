/* Dependencies: a task that may begin only when others have completed.
 *
 * A task has an edge for each of its dependencies, and in deps.pending a bit for each that has
 * not completed. deps.dependents of a task is a stack of the edges that lead to it.
 *   - A task that completes takes its stack away, by one exchange for DEPEND_COMPLETED, and
 *     clears the bit of each edge. An edge that comes later finds DEPEND_COMPLETED.
 *   - The submission has a bit, too, and clears that when the task is BLOCKED and has its place in
 *     the injector. The thread that clears the last bit makes the dependent QUEUED.
 *   - Where the dependency did not end with OK, the dependent is decided as DEPENDENCY_FAILED
 *     first.
 *   - Each step may be done twice. So after the loss of a worker in the middle the owner does
 *     all of them again.
 *
 * The edges stand in the dependent's own cells, DEPENDENCIES_MAX per slot. So a slot is given
 * back only when no list holds one of its edges: deps.linked has a bit for each edge in a list,
 * and DEPEND_RELEASED says that only they keep the slot.
 *
 * The owner, but depend_complete(): the thread that completes the task. */
#ifndef FILCH_DEPEND_H
#define FILCH_DEPEND_H

#include "core/plan.h"

#define DEPEND_COMPLETED 0xffffffffu
#define DEPEND_RELEASED 0x80000000u
/* in deps.pending: the task's item is not in the injector yet */
#define DEPEND_SUBMISSION 0x10000u

/* The task that is about to be submitted depends on these. */
void depend_begin(filch_runtime *rt, filch_slot *slot, const uint64_t *handles, uint32_t count);
/* These dependencies have completed, a bit each. True: none is left, and the caller must queue
 * the task. */
bool depend_try_unblock(filch_slot *slot, uint32_t bits);
/* The task has completed. w: NULL for the owner. */
void depend_complete(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The task is released. True: the caller may give the slot back. */
bool depend_try_release(filch_slot *slot);

#endif
