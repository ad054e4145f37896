/* How the saved frames of a fork task wait without a worker: for a child, for an event (wait.h), or
 * for a worker.
 *
 * Invariant: each frame waits for the one within it, and the innermost one for what the call asked.
 *
 * The frames are saved (fork.h). Worker w's own thread. */
#ifndef FILCH_FORK_SUSPEND_H
#define FILCH_FORK_SUSPEND_H

#include "core/plan.h"

/* Every saved frame waits for the one within it: blocks them, from the innermost one outwards, but
 * for that one. False: the links are corrupt. */
bool suspend_try_block_outer(filch_runtime *rt, const filch_worker *w, uint32_t innermost);
/* The innermost frame waits: for the child `awaited`, index + 1; else for what the worker was asked
 * for; else for a worker. w is in no task afterwards. */
run_outcome suspend_innermost(filch_runtime *rt, filch_worker *w, uint32_t innermost,
                              uint32_t awaited);

#endif
