/* The scheduler: what a worker does next, and how it runs a task.
 *
 * Invariant: a worker is engaged (life.h) in at most one task; while it is, its frame row of that task is its own to fill. It
 * leaves the task only with its frame empty, or with the task QUEUED. It looks up from its work at boundaries alone: between two
 * chunks it reads one word, its attention, with a plain load.
 *
 * Each function runs on the worker's own thread, but for those marked (owner). */
#ifndef FILCH_SCHED_H
#define FILCH_SCHED_H

#include "layout.h"

void sched_adopt(filch_runtime *rt, uint32_t w); /* a thread becomes worker w: the first, or after another's death */
/* Works, searches, and sleeps until the stop, or until it is recalled; false: or until it leaves by itself, to come back soon. */
bool sched_run(filch_runtime *rt, uint32_t w);
/* Works for about `nanoseconds` without ever waiting. True: there is more to do. */
bool sched_slice(filch_runtime *rt, uint32_t w, uint64_t nanoseconds);
/* For a thread that is worker w for this one task: runs a part of it, if there is one to be had, and returns. It searches for nothing
 * else and never sleeps. What it puts back others take. */
void sched_take_part(filch_runtime *rt, uint32_t w, uint64_t handle);
/* The chunk that w was running did not return: its task fails, and w can run again. */
void sched_trapped(filch_runtime *rt, uint32_t w);

/* Decides how a task ends, unless that is decided: FILCH_OK from the last iteration on. Its workers look at their next boundary.
 * Any thread that knows the slot to be in use. True: this call decided. */
bool sched_decide(filch_runtime *rt, filch_slot *slot, uint32_t status);
/* The closer, w: what is left to do for a task that has ended. */
void sched_settle(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* A posted task is closed and its tree empty: combines, releases those that come after it, tells the owner. w: NULL for the owner. */
void sched_list(filch_runtime *rt, filch_worker *w, filch_slot *slot);
/* Work at this level was published, for `parts` more workers: wakes them; where nobody is idle, the worker with the least urgent
 * work is asked to leave it, at its next boundary. Any thread. */
void sched_publish(filch_runtime *rt, uint32_t level, uint32_t parts);
void sched_poke(filch_runtime *rt, uint32_t w); /* w looks up at its next boundary. Any thread */
/* w looks up, and makes the level of its task known: true, it should leave that for what is more urgent, or, `as_urgent`, as urgent. */
bool sched_attend(filch_runtime *rt, filch_worker *w, bool as_urgent);
/* Until when a task may run that w has taken ahead of more urgent ones: one pick in FAIRNESS is its, and so is one part of the time. */
uint64_t sched_fair_end(filch_worker *w, uint64_t now);
/* Worker w runs a part of the task. Who did before, a bit each. */
uint32_t sched_help(filch_slot *slot, filch_worker *w);
/* A loop as a member of the tree that w works on, queued. `join` as in tree.h. NULL: no slot, or no such kernel. */
filch_slot *sched_spawn_loop(filch_runtime *rt, filch_worker *w, const filch_kernel *kernel, uint64_t begin, uint64_t end,
                             const void *args, uint32_t join);
/* The same at once, in place. A code of the kernel's, else 0. */
int32_t sched_run_inline(filch_runtime *rt, filch_worker *w, const filch_kernel *kernel, uint64_t begin, uint64_t end,
                         const void *args);
uint64_t sched_whole(double number); /* of a piece; 0 where it is not in range */
/* Where a loop begins that has `total` iterations from `begin` on, or those of `count` pieces; its frames are empty. */
void sched_lay_out(filch_runtime *rt, filch_slot *slot, uint64_t begin, uint64_t total, const double *pieces, uint32_t count);
/* (owner) w comes back from sched_run(), at its next boundary, engaged in nothing; it may run again, or be buried. */
void sched_recall(filch_runtime *rt, uint32_t w);
/* (worker, in a chunk) w leaves sched_run() at its next boundary. */
void sched_leave(filch_runtime *rt, uint32_t w);
void sched_bury(filch_runtime *rt, uint32_t w);  /* (owner) after w's death; see host.h. */
bool sched_offer_again(filch_runtime *rt);       /* (owner) gives every queued task an item again. False: no room, call later */

#endif
