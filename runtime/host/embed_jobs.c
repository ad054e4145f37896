/* Jobs: posts, waits, and control, for any thread of a C program. */
#include <stdlib.h>

#include "core/reduce.h"
#include "core/state.h"
#include "host/embed_state.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/submit.h"

/* -- the end of a job; under the lock -- */
static void release(uint64_t handle)
{
    embed_delivery *d = &embed.jobs.deliveries[handle_slot(handle)];
    free(d->totals);
    *d = (embed_delivery){0};
    reap_release(embed.rt, handle);
}

static void tell_listeners(void)
{
    atom32_add(&embed.jobs.news, 1);
    if (embed.jobs.listeners) futex_wake(&embed.jobs.news, UINT32_MAX);
}

/* Reaps each job that has completed. */
static void collect(void)
{
    uint64_t handle = reap_next(embed.rt);
    if (!handle) return;
    for (; handle; handle = reap_next(embed.rt)) {
        if (embed.jobs.deliveries[handle_slot(handle)].is_forgotten) release(handle);
    }
    tell_listeners();
}

static void deliver(const filch_slot *slot, const embed_delivery *d, uint32_t status)
{
    const filch_kernel *kernel = embed.kernels[slot->kernel];
    if (d->state) __builtin_memcpy(d->state, slot->args, kernel->args_bytes);
    if (d->total && status == FILCH_OK) __builtin_memcpy(d->total, d->totals, kernel->total_bytes);
    if (!d->result) return;
    *d->result = (filch_result){
        .status = (filch_status)(status & 0xffff),
        .code = status >> 16,
        .failed_begin = slot->failed_begin,
        .failed_end = slot->failed_end,
        .done = atom64_load(&slot->done),
        .helpers = atom32_load(&slot->helpers),
    };
}

/* The job's slot. NULL: the handle is stale, or the job is forgotten. */
static filch_slot *slot_of(filch_job job)
{
    if (!embed.rt || job <= 0) return NULL;
    filch_slot *slot = state_find(embed.rt, (uint64_t)job);
    return slot && !embed.jobs.deliveries[handle_slot((uint64_t)job)].is_forgotten ? slot : NULL;
}

/* PENDING, or the job's end, which is delivered and released. */
static filch_status look(filch_job job)
{
    if (embed.rt) collect();
    filch_slot *slot = slot_of(job);
    if (!slot) return FILCH_STALE_HANDLE;
    if (slot->stage != REAPED) return FILCH_PENDING;
    uint32_t status = atom32_load(&slot->status);
    deliver(slot, &embed.jobs.deliveries[handle_slot((uint64_t)job)], status);
    release((uint64_t)job);
    return (filch_status)(status & 0xffff);
}

/* Waits until a job may have completed, and releases the lock meanwhile. One thread, the leader,
 * waits for the doorbell and tells the others. */
static void listen(uint64_t nanoseconds)
{
    bool leads = !embed.jobs.has_leader;
    if (leads && !reap_try_arm(embed.rt)) return;
    uint32_t news = atom32_load(&embed.jobs.news);
    atom32 *doorbell = &embed.rt->doorbell;
    if (leads) embed.jobs.has_leader = true;
    else embed.jobs.listeners++;
    embed_unlock();
    if (leads) futex_wait_for(doorbell, 1, nanoseconds);
    else futex_wait_for(&embed.jobs.news, news, nanoseconds);
    embed_lock();
    if (leads) embed.jobs.has_leader = false;
    else embed.jobs.listeners--;
    if (leads) tell_listeners(); /* a listener leads next, should this thread wait no longer */
}

filch_status filch_wait(filch_job job, int32_t milliseconds)
{
    if (job < 0) return (filch_status)-job;
    if (milliseconds && (embed_is_inside || !thread_may_wait())) return FILCH_WOULD_BLOCK;
    uint64_t end = milliseconds > 0 ? clock_ns() + (uint64_t)milliseconds * 1000000 : FUTEX_FOREVER;
    embed_lock();
    filch_status status;
    while ((status = look(job)) == FILCH_PENDING && milliseconds) {
        uint64_t now = end == FUTEX_FOREVER ? 0 : clock_ns();
        if (now >= end) break;
        listen(end == FUTEX_FOREVER ? FUTEX_FOREVER : end - now);
    }
    embed_unlock();
    return status;
}

/* -- submissions -- */
static bool is_valid_priority(filch_priority priority)
{
    return priority >= FILCH_HIGH && priority <= FILCH_LOW;
}

/* The runtime counts priorities from 0. */
static uint32_t index_of(filch_priority priority) { return (uint32_t)(priority - FILCH_HIGH); }

/* The kernel's number. -1: there are too many kernels. Under the lock. */
static int32_t number_of(const filch_kernel *kernel)
{
    uint32_t k = 0;
    while (k < KERNELS_MAX && embed.kernels[k] && embed.kernels[k] != kernel) k++;
    if (k == KERNELS_MAX) return -1;
    /* A worker may read the table at the same time, for another kernel. */
    if (!embed.kernels[k]) __atomic_store_n(&embed.kernels[k], kernel, __ATOMIC_RELAXED);
    return (int32_t)k;
}

/* Under the lock. */
static filch_job post(const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args,
                      const filch_post_options *o)
{
    if (!embed.rt) return -FILCH_STOPPED;
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
        size_t parts = reduce_parts(embed.rt, end - begin, o->deterministic);
        size_t bytes = (parts * kernel->total_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
        submission.totals = aligned_alloc(CACHE_LINE, bytes);
        if (!submission.totals) return -FILCH_OUT_OF_MEMORY;
    }
    filch_status why;
    uint64_t handle = submit_task(embed.rt, &submission, &why);
    if (!handle) {
        free(submission.totals);
        return -(filch_job)why;
    }
    embed.jobs.deliveries[handle_slot(handle)] = (embed_delivery){
        .total = o->total,
        .state = o->state,
        .result = o->result,
        .totals = submission.totals,
    };
    return (filch_job)handle;
}

filch_job filch_post(const filch_kernel *kernel, uint64_t begin, uint64_t end, const void *args,
                     const filch_post_options *options)
{
    filch_post_options none = {0};
    const filch_post_options *o = options ? options : &none;
    if (!kernel || (kernel->args_bytes && !args)) return -FILCH_BAD_ARGUMENT;
    if (!is_valid_priority(o->priority)) return -FILCH_BAD_ARGUMENT;
    embed_lock();
    filch_job job = post(kernel, begin, end, args, o);
    embed_unlock();
    return job;
}

filch_status filch_define(const filch_kernel *kernel)
{
    embed_lock();
    filch_status status = FILCH_OK;
    if (!embed.rt) status = FILCH_STOPPED;
    else if (number_of(kernel) < 0) status = FILCH_UNKNOWN_KERNEL;
    embed_unlock();
    return status;
}

/* -- control of a job -- */
filch_status filch_forget(filch_job job)
{
    embed_lock();
    filch_slot *slot = slot_of(job);
    if (slot && slot->stage == REAPED) release((uint64_t)job);
    else if (slot) embed.jobs.deliveries[handle_slot((uint64_t)job)].is_forgotten = true;
    embed_unlock();
    return slot ? FILCH_OK : FILCH_STALE_HANDLE;
}

static filch_status control(filch_job job, bool (*try)(filch_runtime *rt, uint64_t handle))
{
    embed_lock();
    bool is_known = slot_of(job) && try(embed.rt, (uint64_t)job);
    embed_unlock();
    return is_known ? FILCH_OK : FILCH_STALE_HANDLE;
}

filch_status filch_cancel(filch_job job) { return control(job, control_try_cancel); }
filch_status filch_pause(filch_job job) { return control(job, control_try_pause); }
filch_status filch_resume(filch_job job) { return control(job, control_try_resume); }

filch_status filch_set_priority(filch_job job, filch_priority priority)
{
    if (!is_valid_priority(priority)) return FILCH_BAD_ARGUMENT;
    embed_lock();
    bool is_known =
        slot_of(job) && control_try_set_priority(embed.rt, (uint64_t)job, index_of(priority));
    embed_unlock();
    return is_known ? FILCH_OK : FILCH_STALE_HANDLE;
}

bool filch_paused(filch_job job)
{
    embed_lock();
    bool is_paused = slot_of(job) && control_pause_state(embed.rt, (uint64_t)job) == PAUSE_DONE;
    embed_unlock();
    return is_paused;
}

uint64_t filch_done(filch_job job)
{
    embed_lock();
    filch_slot *slot = slot_of(job);
    uint64_t done = slot ? atom64_load(&slot->done) : 0;
    embed_unlock();
    return done;
}
