/* What the owner may change of a submitted task: cancel, pause, priority; and the stop of
 * everything.
 *
 * The owner. Nothing here waits. Each call takes effect within one chunk of each worker in the
 * task. */
#ifndef FILCH_CONTROL_H
#define FILCH_CONTROL_H

#include "core/plan.h"

/* Each is false for a stale handle. */
bool control_try_cancel(filch_runtime *rt, uint64_t handle);
bool control_try_pause(filch_runtime *rt, uint64_t handle);
bool control_try_resume(filch_runtime *rt, uint64_t handle);
/* priority: below PRIORITIES. The task's own; the task and its dependencies, through any chain,
 * remain at least as urgent as the tasks that wait for them. */
bool control_try_set_priority(filch_runtime *rt, uint64_t handle, uint32_t priority);

typedef enum filch_pause_state {
    PAUSE_NONE,    /* the task is not to pause */
    PAUSE_PENDING, /* some worker is still in a chunk of it */
    PAUSE_DONE,    /* no worker runs in it */
} filch_pause_state;
filch_pause_state control_pause_state(filch_runtime *rt, uint64_t handle);
/* What is left of a loop in PAUSE_DONE: pairs {begin, end}, ascending, at most `most`. How many
 * there are; 0: it is no such loop. */
uint32_t control_pieces(filch_runtime *rt, uint64_t handle, double *pieces, uint32_t most);

/* Refuses submissions, cancels all tasks, and lets the workers return. */
void control_stop(filch_runtime *rt);

#endif
