/* Putting tasks that are QUEUED into queues: a worker's deque, or the injector.
 *
 * Invariant: a QUEUED task has an item in some queue, but for a private member (tree.h), whose
 * parent comes to it. A deque has as many places as there are slots. So a full deque has items
 * that are stale, or several of one task, and those can be dropped. */
#ifndef FILCH_QUEUE_H
#define FILCH_QUEUE_H

#include "core/plan.h"

/* w can push one item to its own deque of this priority. False: only corrupt words lead here. */
bool queue_try_make_space(filch_runtime *rt, filch_worker *w, uint32_t priority);
/* w puts a deferred task that it has taken back to its place among the others. */
void queue_put_back(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* A task that was BLOCKED since its submission is QUEUED: the item of the submission counts, if no
 * worker has met it yet; else the task is deferred. w: NULL for the owner. */
void queue_unblocked(filch_runtime *rt, filch_worker *w, filch_slot *slot);

/* Puts a task that is QUEUED into w's own deque. */
void queue_push(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The same, and notifies one more worker. */
void queue_push_and_notify(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* The tree is to end, as w has decided: all of it that is QUEUED or PAUSED into w's deque. NULL:
 * the same of every task that is to end. False: there is nothing. */
bool queue_try_push_tree(filch_runtime *rt, filch_worker *w, filch_slot *root);

/* The owner: the next item in the injector is this task's. */
void queue_set_place(filch_runtime *rt, filch_slot *slot);
/* The owner: an item for a task that is QUEUED, or will be, into the injector. */
void queue_inject(filch_runtime *rt, uint32_t slot);
/* The owner: an item for every QUEUED task. False: the injector is full; call again later. */
bool queue_try_inject_again(filch_runtime *rt);

#endif
