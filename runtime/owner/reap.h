/* The owner's way to completed tasks: arm the doorbell, reap, release. Nothing here waits. */
#ifndef FILCH_REAP_H
#define FILCH_REAP_H

#include "core/plan.h"

/* completions_try_arm(). False also where this call has completed a lost tree, or where the owner
 * is to ask for the alarm. */
bool reap_try_arm(filch_runtime *rt);
/* handle of the task that completed first; 0: none */
uint64_t reap_next(filch_runtime *rt);
/* OK, STALE_HANDLE, BAD_ARGUMENT (not reaped yet) */
filch_status reap_release(filch_runtime *rt, uint64_t handle);

#endif
