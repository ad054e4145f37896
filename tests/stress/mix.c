/* Random mixes: what an owner may do, in any order, and for each task that settles, whether what is said of it is true. */
#include <time.h>

#include "stress.h"

typedef struct profile {
    uint32_t sequential, skewed, fail, trap, die; /* percent of the posts */
    uint32_t cancel, cancel_at_once;              /* percent of the owner's steps; of the posts */
    uint32_t stop;                                /* percent of the rounds: stops in the middle */
    uint32_t slots;                               /* of the pool: up to this */
    uint32_t longest;                             /* iterations */
    uint32_t posts;                               /* in a round, up to */
} profile;

typedef struct job { /* of a slot: what the owner remembers of the task in it */
    uint64_t handle; /* 0: none */
    loop_args posted;
    uint32_t kernel;
    bool cancelled, settled;
} job;

static job *jobs;
static uint32_t slots, posted, running, held; /* held: settled, not released */
static bool stopped;

static loop_args *args_of(crew *c, const job *j) { return (loop_args *)(void *)c->rt->slots[handle_slot(j->handle)].args; }

static uint32_t random_length(const profile *p)
{
    switch (random_below(8)) {
    case 0: return random_below(3);
    case 1: return random_below(p->longest) + 1;
    default: return random_below(random_below(p->longest) / 16 + 2);
    }
}

static uint32_t random_event(const profile *p)
{
    uint32_t at = random_below(100);
    if (at < p->fail) return EVENT_FAIL;
    if (at < p->fail + p->trap) return EVENT_TRAP;
    return at < p->fail + p->trap + p->die ? EVENT_DIE : EVENT_NONE;
}

static uint32_t random_grain(void)
{
    static const uint32_t grains[] = {0, 0, 0, 1, 2, 7, 100, 0x80000000u, 0xffffffffu};
    return stress.hostile ? 1 : grains[random_below(sizeof grains / sizeof *grains)];
}

static void stale_must_fail(crew *c, uint64_t handle)
{
    CHECK(!post_find(c->rt, handle));
    CHECK(!post_cancel(c->rt, handle));
    CHECK(post_release(c->rt, handle) == FILCH_STALE_HANDLE);
}

static bool post(crew *c, const profile *p)
{
    uint32_t length = random_length(p), grain = random_grain();
    loop_args a = {.total = length, .event = length ? random_event(p) : EVENT_NONE, .skewed = chance(p->skewed)};
    a.begin = a.next = chance(20) ? random64() >> 12 : random_below(1000);
    a.event_at = a.begin + (length ? random_below(length) : 0);
    a.cost = random_below(4) ? random_below(20) : 400000 / (length + 1000);
    a.marks = calloc(length + 1, 1);
    filch_posting posting = {chance(p->sequential) ? KERNEL_CHAIN : KERNEL_MARK, a.begin, a.begin + length, random_below(LEVELS), grain, &a};
    filch_status why;
    uint64_t handle = post_loop(c->rt, &posting, &why);
    if (!handle) {
        CHECK(why == FILCH_POOL_FULL, "post: %d", why);
        free(a.marks);
        return false;
    }
    job *j = &jobs[handle_slot(handle)];
    CHECK(handle_slot(handle) < slots && !j->handle, "a slot in use was given again");
    *j = (job){handle, a, posting.kernel, false, false};
    posted++, running++;
    if (chance(p->cancel_at_once)) j->cancelled = post_cancel(c->rt, handle);
    return true;
}

/* Each iteration that is said to be done ran once, no other ran, and the chunk that failed ran nothing. */
static void check_iterations(crew *c, const job *j, uint64_t done)
{
    const loop_args *a = &j->posted, *now = args_of(c, j);
    if (j->kernel == KERNEL_CHAIN) {
        uint64_t state = 0;
        for (uint64_t i = 0; i < done; i++) state = chain_of(state, a->begin + i);
        CHECK(now->next == a->begin + done, "done says %llu, the loop came to %llu", (unsigned long long)done,
              (unsigned long long)(now->next - a->begin));
        CHECK(now->state == state, "the state after %llu iterations is another", (unsigned long long)done);
        return;
    }
    uint64_t ran = 0;
    for (uint64_t i = 0; i < a->total; i++) {
        CHECK(a->marks[i] <= 1, "iteration %llu ran %u times", (unsigned long long)i, a->marks[i]);
        ran += a->marks[i];
    }
    CHECK(ran == done, "done says %llu, %llu iterations ran", (unsigned long long)done, (unsigned long long)ran);
}

static void check_status(const job *j, const filch_slot *slot, uint64_t done)
{
    const loop_args *a = &j->posted;
    uint32_t status = atom32_load(&slot->status), code = status >> 16;
    static const uint32_t of_event[] = {FILCH_OK, FILCH_KERNEL_FAILED, FILCH_KERNEL_TRAPPED, FILCH_WORKER_LOST};
    status &= 0xffff;
    if (status == FILCH_OK) CHECK(done == a->total && a->event == EVENT_NONE, "done %llu", (unsigned long long)done);
    else if (status == FILCH_CANCELLED) CHECK((j->cancelled || stopped) && (done < a->total || !a->total), "cancelled by whom?");
    else CHECK(status == of_event[a->event] && status != FILCH_OK, "settled with status %u", status);
    CHECK(code == (status == FILCH_KERNEL_FAILED ? EVENT_CODE : 0), "code %u", code);
    if (status != FILCH_OK && status != FILCH_CANCELLED) {
        uint64_t at = slot->begin + ((uint64_t)slot->block << BLOCK_BITS) + slot->failed_at;
        CHECK(at <= a->event_at && a->event_at < at + slot->failed_length, "the failed chunk is [%llu, +%u), not where %llu is",
              (unsigned long long)at, slot->failed_length, (unsigned long long)a->event_at);
        CHECK(a->event != EVENT_NONE && a->event_at - a->begin < a->total && !a->marks[a->event_at - a->begin]);
    }
}

static bool reap(crew *c)
{
    uint64_t handle = post_reap(c->rt);
    if (!handle) return false;
    job *j = &jobs[handle_slot(handle)];
    CHECK(handle_slot(handle) < slots && j->handle == handle, "reaped %llx, which nobody posted", (unsigned long long)handle);
    CHECK(!j->settled, "settled twice");
    const filch_slot *slot = post_find(c->rt, handle);
    CHECK(slot);
    uint64_t done = atom64_load(&slot->done);
    uint32_t helpers = atom32_load(&slot->helpers);
    CHECK(!done || helpers);
    CHECK(!(helpers >> c->rt->worker_count));
    check_status(j, slot, done);
    check_iterations(c, j, done);
    j->settled = true;
    running--, held++;
    stress_progress();
    return true;
}

static void release(crew *c, job *j)
{
    CHECK(post_cancel(c->rt, j->handle), "a settled task's handle is valid until the release");
    CHECK(post_release(c->rt, j->handle) == FILCH_OK);
    stale_must_fail(c, j->handle);
    free(j->posted.marks);
    j->handle = 0;
    held--;
}

static void release_all(crew *c)
{
    for (uint32_t s = 0; s < slots; s++) {
        if (jobs[s].handle && jobs[s].settled) release(c, &jobs[s]);
    }
}

static void anything(crew *c, const profile *p)
{
    job *j = &jobs[random_below(slots)];
    if (chance(p->cancel) && j->handle) {
        CHECK(post_cancel(c->rt, j->handle));
        j->cancelled |= !j->settled;
    } else if (j->handle && j->settled) {
        release(c, j);
    } else if (j->handle && chance(20)) {
        CHECK(post_release(c->rt, j->handle) == FILCH_BAD_ARGUMENT, "released before it was reaped");
        stale_must_fail(c, j->handle + 0x10000 * (1 + random_below(3)));
    } else if (chance(5)) {
        nanosleep(&(struct timespec){0, random_below(100000)}, 0); /* let the workers go to sleep */
    } else {
        reap(c);
    }
}

static void mix(const profile *p)
{
    uint32_t workers = stress.workers ? stress.workers : 1 + random_below(8);
    slots = 1 + random_below(chance(30) ? 3 : p->slots);
    if (stress.hostile && slots > 3) slots = 3;
    jobs = calloc(slots, sizeof *jobs);
    posted = running = held = 0;
    stopped = false;
    crew *c = crew_start((crew_options){workers, slots, stress.hostile || chance(30)});
    bool stops = chance(p->stop);
    for (uint32_t target = 1 + random_below(p->posts); posted < target;) {
        crew_tend(c);
        if (!post(c, p)) { /* back-pressure: room comes from a release, or from a worker that clears old items away */
            if (held) release_all(c);
            else if (!reap(c)) crew_wait(c);
        }
        for (uint32_t i = random_below(3); i > 0; i--) anything(c, p);
    }
    if (stops) {
        stopped = true;
        crew_stop(c);
        while (reap(c)) {}
        CHECK(!running, "%u tasks did not settle at the stop", running);
    } else {
        while (running) {
            crew_tend(c);
            if (!reap(c)) crew_wait(c);
        }
        crew_stop(c);
    }
    CHECK(!reap(c), "something settled twice");
    release_all(c);
    CHECK(!held);
    free(jobs);
    crew_end(c);
}

#define LONGEST (stress.hostile ? 3000 : 1000000)
#define PROFILE(name, ...) static void name(void) { mix(&(profile){__VA_ARGS__}); }
PROFILE(parallel, .skewed = 50, .slots = 64, .longest = LONGEST, .posts = 40)
PROFILE(sequential, .sequential = 100, .skewed = 30, .slots = 64, .longest = LONGEST / 10, .posts = 60)
PROFILE(small_tasks, .sequential = 20, .slots = 256, .longest = 40, .posts = 2000)
PROFILE(cancels, .sequential = 30, .skewed = 50, .cancel = 50, .cancel_at_once = 10, .slots = 64, .longest = LONGEST, .posts = 80)
PROFILE(cancel_storm, .sequential = 30, .cancel = 30, .cancel_at_once = 95, .slots = 8, .longest = 1000, .posts = 2000)
PROFILE(failures, .sequential = 30, .fail = 25, .trap = 25, .cancel = 10, .slots = 64, .longest = LONGEST / 10, .posts = 80)
PROFILE(deaths, .sequential = 30, .fail = 5, .trap = 5, .die = 10, .cancel = 10, .slots = 16, .longest = LONGEST / 100, .posts = 60)
PROFILE(back_pressure, .sequential = 40, .cancel = 10, .slots = 3, .longest = 2000, .posts = 300)
PROFILE(stops, .sequential = 40, .fail = 3, .trap = 3, .die = 3, .cancel = 5, .stop = 100, .slots = 64, .longest = LONGEST, .posts = 40)

const stress_case_of mix_cases[] = {
    {"parallel loops: each iteration runs once", parallel, true},
    {"sequential loops: each state comes from the one before", sequential, true},
    {"many small tasks", small_tasks, true},
    {"a cancelled task has run whole chunks, as many as it says", cancels, true},
    {"a cancel right after the post", cancel_storm, true},
    {"a failing or trapping kernel costs its task alone", failures, true},
    {"a worker's death costs the task it ran, and hangs nothing", deaths, true},
    {"pools of one to three slots: posts wait for room", back_pressure, true},
    {"a stop in the middle: all settle, all workers return", stops, true},
    {0, 0, false},
};
