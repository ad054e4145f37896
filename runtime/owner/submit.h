/* Submission: from what a caller asks for to a QUEUED or BLOCKED task.
 *
 * Invariant: a slot is the owner's from slots_take() to the submission, and from the reap to the
 * release.
 *
 * The owner. Nothing here waits. */
#ifndef FILCH_SUBMIT_H
#define FILCH_SUBMIT_H

#include "core/plan.h"

typedef struct filch_submission {
    uint32_t kernel;
    uint64_t begin, end; /* begin <= end <= RANGE_MAX */
    uint32_t priority;   /* below PRIORITIES */
    uint32_t grain;      /* iterations per chunk, 0: it tunes itself */
    const void *args;    /* of the kernel's args_bytes; copied */
    void *totals;        /* of a reduction: reduce_parts() accumulators, 8-aligned */
    bool deterministic;
    /* what is left of a restored task, pairs {begin, end} in the range; NULL: all of it */
    const double *pieces;
    uint32_t piece_count;
    /* handles of tasks, at most DEPENDENCIES_MAX; stale ones count as done */
    const uint64_t *dependencies;
    uint32_t dependency_count;
    /* what a restored task waits for before it goes on; NULL: for nothing. No dependencies then. */
    const filch_wait_request *wait;
    /* how the wait of a restored task ended that had not gone on yet, + 1; 0: it had none */
    uint32_t waited;
} filch_submission;

/* A handle, or 0 with *why: POOL_FULL, UNKNOWN_KERNEL, BAD_RANGE, BAD_ARGUMENT (priority),
 * STOPPED, CORRUPT. */
uint64_t submit_task(filch_runtime *rt, const filch_submission *submission, filch_status *why);

#endif
