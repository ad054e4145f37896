/* What the owner does: post, cancel, release, stop. Called on the owner's thread alone; nothing here waits.
 *
 * Invariant: a slot is the owner's from pool_take() to the post, and from the reap to the release. */
#ifndef FILCH_POST_H
#define FILCH_POST_H

#include "layout.h"

typedef struct filch_posting {
    uint32_t kernel;
    uint64_t begin, end; /* begin <= end <= RANGE_MAX */
    uint32_t priority;   /* below LEVELS */
    uint32_t grain;      /* iterations per chunk, 0 = tunes itself */
    const void *args;    /* of the kernel's args_bytes; copied */
    void *totals;        /* of a reduction: reduce_parts() accumulators, 8-aligned */
    bool deterministic;
    const double *pieces; /* what is left of a restored task, pairs {begin, end} inside the range; NULL: all of it */
    uint32_t piece_count;
    const uint64_t *after; /* handles of tasks that it comes after, at most AFTER_MAX; those that are stale count as done */
    uint32_t after_count;
} filch_posting;

/* A handle, or 0 with *why: POOL_FULL, UNKNOWN_KERNEL, BAD_RANGE, BAD_ARGUMENT (priority), STOPPED, CORRUPT. */
uint64_t post_loop(filch_runtime *rt, const filch_posting *posting, filch_status *why);
/* The slot that the handle names, if it is in use; else NULL. */
filch_slot *post_find(filch_runtime *rt, uint64_t handle);
bool post_cancel(filch_runtime *rt, uint64_t handle);          /* false: a stale handle; so with the next four */
bool post_pause(filch_runtime *rt, uint64_t handle);
bool post_resume(filch_runtime *rt, uint64_t handle);
bool post_set_level(filch_runtime *rt, uint64_t handle, uint32_t level); /* below LEVELS; what it comes after follows */
enum { POST_RUNS, POST_PAUSING, POST_PAUSED };
int post_paused(filch_runtime *rt, uint64_t handle);           /* POST_PAUSED: nobody works on it */
/* What is left of a loop that is POST_PAUSED: pairs {begin, end}, ascending, at most `most`. How many; 0: not such a loop. */
uint32_t post_pieces(filch_runtime *rt, uint64_t handle, double *pieces, uint32_t most);
bool post_arm(filch_runtime *rt);                              /* done_arm(), and there is no lost tree to sweep */
uint64_t post_reap(filch_runtime *rt);                         /* handle of the task that settled first, 0 = none */
filch_status post_release(filch_runtime *rt, uint64_t handle); /* OK, STALE_HANDLE, BAD_ARGUMENT (not reaped yet) */
void post_offer(filch_runtime *rt, uint32_t slot);             /* a task that is QUEUED: puts an item for it into the injector */
void post_stop(filch_runtime *rt);                             /* refuses posts, cancels all, lets the workers go home */

#endif
