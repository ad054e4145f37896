/* Facts that one scenario each shows best. */
#include <time.h>

#include "stress.h"

static uint32_t workers(uint32_t otherwise) { return stress.workers ? stress.workers : otherwise; }

static team *start(uint32_t workers, uint32_t slots)
{
    return team_start((team_options){.workers = workers, .slots = slots, .wrap = stress.hostile});
}

static uint64_t must_post(team *t, const filch_submission *submission)
{
    filch_status why;
    uint64_t handle = submit_task(t->rt, submission, &why);
    CHECK(handle, "post: %d", why);
    return handle;
}

/* The same where the injector may hold the stale item of a task that was cancelled before a
 * worker took it: that is back-pressure, which ends when a worker takes the item. */
static uint64_t must_post_in_time(team *t, const filch_submission *submission)
{
    filch_status why;
    uint64_t handle;
    while (!(handle = submit_task(t->rt, submission, &why))) {
        CHECK(why == FILCH_POOL_FULL, "post: %d", why);
        team_wait(t);
    }
    return handle;
}

static void must_reap(team *t, uint64_t handle)
{
    uint64_t reaped;
    while (!(reaped = reap_next(t->rt))) team_wait(t);
    CHECK(reaped == handle);
    stress_progress();
}

static void finish(team *t)
{
    team_stop(t);
    team_end(t);
}

/* The sum of begin .. begin + length - 1, modulo 2^64. */
static uint64_t sum_from(uint64_t begin, uint64_t length)
{
    return (uint64_t)((unsigned __int128)begin * length +
                      (unsigned __int128)length * (length - !!length) / 2);
}

static void long_range(team *t, uint32_t kernel, uint64_t begin, uint64_t length, uint32_t grain)
{
    lengths_args a = {.next = begin};
    uint64_t handle = must_post(t, &(filch_submission){.kernel = kernel,
                                                       .begin = begin,
                                                       .end = begin + length,
                                                       .priority = 1,
                                                       .grain = grain,
                                                       .args = &a});
    must_reap(t, handle);
    const filch_slot *slot = state_find(t->rt, handle);
    const lengths_args *now = (const void *)slot->args;
    CHECK(atom32_load(&slot->status) == FILCH_OK && atom64_load(&slot->done) == length);
    CHECK(now->length == length, "%llu iterations ran of %llu", (unsigned long long)now->length,
          (unsigned long long)length);
    CHECK(now->sum == sum_from(begin, length), "others ran than [%llu, +%llu)",
          (unsigned long long)begin, (unsigned long long)length);
    CHECK(!now->broken);
    CHECK(reap_release(t->rt, handle) == FILCH_OK);
}

static void long_ranges(void)
{
    const uint64_t block = (uint64_t)1 << BLOCK_BITS;
    const uint64_t at[] = {block - 1, block,         block + 1,     2 * block - 1,
                           2 * block, 2 * block + 5, 3 * block + 7, 5 * block};
    for (uint32_t size = 1; size <= 4; size *= 2) {
        team *t = start(workers(size), 3);
        for (uint32_t i = 0; i < 2 * sizeof at / sizeof *at; i++) {
            uint32_t kernel = i % 2 ? KERNEL_LONG_CHAIN : KERNEL_LENGTHS;
            uint64_t length = at[i / 2];
            long_range(t, kernel, random_below(5), length, stress.hostile ? (1u << 20) + 3 : 0);
            long_range(t, kernel, RANGE_MAX - length, length, i % 3 ? 0xffffffffu : 1u << 24);
        }
        finish(t);
    }
}

/* The longest range there is, cancelled after a while: the loop has run as many iterations as its
 * slot says. */
static void endless(void)
{
    team *t = start(workers(3), 1);
    for (int i = 0; i < 6; i++) {
        lengths_args a = {0};
        uint32_t kernel = i % 2 ? KERNEL_LONG_CHAIN : KERNEL_LENGTHS;
        uint64_t handle =
            must_post_in_time(t, &(filch_submission){.kernel = kernel,
                                                     .end = RANGE_MAX,
                                                     .priority = random_below(PRIORITIES),
                                                     .args = &a});
        nanosleep(&(struct timespec){.tv_nsec = 1000000 + random_below(30000000)}, 0);
        CHECK(control_try_cancel(t->rt, handle));
        must_reap(t, handle);
        const filch_slot *slot = state_find(t->rt, handle);
        const lengths_args *now = (const void *)slot->args;
        CHECK(atom32_load(&slot->status) == FILCH_CANCELLED);
        CHECK(atom64_load(&slot->done) == now->length && !now->broken);
        CHECK(reap_release(t->rt, handle) == FILCH_OK);
    }
    finish(t);
}

/* A worker that is parked while there is work would hang this case: as many iterations as workers
 * wait for each other, in one loop, or in one task each. */
static void all_come(void)
{
    uint32_t size = workers(2 + random_below(7));
    team *t = start(size, 3 + random_below(30));
    for (int round = 0; round < 60; round++) {
        bool one_loop = plan_slot_count(t->rt) < size || chance(50);
        uint32_t arrived = 0, tasks = one_loop ? 1 : size;
        gather_args a = {.arrived = &arrived, .target = size};
        for (uint32_t i = 0; i < tasks; i++) {
            must_post(t, &(filch_submission){.kernel = KERNEL_GATHER,
                                             .end = size / tasks,
                                             .priority = random_below(PRIORITIES),
                                             .grain = 1,
                                             .args = &a});
        }
        for (uint32_t i = 0; i < tasks; i++) {
            uint64_t handle;
            while (!(handle = reap_next(t->rt))) team_wait(t);
            CHECK(reap_release(t->rt, handle) == FILCH_OK);
        }
        CHECK(arrived == size);
        stress_progress();
        if (chance(30)) nanosleep(&(struct timespec){.tv_nsec = random_below(200000)}, 0);
    }
    finish(t);
}

/* After the cancel each worker may begin one more chunk: the worker was past the look at its
 * preempt_request. */
static void cancel_within_a_chunk(void)
{
    uint32_t size = workers(1 + random_below(8));
    team *t = start(size, 8); /* cancelled tasks leave stale items for a while */
    for (int round = 0; round < 5; round++) {
        slow_args a = {0};
        uint64_t handle = must_post(t, &(filch_submission){.kernel = KERNEL_SLOW,
                                                           .end = 1000000000,
                                                           .priority = 1,
                                                           .grain = 1 + random_below(3),
                                                           .args = &a});
        slow_args *now = (void *)state_find(t->rt, handle)->args;
        nanosleep(&(struct timespec){.tv_nsec = random_below(2000000)}, 0);
        CHECK(control_try_cancel(t->rt, handle));
        uint64_t begun = __atomic_load_n(&now->begun, __ATOMIC_SEQ_CST);
        must_reap(t, handle);
        CHECK(now->begun <= begun + size, "%llu chunks began after the cancel",
              (unsigned long long)(now->begun - begun));
        CHECK(reap_release(t->rt, handle) == FILCH_OK);
    }
    finish(t);
}

static void post_order(void)
{
    enum { TASKS = 10000 };
    uint32_t *order = calloc(TASKS, sizeof *order), drawn = 0, completed = 0;
    team *t = start(1, stress.hostile ? 3 : 256);
    for (uint32_t i = 0; completed < TASKS;) {
        ticket_args a = {.order = order, .drawn = &drawn, .ticket = i};
        filch_submission submission = {
            .kernel = KERNEL_TICKET, .end = 1, .priority = 1, .args = &a};
        filch_status why;
        if (i < TASKS && submit_task(t->rt, &submission, &why)) {
            i++;
            continue;
        }
        uint64_t handle = reap_next(t->rt);
        if (!handle) {
            team_wait(t);
            continue;
        }
        CHECK(reap_release(t->rt, handle) == FILCH_OK);
        completed++;
        stress_progress();
    }
    CHECK(drawn == TASKS);
    for (uint32_t i = 0; i < TASKS; i++)
        CHECK(order[i] == i, "task %u started as number %u", order[i], i);
    finish(t);
    free(order);
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void must_be_idle(void)
{
    /* The workers park within 10 ms of the last task, even on a busy machine. */
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, 0);
    uint64_t before = cpu_ns();
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, 0);
    uint64_t used = cpu_ns() - before;
    CHECK(used < 5000000, "an idle pool used %llu us in 200 ms", (unsigned long long)used / 1000);
    stress_progress();
}

static void idle(void)
{
    team *t = start(workers(6), 16);
    must_be_idle(); /* before any work */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 200; i++) {
            lengths_args a = {0};
            uint64_t handle = must_post(t, &(filch_submission){.kernel = KERNEL_LENGTHS,
                                                               .end = 1000,
                                                               .priority = random_below(PRIORITIES),
                                                               .grain = 1,
                                                               .args = &a});
            if (i % 3 == 0) control_try_cancel(t->rt, handle);
            must_reap(t, handle);
            CHECK(reap_release(t->rt, handle) == FILCH_OK);
        }
        must_be_idle();
    }
    finish(t);
}

const stress_case_of single_cases[] = {
    {.name = "ranges beyond 2^31 and 2^32: every block runs once", .round = long_ranges},
    {.name = "the longest range can be cancelled", .round = endless},
    {.name = "one worker starts 10000 tasks in the order of their posts", .round = post_order},
    {.name = "as many workers come as there is work for", .round = all_come, .timed = true},
    {.name = "a cancel takes effect within one chunk of each worker",
     .round = cancel_within_a_chunk,
     .timed = true},
    {.name = "an idle pool uses no CPU", .round = idle},
    {.name = 0},
};
