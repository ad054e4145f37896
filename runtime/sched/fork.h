/* Fork functions at run time: what the macros of filch_fork.h ask of the scheduler.
 *
 * A worker that runs a fork function has a stack of records, one for each child spawned and not
 * joined, of all the calls on its stack. No other thread looks at the records.
 *
 *     0            published         promoted           top
 *     ├─ in the deque ─┼─ private tasks ─┼─ records alone ─┤
 *
 * Invariants
 *   - The first `promoted` records are tasks of their own, in slots (tree.h); the oldest are
 *     promoted first.
 *   - The first `published` of them have been in the worker's deque. The others are private: in
 *     no queue, and their parent comes to them at its joins.
 *   - Before a record of a call at depth d is promoted the worker has d slots in reserve. At the
 *     join of that record the stack has d calls above the one that it was entered with, and that
 *     one has its slot. So a suspension never lacks a slot. Where the reserve cannot be filled
 *     nothing is promoted, and the children run in place.
 *
 * A join finds a promoted child done, or still queued and then runs it at once, or running
 * elsewhere. In the last case the frames of all calls on the stack are saved, the innermost
 * first, each in a slot that says which slot it waits for, and the worker goes back to the
 * scheduler. The same happens at the beginning of a call when the worker is to leave: that call
 * is saved at its step 0.
 *
 * Worker w's own thread. Protocol and proof: docs/internals/fork-join.md. */
#ifndef FILCH_FORK_RUN_H
#define FILCH_FORK_RUN_H

#include "core/plan.h"

/* Runs the fork task that w is in until it ends, suspends, or yields. w is in no task
 * afterwards. */
run_outcome fork_run(filch_runtime *rt, filch_worker *w);
/* The call that w ran has trapped. */
void fork_trapped(filch_runtime *rt, filch_worker *w);

#endif
