/* The worker's loop: search, run, park.
 *
 * A worker looks up from its task at safepoints alone. Each function runs on the worker's own
 * thread, but for worker_recall(). */
#ifndef FILCH_WORKER_H
#define FILCH_WORKER_H

#include "core/plan.h"

/* a thread becomes worker w: the first, or after a loss */
void worker_adopt(filch_runtime *rt, uint32_t w);
/* Why worker_run() has returned. The numbers are those of the host ABI. */
typedef enum worker_return {
    WORKER_LEFT, /* by worker_leave(): w comes back soon */
    WORKER_HOME, /* the runtime has stopped, or the owner has recalled w */
    WORKER_IDLE, /* in place of a park, see worker_return_idle() */
} worker_return;

/* Works, searches, and parks until one of these. */
worker_return worker_run(filch_runtime *rt, uint32_t w);
/* From now on, where w would park, worker_run() returns WORKER_IDLE. w still counts as parked. Its
 * thread waits while the word `parked` of w is 1, in its own way: it may turn an event loop
 * meanwhile. Then, or at any time before, it calls worker_run() again. That returns WORKER_IDLE at
 * once if no thread has unparked w. */
void worker_return_idle(filch_runtime *rt, uint32_t w, bool on);
/* Works for about `nanoseconds` and never waits. True: there is more to do. */
bool worker_slice_has_more(filch_runtime *rt, uint32_t w, uint64_t nanoseconds);
/* A helping caller, a thread that is worker w for this one task, runs a part of it if there is
 * one, and returns. It takes no other task and never parks. */
void worker_help_with(filch_runtime *rt, uint32_t w, uint64_t handle);
/* The chunk that w ran has trapped, or the combination of a reduction: the task fails, and w can
 * run again. overflow: the trap was that of a stack check. */
void worker_trapped(filch_runtime *rt, uint32_t w, bool overflow);
/* In a chunk: w leaves worker_run() at its next safepoint. */
void worker_leave(filch_runtime *rt, uint32_t w);
/* The owner: w leaves worker_run() at its next safepoint, in no task. It may run again, or be
 * lost. */
void worker_recall(filch_runtime *rt, uint32_t w);

#endif
