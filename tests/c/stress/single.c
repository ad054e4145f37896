/* What is best shown by one scenario each. */
#include <time.h>

#include "stress.h"

static uint32_t workers(uint32_t otherwise) { return stress.workers ? stress.workers : otherwise; }

static uint64_t must_post(crew *c, const filch_submission *posting)
{
    filch_status why;
    uint64_t handle = submit_task(c->rt, posting, &why);
    CHECK(handle, "post: %d", why);
    return handle;
}

static void must_reap(crew *c, uint64_t handle)
{
    uint64_t reaped;
    while (!(reaped = reap_next(c->rt))) crew_wait(c);
    CHECK(reaped == handle);
    stress_progress();
}

static void finish(crew *c)
{
    crew_stop(c);
    crew_end(c);
}

/* The sum of begin .. begin + length - 1, modulo 2^64. */
static uint64_t sum_from(uint64_t begin, uint64_t length)
{
    return (uint64_t)((unsigned __int128)begin * length + (unsigned __int128)length * (length - !!length) / 2);
}

static void long_range(crew *c, uint32_t kernel, uint64_t begin, uint64_t length, uint32_t grain)
{
    lengths_args a = {.next = begin};
    uint64_t handle = must_post(c, &(filch_submission){kernel, begin, begin + length, 1, grain, &a});
    must_reap(c, handle);
    const filch_slot *slot = state_find(c->rt, handle);
    const lengths_args *now = (const void *)slot->args;
    CHECK(atom32_load(&slot->status) == FILCH_OK && atom64_load(&slot->done) == length);
    CHECK(now->length == length, "%llu iterations ran of %llu", (unsigned long long)now->length, (unsigned long long)length);
    CHECK(now->sum == sum_from(begin, length), "others ran than [%llu, +%llu)", (unsigned long long)begin, (unsigned long long)length);
    CHECK(!now->broken);
    CHECK(reap_release(c->rt, handle) == FILCH_OK);
}

static void long_ranges(void)
{
    const uint64_t block = (uint64_t)1 << BLOCK_BITS;
    const uint64_t at[] = {block - 1, block, block + 1, 2 * block - 1, 2 * block, 2 * block + 5, 3 * block + 7, 5 * block};
    for (uint32_t team = 1; team <= 4; team *= 2) {
        crew *c = crew_start((crew_options){workers(team), 3, stress.hostile});
        for (uint32_t i = 0; i < 2 * sizeof at / sizeof *at; i++) {
            uint32_t kernel = i % 2 ? KERNEL_LONG_CHAIN : KERNEL_LENGTHS;
            long_range(c, kernel, random_below(5), at[i / 2], stress.hostile ? (1u << 20) + 3 : 0);
            long_range(c, kernel, RANGE_MAX - at[i / 2], at[i / 2], i % 3 ? 0xffffffffu : 1u << 24);
        }
        finish(c);
    }
}

/* The longest range there is, cancelled after a while: what it says is what it did. */
static void endless(void)
{
    crew *c = crew_start((crew_options){workers(3), 1, stress.hostile});
    for (int i = 0; i < 6; i++) {
        lengths_args a = {0};
        uint32_t kernel = i % 2 ? KERNEL_LONG_CHAIN : KERNEL_LENGTHS;
        uint64_t handle = must_post(c, &(filch_submission){kernel, 0, RANGE_MAX, random_below(PRIORITIES), 0, &a});
        nanosleep(&(struct timespec){0, 1000000 + random_below(30000000)}, 0);
        CHECK(control_try_cancel(c->rt, handle));
        must_reap(c, handle);
        const filch_slot *slot = state_find(c->rt, handle);
        const lengths_args *now = (const void *)slot->args;
        CHECK(atom32_load(&slot->status) == FILCH_CANCELLED);
        CHECK(atom64_load(&slot->done) == now->length && !now->broken);
        CHECK(reap_release(c->rt, handle) == FILCH_OK);
    }
    finish(c);
}

/* A worker that sleeps while there is something to run would hang this: as many iterations as workers wait for each other, in one
 * loop, or in one task each. */
static void all_come(void)
{
    uint32_t team = workers(2 + random_below(7));
    crew *c = crew_start((crew_options){team, 3 + random_below(30), stress.hostile});
    for (int round = 0; round < 60; round++) {
        uint32_t arrived = 0, one_loop = c->rt->slot_count < team || chance(50), tasks = one_loop ? 1 : team;
        gather_args a = {&arrived, team};
        for (uint32_t i = 0; i < tasks; i++) {
            must_post(c, &(filch_submission){KERNEL_GATHER, 0, team / tasks, random_below(PRIORITIES), 1, &a});
        }
        for (uint32_t i = 0; i < tasks; i++) {
            uint64_t handle;
            while (!(handle = reap_next(c->rt))) crew_wait(c);
            CHECK(reap_release(c->rt, handle) == FILCH_OK);
        }
        CHECK(arrived == team);
        stress_progress();
        if (chance(30)) nanosleep(&(struct timespec){0, random_below(200000)}, 0);
    }
    finish(c);
}

/* After the cancel each worker may begin one more chunk: it was past the look at its attention. */
static void cancel_within_a_chunk(void)
{
    uint32_t team = workers(1 + random_below(8));
    crew *c = crew_start((crew_options){team, 8, stress.hostile}); /* cancelled ones leave stale items for a while */
    for (int round = 0; round < 5; round++) {
        slow_args a = {0};
        uint64_t handle = must_post(c, &(filch_submission){KERNEL_SLOW, 0, 1000000000, 1, 1 + random_below(3), &a});
        slow_args *now = (void *)state_find(c->rt, handle)->args;
        nanosleep(&(struct timespec){0, random_below(2000000)}, 0);
        CHECK(control_try_cancel(c->rt, handle));
        uint64_t begun = __atomic_load_n(&now->begun, __ATOMIC_SEQ_CST);
        must_reap(c, handle);
        CHECK(now->begun <= begun + team, "%llu chunks began after the cancel", (unsigned long long)(now->begun - begun));
        CHECK(reap_release(c->rt, handle) == FILCH_OK);
    }
    finish(c);
}

static void post_order(void)
{
    enum { TASKS = 10000 };
    uint32_t *order = calloc(TASKS, sizeof *order), drawn = 0, settled = 0;
    crew *c = crew_start((crew_options){1, stress.hostile ? 3 : 256, stress.hostile});
    for (uint32_t i = 0; settled < TASKS;) {
        ticket_args a = {order, &drawn, i};
        filch_status why;
        if (i < TASKS && submit_task(c->rt, &(filch_submission){KERNEL_TICKET, 0, 1, 1, 0, &a}, &why)) {
            i++;
            continue;
        }
        uint64_t handle = reap_next(c->rt);
        if (!handle) {
            crew_wait(c);
            continue;
        }
        CHECK(reap_release(c->rt, handle) == FILCH_OK);
        settled++;
        stress_progress();
    }
    CHECK(drawn == TASKS);
    for (uint32_t i = 0; i < TASKS; i++) CHECK(order[i] == i, "task %u started as number %u", order[i], i);
    finish(c);
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
    nanosleep(&(struct timespec){0, 20000000}, 0); /* asleep 10 ms after the last task, even on a busy machine */
    uint64_t before = cpu_ns();
    nanosleep(&(struct timespec){0, 200000000}, 0);
    uint64_t used = cpu_ns() - before;
    CHECK(used < 5000000, "an idle pool used %llu us in 200 ms", (unsigned long long)used / 1000);
    stress_progress();
}

static void idle(void)
{
    crew *c = crew_start((crew_options){workers(6), 16, stress.hostile});
    must_be_idle(); /* never had work */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 200; i++) {
            lengths_args a = {0};
            uint64_t handle = must_post(c, &(filch_submission){KERNEL_LENGTHS, 0, 1000, random_below(PRIORITIES), 1, &a});
            if (i % 3 == 0) control_try_cancel(c->rt, handle);
            must_reap(c, handle);
            CHECK(reap_release(c->rt, handle) == FILCH_OK);
        }
        must_be_idle();
    }
    finish(c);
}

const stress_case_of single_cases[] = {
    {"ranges beyond 2^31 and 2^32: every block runs once", long_ranges, false},
    {"the longest range can be cancelled", endless, false},
    {"one worker starts 10000 tasks in the order of their posts", post_order, false},
    {"as many workers come as there is work for", all_come, true},
    {"a cancel takes effect within one chunk of each worker", cancel_within_a_chunk, true},
    {"an idle pool uses no CPU", idle, false},
    {0, 0, false},
};
