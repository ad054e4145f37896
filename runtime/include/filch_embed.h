/* Filch inside a C program: a native one, with POSIX threads, or an Emscripten application, with
 * pthreads or Wasm Workers. docs/embed.md has an example, and how to link.
 *
 * Runtime. One per program.
 * Threads. Any thread may call these functions, unless a function's comment says otherwise. A call
 *   holds up another thread for no longer than a submission takes.
 * Waiting. Two kinds of thread must not wait: a browser's main thread, and a thread that runs a
 *   kernel. A call that would wait there returns FILCH_WOULD_BLOCK, and does nothing.
 * Results. A filch_status is FILCH_OK, which is 0, or a status of filch_status.h. The comments name
 *   statuses without their prefix. */
#ifndef FILCH_EMBED_H
#define FILCH_EMBED_H

#ifdef __cplusplus
extern "C" {
#endif

#include "filch.h"

/* > 0: a job. < 0: a refusal, which is a filch_status, negated. */
typedef int64_t filch_job;

#define FILCH_FOREVER (-1)
#define FILCH_JOBS 256            /* the number of jobs that filch_start() allows */
#define FILCH_STACK_BYTES 262144u /* of a worker's stack */

/* How a runtime starts. */
typedef struct filch_setup {
    uint32_t workers;     /* threads, 1 to 30; 0: one per core, at most 30 */
    uint32_t jobs;        /* outstanding at a time, 1 to 32767; 0: FILCH_JOBS */
    uint32_t stack_bytes; /* of each worker's thread, 16384 to 16777216; 0: FILCH_STACK_BYTES */
} filch_setup;

/* Starts the runtime with `workers` threads, 1 to 30; 0: one per core. Does not wait for the
 * threads: in a browser they begin when the calling thread has returned to its event loop.
 * OK. BAD_OPTIONS. OUT_OF_MEMORY. NO_THREADS: not one thread could be started. BAD_ARGUMENT: the
 * runtime runs already. WOULD_BLOCK: inside a kernel.
 * Any thread that runs no kernel. With Wasm Workers, the thread that will call filch_stop(). */
filch_status filch_start(uint32_t workers);
filch_status filch_start_with(filch_setup setup);
/* The number of worker threads; 0: no runtime runs. */
uint32_t filch_workers(void);

/* How a job ended. */
typedef struct filch_result {
    filch_status status;
    uint32_t code;                     /* KERNEL_FAILED: the kernel's own, 1 to 65535 */
    uint64_t failed_begin, failed_end; /* the chunk that failed */
    uint64_t done;                     /* iterations finished */
    uint32_t helpers;                  /* bit w: worker w ran a part */
} filch_result;

/* Options of a post. A field that is 0 has its default. filch_wait() writes *total, *state, and
 * *result before it returns the status with which the job ended. */
typedef struct filch_post_options {
    filch_priority priority;
    uint32_t grain;     /* iterations per chunk; 0: the length of chunks tunes itself */
    bool deterministic; /* the bits of a reduction's result do not depend on the schedule */
    void *total;        /* a reduction's `name_total`, written only if the job ends with OK */
    void *state;        /* the kernel's `name_args`, whose `state` fields have their last values */
    filch_result *result;
    /* Jobs that the new job depends on, at most 16. The new job begins when all of them have ended
     * with OK; if one ends otherwise, the new job ends with DEPENDENCY_FAILED. The handle of a job
     * that a thread has waited for counts as one that ended with OK. */
    const filch_job *after;
    uint32_t after_count;
} filch_post_options;

/* Posts a loop of the kernel over the iterations [begin, end), 0 <= begin <= end <= 2^53 - 1. Never
 * waits for a job. Each job must be waited for, or forgotten.
 *   begin, end  0, 0 for a kernel of kind fork, which has no range
 *   args        the kernel's `name_args`, copied; NULL: the kernel has no fields. Memory that it
 *               points to must stay until the job has ended
 *   options     NULL: every default
 * A job, or a refusal:
 *   -POOL_FULL       every place for a job is taken: wait for one
 *   -UNKNOWN_KERNEL  more than 256 kernels
 *   -BAD_RANGE
 *   -BAD_ARGUMENT    kernel or args is NULL, or an option is out of its range
 *   -OUT_OF_MEMORY   for a reduction's accumulators
 *   -STOPPED         no runtime runs
 * Any thread, also inside a kernel. */
filch_job filch_post(const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args,
                     const filch_post_options *options);

/* Makes a kernel known to the workers. Call it for a kernel that only other kernels run, by
 * FILCH_LOOP or filch_post_loop(); the loops of an unknown kernel run on one worker. filch_post()
 * makes its own kernel known. OK. UNKNOWN_KERNEL: more than 256 kernels. STOPPED: no runtime runs.
 * Any thread. */
filch_status filch_define(const filch_kernel *kernel);

/* Waits until the job has ended, for at most `milliseconds`. FILCH_FOREVER: without a limit. 0: the
 * call only looks.
 * The status with which the job ended: OK, CANCELLED, KERNEL_FAILED, DEPENDENCY_FAILED, ... The
 * job's place is then free, and another wait for the job returns STALE_HANDLE.
 * PENDING: the job has not ended yet. WOULD_BLOCK: on a browser's main thread and inside a kernel,
 * for any time but 0.
 * A refusal of filch_post() is returned as its status: filch_wait(filch_post(...), FILCH_FOREVER).
 * Any thread. */
filch_status filch_wait(filch_job job, int32_t milliseconds);

/* No thread will wait for the job. The job's place is free as soon as the job has ended, and its
 * total, state, and result are not written. OK. STALE_HANDLE. Any thread. */
filch_status filch_forget(filch_job job);

/* Each takes effect when every worker in the job has finished its chunk. The job must still be
 * waited for, or forgotten. OK. STALE_HANDLE. Any thread. */
filch_status filch_cancel(filch_job job);
filch_status filch_pause(filch_job job);
filch_status filch_resume(filch_job job);
/* Also BAD_ARGUMENT. The job's dependencies become as urgent, until the job begins or ends. */
filch_status filch_set_priority(filch_job job, filch_priority priority);
/* The job is paused, and no worker runs in it. Any thread. */
bool filch_paused(filch_job job);
/* Iterations finished so far; 0 for a stale handle. Any thread. */
uint64_t filch_done(filch_job job);

/* Runs the iterations [from, to). Several threads call it at the same time, in any order. One call
 * must not wait for another. */
typedef void filch_body(void *context, uint32_t from, uint32_t to);

/* Runs body() for [first, last) on all workers and on the calling thread. Returns when every
 * iteration has been run.
 *   - The caller helps with its own loop alone. At a time one caller helps; another only waits.
 *   - Inside a kernel or a body, and where no place for a job is free, the calling thread runs the
 *     whole range itself, in one call of body().
 * OK. STOPPED: no runtime runs, or the runtime was stopped meanwhile. WOULD_BLOCK: on a browser's
 * main thread; no iteration has been run. Any thread. */
filch_status filch_parallel_for(uint32_t first, uint32_t last, filch_body *body, void *context);

/* Cancels every job that has not ended, waits for the workers, and frees the runtime. Then
 * filch_start() may start another one. No other thread may be in a call of these functions, and
 * every job is stale afterwards.
 * OK, also if no runtime runs. PENDING: on a browser's main thread, if a worker's thread has not
 * ended yet; call again from a later turn of the event loop. WOULD_BLOCK: inside a kernel.
 * Any thread that runs no kernel. With Wasm Workers, the thread that called filch_start(). */
filch_status filch_stop(void);

#ifdef __cplusplus
}
#endif

#endif
