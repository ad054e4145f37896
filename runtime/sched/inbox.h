/* Inboxes: where the owner puts tasks that have waited, for the worker that ran each last.
 *
 * A worker has one inbox, for tasks of normal priority, a deque that the owner pushes to, as to the
 * injector. The worker takes from it after its own deque and before the injector; other workers
 * steal from it. Tasks of other priorities go into the injector.
 * What the owner puts there in one turn has one notification: inbox_flush().
 *
 * The owner. */
#ifndef FILCH_INBOX_H
#define FILCH_INBOX_H

#include "core/plan.h"

/* A task that is QUEUED goes to the worker of this number. */
void inbox_put(filch_runtime *rt, filch_slot *slot, uint32_t worker);
/* Notifies workers of what was put. */
void inbox_flush(filch_runtime *rt);

#endif
