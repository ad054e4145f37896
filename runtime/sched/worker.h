/* The worker's loop: search, run, park.
 *
 * A worker looks up from its task at safepoints alone. Each function runs on the worker's own
 * thread, but for worker_recall(). */
#ifndef FILCH_WORKER_H
#define FILCH_WORKER_H

#include "core/types.h"

/* a thread becomes worker w: the first, or after a loss */
void worker_adopt(filch_runtime *rt, uint32_t w);
/* Works, searches, and parks until the runtime stops or the owner recalls w: true. Until w
 * departs by itself, to come back soon: false. */
bool worker_run(filch_runtime *rt, uint32_t w);
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
