/* The one runtime of a C program, as the files of the library share it.
 *
 * Invariants
 *   - The thread that holds the lock is the runtime's owner.
 *   - A thread that runs a kernel or a body waits for no job: the job may wait for that thread.
 *   - At most one thread, the leader, waits for the doorbell. The other waiting threads are
 *     listeners: the leader tells them of completions.
 *   - The threads have the numbers below `workers.count`. The runtime has one number more, unless
 *     there are WORKERS_MAX threads. One caller at a time, the helping caller, is that worker while
 *     the caller helps with its own loop. */
#ifndef FILCH_EMBED_STATE_H
#define FILCH_EMBED_STATE_H

#include "core/plan.h"
#include "filch_embed.h"
#include "platform/threads.h"

/* The results that filch_wait() writes when the job has ended. Only the library knows of them. */
typedef struct embed_delivery {
    void *total, *state; /* of filch_post_options */
    filch_result *result;
    void *totals;      /* a reduction's accumulators; freed with the delivery */
    bool is_forgotten; /* no thread will wait for the job */
} embed_delivery;

/* A thread holds the lock to read or write a field. Exceptions:
 *   - any thread may touch an atom;
 *   - workers, and callers of filch_stop() and filch_parallel_for(), read `rt` and `workers.count`,
 *     which do not change while the runtime runs;
 *   - workers read `kernels`: a kernel is in the table before any task has its number. */
struct embed_state {
    filch_runtime *rt; /* NULL: no runtime runs */
    const filch_kernel *kernels[KERNELS_MAX];
    struct {
        embed_delivery *deliveries; /* one per slot */
        uint32_t listeners;
        bool has_leader;
        atom32 news; /* counts: jobs have completed, or the leader has left the doorbell */
    } jobs;
    struct {
        filch_thread threads[WORKERS_MAX];
        uint32_t count;    /* threads that were started */
        atom32 ended;      /* threads that have left the runtime */
        atom32 has_helper; /* 1: a helping caller is worker number `count` */
    } workers;
};
extern struct embed_state embed;

/* The calling thread runs a kernel or a body, or is about to. */
extern _Thread_local bool embed_is_inside;

void embed_lock(void);
void embed_unlock(void);

#endif
