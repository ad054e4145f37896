/* Publishing: how a worker gives thieves a part of a fork task.
 *
 * Invariant: see fork.h. Work stays private until a thief asks for it: a spawn writes a record
 * alone. A steal request lowers the victim's limit of records, and the victim's next call polls. */
#ifndef FILCH_FORK_PUBLISH_H
#define FILCH_FORK_PUBLISH_H

#include "core/plan.h"

/* Any thread. With `ask` w's next call polls; without, a call polls at the end of the records. */
void publish_set_limit(const filch_runtime *rt, filch_worker *w, bool ask);
/* A steal request: w searches and finds nothing, so workers that have private work publish some
 * at their next call. The thief's own thread. */
void publish_request_steal(filch_runtime *rt, const filch_worker *w);

/* The victim's own thread. */
/* Makes the oldest record that is no task a private task. False: there is no slot. */
bool publish_try_promote(filch_runtime *rt, filch_worker *w);
/* Before w suspends: thieves, and w itself, may take the private tasks meanwhile, also those of
 * the frames that wait for w's task. */
void publish_all(filch_runtime *rt, filch_worker *w);
/* Publishes work for each idle worker: private children of the frames that wait for w's task, then
 * the oldest of `records`. What is in the deque
 * already counts for as many: a worker that is awake finds it, and unparks another for the rest. */
void publish_for_idle(filch_runtime *rt, filch_worker *w, uint32_t records);

#endif
