/* The end of a task: from the worker that closed it to the completion, or to its joiner.
 *
 * Invariant: a task completes once. Its closer, or for a tree the thread that took the last of
 * root and members away, completes it; a member's end goes to its joiner.
 *
 * w: the calling worker; NULL for the owner. */
#ifndef FILCH_SETTLE_H
#define FILCH_SETTLE_H

#include "core/plan.h"

/* A submitted task is closed and its tree empty: combines a reduction, queues the dependents,
 * adds the task to the completions. */
void settle_complete(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The combination of the reduction w->slot has trapped: the same, with this status. */
void settle_trapped(filch_runtime *rt, filch_worker *w, uint32_t status);
/* The caller has closed the task. */
void settle_closed(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* Where the end of a loop is decided and no worker runs in it: closes and completes the loop, which
 * may be queued or paused. To be called after what may have left the loop to no worker: either
 * this call sees the end, or the thread that decides the end sees the worker. The owner: for
 * submitted tasks without members. */
bool settle_try_idle(filch_runtime *rt, filch_worker *w, uint64_t handle);
/* The chunk that w runs has failed: the whole task ends with this status. */
void settle_fail(filch_runtime *rt, filch_worker *w, uint32_t status);
/* A member that w has closed is at its end. */
void settle_member(filch_runtime *rt, filch_worker *w, filch_slot *member, uint64_t result);
/* The member's slot is free again. */
void settle_release(filch_runtime *rt, filch_worker *w, filch_slot *member);
/* No frame will join this member (index + 1) any more. */
void settle_detach(filch_runtime *rt, filch_worker *w, uint32_t link);

#endif
