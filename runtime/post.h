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
} filch_posting;

/* A handle, or 0 with *why: POOL_FULL, UNKNOWN_KERNEL, BAD_RANGE, BAD_ARGUMENT (priority), STOPPED, CORRUPT. */
uint64_t post_loop(filch_runtime *rt, const filch_posting *posting, filch_status *why);
/* The slot that the handle names, if it is in use; else NULL. */
filch_slot *post_find(filch_runtime *rt, uint64_t handle);
bool post_cancel(filch_runtime *rt, uint64_t handle);          /* false: a stale handle */
uint64_t post_reap(filch_runtime *rt);                         /* handle of the task that settled first, 0 = none */
filch_status post_release(filch_runtime *rt, uint64_t handle); /* OK, STALE_HANDLE, BAD_ARGUMENT (not reaped yet) */
void post_stop(filch_runtime *rt);                             /* refuses posts, cancels all, lets the workers go home */

#endif
