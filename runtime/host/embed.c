#include "host/embed_state.h"

#include <stdlib.h>

#include "core/region.h"
#include "owner/control.h"
#include "sched/worker.h"

struct embed_state embed;
_Thread_local bool embed_is_inside;

/* -- the lock -- */
static atom32 lock_word; /* 0: free; 1: held; 2: held, and some thread may wait for the lock */

void embed_lock(void)
{
    uint32_t expected = 0;
    if (atom32_cas(&lock_word, &expected, 1)) return;
    while (atom32_exchange(&lock_word, 2)) {
        if (thread_may_wait()) futex_wait(&lock_word, 2);
        else spin_hint();
    }
}

void embed_unlock(void)
{
    if (atom32_exchange(&lock_word, 0) == 2) futex_wake(&lock_word, 1);
}

/* -- start and stop -- */
/* A worker's thread, from its beginning to its end. */
static void work(uint32_t w)
{
    embed_is_inside = true;
    worker_adopt(embed.rt, w);
    worker_run(embed.rt, w);
    atom32_add(&embed.workers.ended, 1);
    futex_wake(&embed.workers.ended, 1);
}

/* No worker runs any more. Under the lock. */
static void dismantle(void)
{
    for (uint32_t w = 0; w < embed.workers.count; w++) thread_end(embed.workers.threads[w]);
    for (uint32_t s = 0; s < plan_slot_count(embed.rt); s++) free(embed.jobs.deliveries[s].totals);
    free(plan_at(embed.rt)); /* the region begins with its plan */
    free(embed.jobs.deliveries);
    embed = (struct embed_state){0};
}

/* Under the lock. */
static filch_status start(filch_setup s)
{
    if (embed.rt) return FILCH_BAD_ARGUMENT;
    /* One number more than there are threads: a helping caller's. */
    uint32_t numbers = s.workers < WORKERS_MAX ? s.workers + 1 : s.workers;
    filch_options options = {.workers = numbers, .slots = s.jobs, .members = MEMBERS(numbers)};
    uint64_t bytes = s.workers && s.jobs <= SLOTS_MAX / 2 ? region_bytes(&options) : 0;
    if (!bytes || s.stack_bytes < STACK_MIN || s.stack_bytes > STACK_MAX) return FILCH_BAD_OPTIONS;
    void *region = bytes <= SIZE_MAX ? aligned_alloc(CACHE_LINE, (size_t)bytes) : 0;
    embed.jobs.deliveries = calloc(options.slots + options.members, sizeof *embed.jobs.deliveries);
    if (!region || !embed.jobs.deliveries) {
        free(region);
        free(embed.jobs.deliveries);
        return FILCH_OUT_OF_MEMORY;
    }
    embed.rt = region_init(region, &options, embed.kernels, KERNELS_MAX);
    for (uint32_t w = 0; w < s.workers; w++) {
        if (!thread_try_start(&embed.workers.threads[w], work, w, s.stack_bytes)) break;
        embed.workers.count++;
    }
    if (embed.workers.count) return FILCH_OK;
    dismantle();
    return FILCH_NO_THREADS;
}

filch_status filch_start_with(filch_setup s)
{
    if (embed_is_inside) return FILCH_WOULD_BLOCK;
    uint32_t cores = thread_cores();
    if (!s.workers) s.workers = cores < WORKERS_MAX ? cores : WORKERS_MAX;
    if (!s.jobs) s.jobs = FILCH_JOBS;
    if (!s.stack_bytes) s.stack_bytes = FILCH_STACK_BYTES;
    embed_lock();
    filch_status status = start(s);
    embed_unlock();
    return status;
}

filch_status filch_start(uint32_t workers)
{
    return filch_start_with((filch_setup){.workers = workers});
}

uint32_t filch_workers(void)
{
    embed_lock();
    uint32_t workers = embed.workers.count;
    embed_unlock();
    return workers;
}

filch_status filch_stop(void)
{
    if (embed_is_inside) return FILCH_WOULD_BLOCK;
    embed_lock();
    bool runs = embed.rt;
    if (runs) control_stop(embed.rt);
    embed_unlock(); /* a kernel that still runs may take the lock */
    atom32 *ended = &embed.workers.ended;
    for (uint32_t n; runs && (n = atom32_load(ended)) < embed.workers.count; futex_wait(ended, n)) {
        if (!thread_may_wait()) return FILCH_PENDING;
    }
    embed_lock();
    if (runs) dismantle();
    embed_unlock();
    return FILCH_OK;
}

uint32_t filch_worker_of(const filch_task *task) { return task->worker; }
