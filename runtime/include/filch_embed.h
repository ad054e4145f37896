/* Filch inside a C program: native, with POSIX threads, or an Emscripten application, with pthreads or Wasm Workers. docs/embed.md
 * has an example, and how to link.
 *
 * One runtime per program. Any thread may call what is here, unless its comment says otherwise; nothing holds another thread up for
 * longer than a post takes. Where a thread must not wait, on a browser's main thread and inside kernels, what would is refused.
 * A filch_status is 0 where all is well (FILCH_OK), else what status.h says. */
#ifndef FILCH_EMBED_H
#define FILCH_EMBED_H

#ifdef __cplusplus
extern "C" {
#endif

#include "filch.h"

/* A job that was posted: > 0. A refusal: a filch_status, negated. */
typedef int64_t filch_job;

#define FILCH_FOREVER (-1)
#define FILCH_JOBS 256            /* jobs that filch_start() makes room for */
#define FILCH_STACK_BYTES 262144u /* of the stack of a worker */

/* How a runtime starts; what is 0 is as filch_start() has it. */
typedef struct filch_setup {
    uint32_t workers;     /* threads, 1 to 30; 0: as many as there are cores, at most 30 */
    uint32_t jobs;        /* that are posted and not waited for, 1 to 32767; FILCH_JOBS */
    uint32_t stack_bytes; /* of each worker's thread, 16384 to 16777216; FILCH_STACK_BYTES */
} filch_setup;

/* Starts `workers` threads, 1 to 30, or 0: one per core. Does not wait for them: in a browser they begin when the calling thread has
 * gone back to its event loop. BAD_OPTIONS; OUT_OF_MEMORY; NO_THREADS, where not one could be made; BAD_ARGUMENT: it runs already.
 * Any thread but a kernel's; with Wasm Workers the one that will call filch_stop(). */
filch_status filch_start(uint32_t workers);
filch_status filch_start_with(filch_setup setup);
uint32_t filch_workers(void); /* threads that were started; 0: it does not run */

/* How a job ended. */
typedef struct filch_result {
    filch_status status;
    uint32_t code;                      /* KERNEL_FAILED: what the kernel returned */
    uint64_t failed_begin, failed_end;  /* the chunk that failed */
    uint64_t done;                      /* iterations that were run */
    uint32_t helpers;                   /* bit w: worker w ran a part */
} filch_result;

/* What a post may ask for; NULL, or zeros: nothing. What is pointed to is written by filch_wait(), before it says that the job has ended. */
typedef struct filch_post_options {
    filch_priority priority;
    uint32_t grain;        /* iterations per chunk; 0: it tunes itself */
    bool deterministic;    /* a reduction's result has the same bits, whoever ran what */
    void *total;           /* a reduction's result: its `name_total`. Where it fails: untouched */
    void *state;           /* the kernel's argument struct, with its `state` fields as they are in the end */
    filch_result *result;
    const filch_job *after; /* jobs that it comes after, at most 16; it fails with DEPENDENCY_FAILED unless all are done. Those that
                               have been waited for count as done */
    uint32_t after_count;
} filch_post_options;

/* Posts a loop of the kernel over the iterations [begin, end), 0 <= begin <= end <= 2^53 - 1. `args`: the kernel's `name_args`, copied
 * (NULL: it has none); what it points to must stay until the job has ended. A kernel of kind fork has no range: 0, 0. Never waits.
 * Any thread, also inside a kernel. Each job must be waited for, or forgotten.
 * -POOL_FULL: as many jobs as there is room for; wait for one. -UNKNOWN_KERNEL: more than 256 kernels. -BAD_RANGE, -BAD_ARGUMENT,
 * -OUT_OF_MEMORY (a reduction's accumulators), -STOPPED: it does not run. */
filch_job filch_post(const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args, const filch_post_options *options);

/* Makes a kernel known that only other kernels run (FILCH_LOOP, filch_post_loop()); a post does it by itself. Without it those loops run
 * on one worker. Any thread. UNKNOWN_KERNEL: more than 256; STOPPED. */
filch_status filch_define(const filch_kernel *kernel);

/* Waits for the job to end, `milliseconds` at most, FILCH_FOREVER, or 0: only looks. How it ended: OK, CANCELLED, KERNEL_FAILED,
 * DEPENDENCY_FAILED, ...; from then on the job is no more, and another wait for it gets STALE_HANDLE.
 * PENDING: it has not ended yet. WOULD_BLOCK: on a browser's main thread, and in a kernel, for anything but 0. A refusal of
 * filch_post() is handed on: filch_wait(filch_post(...), FILCH_FOREVER). */
filch_status filch_wait(filch_job job, int32_t milliseconds);

/* Nobody will wait for the job: nothing is written, and its place is free when it has ended. OK, STALE_HANDLE. Any thread. */
filch_status filch_forget(filch_job job);

/* Calls take effect within one chunk of each worker, and the job must still be waited for. OK, STALE_HANDLE. Any thread. */
filch_status filch_cancel(filch_job job);
filch_status filch_pause(filch_job job);
filch_status filch_resume(filch_job job);
bool filch_paused(filch_job job);   /* it is to pause, and nobody works on it any more */
filch_status filch_set_priority(filch_job job, filch_priority priority); /* and BAD_ARGUMENT */
uint64_t filch_done(filch_job job); /* iterations finished so far; 0 for a job that is no more */

/* body(context, from, to) runs the iterations [from, to). On several threads at the same time, in any order. It must not wait for another call of it. */
typedef void filch_body(void *context, uint32_t from, uint32_t to);

/* Runs [first, last) on all workers and the calling thread, and returns when all has been run. While one thread takes part in its loop,
 * another that calls this only waits for its own. Inside a kernel or a body the whole range runs at once, on the calling thread. Where
 * there is no room for a job, too. OK; STOPPED: it does not run, or was stopped meanwhile; WOULD_BLOCK: on a browser's main thread,
 * and nothing has been run. */
filch_status filch_parallel_for(uint32_t first, uint32_t last, filch_body *body, void *context);

/* Cancels all that has not ended, waits for the workers, and frees everything: no other thread may be in a call, and no job is known
 * afterwards. Then filch_start() may begin anew. OK, also where nothing runs. PENDING: on a browser's main thread, where some worker has
 * not come home yet; call again from a later turn of the event loop. WOULD_BLOCK: inside a kernel. */
filch_status filch_stop(void);

#ifdef __cplusplus
}
#endif

#endif
