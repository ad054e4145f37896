#include "filch_embed.h"

#include <stdlib.h>

#include "done.h"
#include "life.h"
#include "platform/threads.h"
#include "post.h"
#include "reduce.h"
#include "sched.h"

/* What the runtime does not know of a job: where its end is written to. */
typedef struct errand {
    void *total, *state;
    filch_result *result;
    void *totals; /* a reduction's accumulators, its own */
    bool forgotten;
} errand;

/* The runtime's owner is whoever holds the lock. */
static atom32 lock_word; /* 0: free; 1: held; 2: held, and somebody may wait for it */

/* All under the lock, but for the atoms. */
static struct embedding {
    filch_runtime *rt;
    errand *errands; /* one per slot */
    const filch_kernel *kernels[KERNELS_MAX];
    filch_thread threads[WORKERS_MAX];
    uint32_t workers;   /* threads */
    uint32_t listeners; /* threads that wait for `turn` */
    bool led;           /* one waits for the bell */
    atom32 turn;        /* counts: jobs have settled, or nobody waits for the bell any more */
    atom32 home;        /* threads that have come to their end */
    atom32 guest;       /* 1: some calling thread is worker number `workers`, for as long as its loop has something for it */
} all;

static _Thread_local bool inside; /* this thread is in a kernel, or about to be */

static void lock(void)
{
    uint32_t nobody = 0;
    if (atom32_cas(&lock_word, &nobody, 1)) return;
    while (atom32_exchange(&lock_word, 2)) {
        if (thread_may_wait()) futex_wait(&lock_word, 2);
        else spin_hint();
    }
}

static void unlock(void)
{
    if (atom32_exchange(&lock_word, 0) == 2) futex_wake(&lock_word, 1);
}

/* -- a job's end (under the lock) -- */
static void release(uint64_t handle)
{
    errand *e = &all.errands[handle_slot(handle)];
    free(e->totals);
    *e = (errand){0};
    post_release(all.rt, handle);
}

static void next_turn(void)
{
    atom32_add(&all.turn, 1);
    if (all.listeners) futex_wake(&all.turn, UINT32_MAX);
}

/* Takes notice of what has settled. */
static void collect(void)
{
    uint64_t handle = post_reap(all.rt);
    if (!handle) return;
    for (; handle; handle = post_reap(all.rt)) {
        if (all.errands[handle_slot(handle)].forgotten) release(handle);
    }
    next_turn();
}

static void tell(const filch_slot *slot, const errand *e, uint32_t status)
{
    const filch_kernel *kernel = all.kernels[slot->kernel];
    if (e->state) __builtin_memcpy(e->state, slot->args, kernel->args_bytes);
    if (e->total && status == FILCH_OK) __builtin_memcpy(e->total, e->totals, kernel->total_bytes);
    if (!e->result) return;
    *e->result = (filch_result){(filch_status)(status & 0xffff), status >> 16, slot->failed_begin, slot->failed_end,
                                atom64_load(&slot->done), atom32_load(&slot->helpers)};
}

/* The slot of a job that somebody may still wait for. */
static filch_slot *slot_of(filch_job job)
{
    if (!all.rt || job <= 0) return 0;
    filch_slot *slot = post_find(all.rt, (uint64_t)job);
    return slot && !all.errands[handle_slot((uint64_t)job)].forgotten ? slot : 0;
}

static filch_status look(filch_job job)
{
    if (all.rt) collect();
    filch_slot *slot = slot_of(job);
    if (!slot) return FILCH_STALE_HANDLE;
    if (slot->listed != SLOT_REAPED) return FILCH_PENDING;
    uint32_t status = atom32_load(&slot->status);
    tell(slot, &all.errands[handle_slot((uint64_t)job)], status);
    release((uint64_t)job);
    return (filch_status)(status & 0xffff);
}

/* Waits until something may have settled. One thread listens to the bell, and tells the others. Without the lock meanwhile. */
static void listen(uint64_t nanoseconds)
{
    bool leads = !all.led;
    if (leads && !post_arm(all.rt)) return;
    uint32_t turn = atom32_load(&all.turn);
    atom32 *bell = &all.rt->doorbell;
    if (leads) all.led = true;
    else all.listeners++;
    unlock();
    if (leads) futex_wait_for(bell, 1, nanoseconds);
    else futex_wait_for(&all.turn, turn, nanoseconds);
    lock();
    if (leads) all.led = false;
    else all.listeners--;
    if (leads) next_turn(); /* somebody else leads, if this thread has no need to */
}

filch_status filch_wait(filch_job job, int32_t milliseconds)
{
    if (job < 0) return (filch_status)-job;
    if (milliseconds && (inside || !thread_may_wait())) return FILCH_WOULD_BLOCK;
    uint64_t end = milliseconds > 0 ? clock_ns() + (uint64_t)milliseconds * 1000000 : FUTEX_FOREVER;
    lock();
    filch_status status;
    while ((status = look(job)) == FILCH_PENDING && milliseconds) {
        uint64_t now = end == FUTEX_FOREVER ? 0 : clock_ns();
        if (now >= end) break;
        listen(end == FUTEX_FOREVER ? FUTEX_FOREVER : end - now);
    }
    unlock();
    return status;
}

/* -- posts (under the lock) -- */
/* The kernel's number, or -1: there are too many. */
static int32_t number_of(const filch_kernel *kernel)
{
    uint32_t k = 0;
    while (k < KERNELS_MAX && all.kernels[k] && all.kernels[k] != kernel) k++;
    if (k == KERNELS_MAX) return -1;
    if (!all.kernels[k]) __atomic_store_n(&all.kernels[k], kernel, __ATOMIC_RELAXED); /* a worker may be looking for another */
    return (int32_t)k;
}

static filch_job post(const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args, const filch_post_options *o)
{
    if (!all.rt) return -FILCH_STOPPED;
    collect();
    int32_t number = number_of(kernel);
    if (number < 0) return -FILCH_UNKNOWN_KERNEL;
    if (begin > end || end > RANGE_MAX) return -FILCH_BAD_RANGE;
    for (uint32_t i = 0; i < o->after_count && i < AFTER_MAX; i++) {
        if (o->after[i] <= 0) return -FILCH_BAD_ARGUMENT;
    }
    if (kernel->kind == FILCH_FORKING) begin = 0, end = 1;
    filch_posting posting = {.kernel = (uint32_t)number, .begin = begin, .end = end, .priority = (uint32_t)(FILCH_HIGH - o->priority),
                             .grain = o->grain, .args = args ? args : "", .deterministic = o->deterministic,
                             .after = (const uint64_t *)o->after, .after_count = o->after_count};
    if (kernel->total_bytes) {
        size_t parts = reduce_parts(all.rt, end - begin, o->deterministic);
        size_t bytes = (parts * kernel->total_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
        posting.totals = aligned_alloc(CACHE_LINE, bytes);
        if (!posting.totals) return -FILCH_OUT_OF_MEMORY;
    }
    filch_status why;
    uint64_t handle = post_loop(all.rt, &posting, &why);
    if (!handle) {
        free(posting.totals);
        return -(filch_job)why;
    }
    all.errands[handle_slot(handle)] = (errand){o->total, o->state, o->result, posting.totals, false};
    return (filch_job)handle;
}

static bool level_valid(filch_priority priority) { return priority >= FILCH_LOW && priority <= FILCH_HIGH; }

filch_job filch_post(const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args, const filch_post_options *options)
{
    filch_post_options none = {0};
    const filch_post_options *o = options ? options : &none;
    if (!kernel || (kernel->args_bytes && !args) || !level_valid(o->priority)) return -FILCH_BAD_ARGUMENT;
    lock();
    filch_job job = post(kernel, begin, end, args, o);
    unlock();
    return job;
}

filch_status filch_define(const filch_kernel *kernel)
{
    lock();
    filch_status status = !all.rt ? FILCH_STOPPED : number_of(kernel) < 0 ? FILCH_UNKNOWN_KERNEL : FILCH_OK;
    unlock();
    return status;
}

/* -- what a job can be told -- */
filch_status filch_forget(filch_job job)
{
    lock();
    filch_slot *slot = slot_of(job);
    if (slot && slot->listed == SLOT_REAPED) release((uint64_t)job);
    else if (slot) all.errands[handle_slot((uint64_t)job)].forgotten = true;
    unlock();
    return slot ? FILCH_OK : FILCH_STALE_HANDLE;
}

static filch_status told(filch_job job, bool (*order)(filch_runtime *rt, uint64_t handle))
{
    lock();
    bool known = slot_of(job) && order(all.rt, (uint64_t)job);
    unlock();
    return known ? FILCH_OK : FILCH_STALE_HANDLE;
}

filch_status filch_cancel(filch_job job) { return told(job, post_cancel); }
filch_status filch_pause(filch_job job) { return told(job, post_pause); }
filch_status filch_resume(filch_job job) { return told(job, post_resume); }

filch_status filch_set_priority(filch_job job, filch_priority priority)
{
    if (!level_valid(priority)) return FILCH_BAD_ARGUMENT;
    lock();
    bool known = slot_of(job) && post_set_level(all.rt, (uint64_t)job, (uint32_t)(FILCH_HIGH - priority));
    unlock();
    return known ? FILCH_OK : FILCH_STALE_HANDLE;
}

bool filch_paused(filch_job job)
{
    lock();
    bool paused = slot_of(job) && post_paused(all.rt, (uint64_t)job) == POST_PAUSED;
    unlock();
    return paused;
}

uint64_t filch_done(filch_job job)
{
    lock();
    filch_slot *slot = slot_of(job);
    uint64_t done = slot ? atom64_load(&slot->done) : 0;
    unlock();
    return done;
}

uint32_t filch_worker_of(const filch_task *task) { return task->worker; }

/* -- a loop over a function -- */
typedef struct each_args { filch_body *body; void *context; } each_args;

static int32_t each_chunk(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    const each_args *a = args;
    (void)task;
    a->body(a->context, (uint32_t)begin, (uint32_t)end);
    return FILCH_OK;
}

static const filch_kernel each = {"filch_each", each_chunk, 0, 0, sizeof(each_args), FILCH_PARALLEL, 0, 0, 0, 0, 0};

/* The calling thread works on its own job, if no other does so. */
static void take_part(filch_job job)
{
    uint32_t nobody = 0;
    if (all.workers == all.rt->worker_count || !atom32_cas(&all.guest, &nobody, 1)) return;
    inside = true;
    sched_take_part(all.rt, all.workers, (uint64_t)job);
    inside = false;
    atom32_store(&all.guest, 0);
}

filch_status filch_parallel_for(uint32_t first, uint32_t last, filch_body *body, void *context)
{
    filch_job job = -FILCH_POOL_FULL;
    if (first >= last) return FILCH_OK;
    if (!inside && !thread_may_wait()) return FILCH_WOULD_BLOCK;
    if (!inside) job = filch_post(&each, first, last, &(each_args){body, context}, 0);
    if (job == -FILCH_POOL_FULL) {
        body(context, first, last);
        return FILCH_OK;
    }
    if (job > 0) take_part(job);
    filch_status status = filch_wait(job, FILCH_FOREVER);
    return status == FILCH_CANCELLED ? FILCH_STOPPED : status;
}

/* -- start and stop -- */
static void work(uint32_t w)
{
    inside = true;
    sched_adopt(all.rt, w);
    sched_run(all.rt, w);
    atom32_add(&all.home, 1);
    futex_wake(&all.home, 1);
}

static void dismantle(void)
{
    for (uint32_t w = 0; w < all.workers; w++) thread_end(all.threads[w]);
    for (uint32_t s = 0; s < all.rt->slot_count; s++) free(all.errands[s].totals);
    free(all.rt); /* it stands at the beginning of its region */
    free(all.errands);
    all = (struct embedding){0};
}

/* Under the lock. */
static filch_status start(filch_setup s)
{
    if (all.rt) return FILCH_BAD_ARGUMENT;
    /* A place for a calling thread. */
    uint32_t places = s.workers < WORKERS_MAX ? s.workers + 1 : s.workers;
    filch_options options = {places, s.jobs, 0, MEMBERS(places)};
    uint64_t bytes = s.workers && s.jobs <= SLOTS_MAX / 2 ? layout_bytes(&options) : 0;
    if (!bytes || s.stack_bytes < STACK_MIN || s.stack_bytes > STACK_MAX) return FILCH_BAD_OPTIONS;
    void *region = bytes <= SIZE_MAX ? aligned_alloc(CACHE_LINE, (size_t)bytes) : 0;
    all.errands = calloc(options.slots + options.members, sizeof *all.errands);
    if (!region || !all.errands) {
        free(region);
        free(all.errands);
        return FILCH_OUT_OF_MEMORY;
    }
    all.rt = layout_init(region, &options, all.kernels, KERNELS_MAX);
    while (all.workers < s.workers && thread_start(&all.threads[all.workers], work, all.workers, s.stack_bytes)) all.workers++;
    if (all.workers) return FILCH_OK;
    dismantle();
    return FILCH_NO_THREADS;
}

filch_status filch_start_with(filch_setup s)
{
    if (inside) return FILCH_WOULD_BLOCK;
    uint32_t cores = thread_cores();
    if (!s.workers) s.workers = cores < WORKERS_MAX ? cores : WORKERS_MAX;
    if (!s.jobs) s.jobs = FILCH_JOBS;
    if (!s.stack_bytes) s.stack_bytes = FILCH_STACK_BYTES;
    lock();
    filch_status status = start(s);
    unlock();
    return status;
}

filch_status filch_start(uint32_t workers) { return filch_start_with((filch_setup){.workers = workers}); }

uint32_t filch_workers(void)
{
    lock();
    uint32_t workers = all.workers;
    unlock();
    return workers;
}

filch_status filch_stop(void)
{
    if (inside) return FILCH_WOULD_BLOCK;
    lock();
    bool running = all.rt;
    if (running) post_stop(all.rt);
    unlock(); /* a kernel may want it */
    for (uint32_t home; running && (home = atom32_load(&all.home)) < all.workers; futex_wait(&all.home, home)) {
        if (!thread_may_wait()) return FILCH_PENDING;
    }
    lock();
    if (running) dismantle();
    unlock();
    return FILCH_OK;
}
