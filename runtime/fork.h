/* Fork functions at run time: what filch_fork.h's macros ask of the scheduler.
 *
 * A worker that runs a fork function has a stack of records, one for each child spawned and not joined, of all the calls on its
 * stack. No other thread looks at them. The first `split` are promoted: tasks of their own, in slots (tree.h). The oldest are
 * promoted first, when somebody is idle or the stack is saved, so the promoted ones are always below the others. The first `shown`
 * of them have been put into the worker's deque, for others; the rest stands in no queue, and their parent comes to them at its joins.
 *
 * A join whose child is promoted finds it done, or still queued, and then runs it at once; or elsewhere. Then the frames of all
 * calls on the stack are saved, the innermost first, each in a slot that says which one it waits for; the worker goes back to the
 * scheduler. The same happens at the beginning of a call where the worker is wanted: that call is then saved at its step 0.
 *
 * Slots for the frames: before a record of a call at depth d is promoted the worker has d slots in reserve, for at its join
 * the stack has d calls above the one that it was entered with, whose slot is there. So a suspension never lacks a slot; where the
 * pool cannot fill the reserve nothing is promoted, and the children run in place.
 *
 * Worker w's own thread. */
#ifndef FILCH_FORK_RUN_H
#define FILCH_FORK_RUN_H

#include "layout.h"

/* w has taken a fork task. What has begun holds slots, and needs some to make room for others, the more the further it gets. So where
 * they are scarce w goes on with what it was in the middle of, if that is as urgent; or begins nothing while something as urgent could
 * go on: w is engaged in that instead. With half of that, trees do not overtake one another at all. False: in nothing; it looks again. */
bool fork_choose(filch_runtime *rt, filch_worker *w);
/* Runs the fork task that w is engaged in until it ends or suspends; w is not engaged any more. True: it made room for others. */
bool fork_run(filch_runtime *rt, filch_worker *w);
/* What w was running did not come back. */
void fork_trapped(filch_runtime *rt, filch_worker *w);
/* A searching worker finds nothing: workers that have private work publish some at their next call. */
void fork_ask(filch_runtime *rt, const filch_worker *w);

#endif
