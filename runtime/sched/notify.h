/* Notifications between workers: there is work, and please look up.
 *
 * A worker looks at its preempt_request between two chunks, with one plain load, and in a fork
 * function it compares with the limit of its records. request_preempt() sets both. */
#ifndef FILCH_NOTIFY_H
#define FILCH_NOTIFY_H

#include "core/plan.h"

/* w looks up at its next safepoint. Any thread. */
void request_preempt(filch_runtime *rt, uint32_t w);
/* Decides how a task ends, unless that is decided, and makes its workers look up. FILCH_OK: from
 * the last iteration on. True: this call decided. Any thread that knows the slot to be in use. */
bool notify_try_decide(filch_runtime *rt, filch_slot *slot, uint32_t status);
/* Work of this priority is published, for `parts` more workers: unparks them. Where none is
 * idle, the worker with the least urgent task is asked to leave that at its next safepoint. Any
 * thread. */
void notify_work(filch_runtime *rt, uint32_t priority, uint32_t parts);
/* Worker w takes none of the tasks that are queued at priority `first` or a less urgent one, though
 * their producers may have relied on w, or asked w: notifies another worker, where some worker is
 * at less urgent work. w has made its priority known before. w's own thread. */
void notify_queued(filch_runtime *rt, const filch_worker *w, uint32_t first);
/* Worker w has not taken what it pushed to its deque: notifies others of it, if it has not done
 * so yet. */
void flush_wake(filch_runtime *rt, filch_worker *w);

#endif
