#include "filch_embed.h"

#include <stdlib.h>

#include "core/reduce.h"
#include "core/region.h"
#include "core/state.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/submit.h"
#include "platform/threads.h"
#include "sched/worker.h"

/* Where the end of a job is written to, which the runtime does not know. */
typedef struct delivery {
    void *total, *state;
    filch_result *result;
    void *totals;      /* a reduction's accumulators, owned */
    bool is_forgotten; /* no thread will wait for the job */
} delivery;

/* The thread that holds the lock is the runtime's owner. */
static atom32 lock_word; /* 0: free; 1: held; 2: held, and some thread may wait for it */

/* Every field under the lock, but for the atoms. */
static struct embedding {
    filch_runtime *rt;
    delivery *deliveries; /* one per slot */
    const filch_kernel *kernels[KERNELS_MAX];
    filch_thread threads[WORKERS_MAX];
    uint32_t workers;   /* threads */
    uint32_t listeners; /* threads that wait for `turn` */
    bool has_leader;    /* a thread waits for the doorbell */
    atom32 turn;        /* counts: jobs have completed, or no thread waits for the doorbell any more */
    atom32 home;        /* threads that have come to their end */
    atom32 helping;     /* 1: a helping caller is worker number `workers` while it helps with its loop */
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
    delivery *e = &all.deliveries[handle_slot(handle)];
    free(e->totals);
    *e = (delivery){0};
    reap_release(all.rt, handle);
}

static void next_turn(void)
{
    atom32_add(&all.turn, 1);
    if (all.listeners) futex_wake(&all.turn, UINT32_MAX);
}

/* Takes notice of what has settled. */
static void collect(void)
{
    uint64_t handle = reap_next(all.rt);
    if (!handle) return;
    for (; handle; handle = reap_next(all.rt)) {
        if (all.deliveries[handle_slot(handle)].is_forgotten) release(handle);
    }
    next_turn();
}

static void deliver(const filch_slot *slot, const delivery *e, uint32_t status)
{
    const filch_kernel *kernel = all.kernels[slot->kernel];
    if (e->state) __builtin_memcpy(e->state, slot->args, kernel->args_bytes);
    if (e->total && status == FILCH_OK) __builtin_memcpy(e->total, e->totals, kernel->total_bytes);
    if (!e->result) return;
    *e->result = (filch_result){
        .status = (filch_status)(status & 0xffff),
        .code = status >> 16,
        .failed_begin = slot->failed_begin,
        .failed_end = slot->failed_end,
        .done = atom64_load(&slot->done),
        .helpers = atom32_load(&slot->helpers),
    };
}

/* The slot of a job that somebody may still wait for. */
static filch_slot *slot_of(filch_job job)
{
    if (!all.rt || job <= 0) return 0;
    filch_slot *slot = state_find(all.rt, (uint64_t)job);
    return slot && !all.deliveries[handle_slot((uint64_t)job)].is_forgotten ? slot : 0;
}

static filch_status look(filch_job job)
{
    if (all.rt) collect();
    filch_slot *slot = slot_of(job);
    if (!slot) return FILCH_STALE_HANDLE;
    if (slot->stage != REAPED) return FILCH_PENDING;
    uint32_t status = atom32_load(&slot->status);
    deliver(slot, &all.deliveries[handle_slot((uint64_t)job)], status);
    release((uint64_t)job);
    return (filch_status)(status & 0xffff);
}

/* Waits until something may have settled. One thread listens to the bell, and tells the others. Without the lock meanwhile. */
static void listen(uint64_t nanoseconds)
{
    bool leads = !all.has_leader;
    if (leads && !reap_try_arm(all.rt)) return;
    uint32_t turn = atom32_load(&all.turn);
    atom32 *bell = &all.rt->doorbell;
    if (leads) all.has_leader = true;
    else all.listeners++;
    unlock();
    if (leads) futex_wait_for(bell, 1, nanoseconds);
    else futex_wait_for(&all.turn, turn, nanoseconds);
    lock();
    if (leads) all.has_leader = false;
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

/* -- submissions (under the lock) -- */
static bool is_valid_priority(filch_priority priority)
{
    return priority >= FILCH_HIGH && priority <= FILCH_LOW;
}

/* As the runtime counts priorities: from 0. */
static uint32_t index_of(filch_priority priority) { return (uint32_t)(priority - FILCH_HIGH); }

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
    for (uint32_t i = 0; i < o->after_count && i < DEPENDENCIES_MAX; i++) {
        if (o->after[i] <= 0) return -FILCH_BAD_ARGUMENT;
    }
    if (kernel->kind == FILCH_FORKING) begin = 0, end = 1;
    filch_submission submission = {
        .kernel = (uint32_t)number,
        .begin = begin,
        .end = end,
        .priority = index_of(o->priority),
        .grain = o->grain,
        .args = args ? args : "",
        .deterministic = o->deterministic,
        .dependencies = (const uint64_t *)o->after,
        .dependency_count = o->after_count,
    };
    if (kernel->total_bytes) {
        size_t parts = reduce_parts(all.rt, end - begin, o->deterministic);
        size_t bytes = (parts * kernel->total_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
        submission.totals = aligned_alloc(CACHE_LINE, bytes);
        if (!submission.totals) return -FILCH_OUT_OF_MEMORY;
    }
    filch_status why;
    uint64_t handle = submit_task(all.rt, &submission, &why);
    if (!handle) {
        free(submission.totals);
        return -(filch_job)why;
    }
    all.deliveries[handle_slot(handle)] = (delivery){
        .total = o->total, .state = o->state, .result = o->result, .totals = submission.totals};
    return (filch_job)handle;
}

filch_job filch_post(const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args, const filch_post_options *options)
{
    filch_post_options none = {0};
    const filch_post_options *o = options ? options : &none;
    if (!kernel || (kernel->args_bytes && !args) || !is_valid_priority(o->priority)) return -FILCH_BAD_ARGUMENT;
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
    if (slot && slot->stage == REAPED) release((uint64_t)job);
    else if (slot) all.deliveries[handle_slot((uint64_t)job)].is_forgotten = true;
    unlock();
    return slot ? FILCH_OK : FILCH_STALE_HANDLE;
}

static filch_status ordered(filch_job job, bool (*order)(filch_runtime *rt, uint64_t handle))
{
    lock();
    bool known = slot_of(job) && order(all.rt, (uint64_t)job);
    unlock();
    return known ? FILCH_OK : FILCH_STALE_HANDLE;
}

filch_status filch_cancel(filch_job job) { return ordered(job, control_try_cancel); }
filch_status filch_pause(filch_job job) { return ordered(job, control_try_pause); }
filch_status filch_resume(filch_job job) { return ordered(job, control_try_resume); }

filch_status filch_set_priority(filch_job job, filch_priority priority)
{
    if (!is_valid_priority(priority)) return FILCH_BAD_ARGUMENT;
    lock();
    bool known = slot_of(job) && control_try_set_priority(all.rt, (uint64_t)job, index_of(priority));
    unlock();
    return known ? FILCH_OK : FILCH_STALE_HANDLE;
}

bool filch_paused(filch_job job)
{
    lock();
    bool paused = slot_of(job) && control_pause_state(all.rt, (uint64_t)job) == PAUSE_DONE;
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

static const filch_kernel each = {
    .name = "filch_each",
    .chunk = each_chunk,
    .args_bytes = sizeof(each_args),
    .kind = FILCH_PARALLEL,
};

/* The calling thread works on its own job, if no other does so. */
static void help_with(filch_job job)
{
    uint32_t nobody = 0;
    if (all.workers == all.rt->worker_count || !atom32_cas(&all.helping, &nobody, 1)) return;
    inside = true;
    worker_help_with(all.rt, all.workers, (uint64_t)job);
    inside = false;
    atom32_store(&all.helping, 0);
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
    if (job > 0) help_with(job);
    filch_status status = filch_wait(job, FILCH_FOREVER);
    return status == FILCH_CANCELLED ? FILCH_STOPPED : status;
}

/* -- start and stop -- */
static void work(uint32_t w)
{
    inside = true;
    worker_adopt(all.rt, w);
    worker_run(all.rt, w);
    atom32_add(&all.home, 1);
    futex_wake(&all.home, 1);
}

static void dismantle(void)
{
    for (uint32_t w = 0; w < all.workers; w++) thread_end(all.threads[w]);
    for (uint32_t s = 0; s < all.rt->slot_count; s++) free(all.deliveries[s].totals);
    free(all.rt); /* it stands at the beginning of its region */
    free(all.deliveries);
    all = (struct embedding){0};
}

/* Under the lock. */
static filch_status start(filch_setup s)
{
    if (all.rt) return FILCH_BAD_ARGUMENT;
    /* A place for a calling thread. */
    uint32_t places = s.workers < WORKERS_MAX ? s.workers + 1 : s.workers;
    filch_options options = {.workers = places, .slots = s.jobs, .members = MEMBERS(places)};
    uint64_t bytes = s.workers && s.jobs <= SLOTS_MAX / 2 ? region_bytes(&options) : 0;
    if (!bytes || s.stack_bytes < STACK_MIN || s.stack_bytes > STACK_MAX) return FILCH_BAD_OPTIONS;
    void *region = bytes <= SIZE_MAX ? aligned_alloc(CACHE_LINE, (size_t)bytes) : 0;
    all.deliveries = calloc(options.slots + options.members, sizeof *all.deliveries);
    if (!region || !all.deliveries) {
        free(region);
        free(all.deliveries);
        return FILCH_OUT_OF_MEMORY;
    }
    all.rt = region_init(region, &options, all.kernels, KERNELS_MAX);
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
    if (running) control_stop(all.rt);
    unlock(); /* a kernel may want it */
    for (uint32_t home; running && (home = atom32_load(&all.home)) < all.workers; futex_wait(&all.home, home)) {
        if (!thread_may_wait()) return FILCH_PENDING;
    }
    lock();
    if (running) dismantle();
    unlock();
    return FILCH_OK;
}
