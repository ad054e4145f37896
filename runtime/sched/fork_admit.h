/* Which fork task a worker begins where free slots are scarce.
 *
 * A fork task that has begun holds slots, and needs further slots to yield, the more the deeper
 * it is. So where slots are scarce a worker goes on with what it was in the middle of, if that
 * is as urgent, and begins nothing while something as urgent could go on. With half as many free
 * slots trees do not overtake one another at all.
 *
 * Worker w's own thread. */
#ifndef FILCH_FORK_ADMIT_H
#define FILCH_FORK_ADMIT_H

#include "core/plan.h"

/* w has taken a fork task, and may exchange it for one that goes on. False: w is in no task, and
 * looks again. */
bool admit_try_task(filch_runtime *rt, filch_worker *w);

#endif
