/* Random mixes: what an owner may do, in any order, and for each task that settles, whether what is said of it is true. */
#include <time.h>

#include "core/reduce.h"
#include "stress.h"

typedef struct profile {
    uint32_t sequential, sums, trees, restored;   /* percent of the posts; the rest are parallel loops */
    uint32_t skewed, fail, trap, die;             /* percent of the posts */
    uint32_t after;                               /* percent of the posts that come after others */
    uint32_t change;                              /* percent of the owner's steps: a pause, a resume, another priority */
    uint32_t cancel, cancel_at_once;              /* percent of the owner's steps; of the posts */
    uint32_t stop;                                /* percent of the rounds: stops in the middle */
    uint32_t slots;                               /* of the pool: up to this */
    uint32_t longest;                             /* iterations */
    uint32_t posts;                               /* in a round, up to */
} profile;

typedef struct job { /* of a slot: what the owner remembers of the task in it */
    uint64_t handle; /* 0: none */
    outcome *o;
    bool paused, settled;
} job;

static job *jobs;
static outcome *outcomes; /* of all posts of the round */
static uint32_t slots, posted, running, held; /* held: settled, not released */
static bool stopped;

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
    CHECK(!state_find(c->rt, handle));
    CHECK(!control_try_cancel(c->rt, handle));
    CHECK(reap_release(c->rt, handle) == FILCH_STALE_HANDLE);
}

static uint32_t random_kernel(const profile *p)
{
    uint32_t at = random_below(100);
    if (at < p->sequential) return KERNEL_CHAIN;
    if (at < p->sequential + p->sums) return KERNEL_SUM;
    return at < p->sequential + p->sums + p->trees ? KERNEL_TREE : KERNEL_MARK;
}

/* What it comes after: any that are not released, some of them settled. */
static uint32_t random_before(const profile *p, outcome *o, uint64_t *handles)
{
    if (!chance(p->after)) return 0;
    for (uint32_t i = random_below(random_below(2) ? BEFORE_MAX + 1 : 4); i > 0; i--) {
        const job *j = &jobs[random_below(slots)];
        if (!j->handle) continue;
        handles[o->before_count] = j->handle;
        o->before[o->before_count++] = j->o;
    }
    return o->before_count;
}

static void random_pieces(outcome *o)
{
    uint64_t begin = o->posted.begin, a = random_below((uint32_t)o->posted.total), b = random_below((uint32_t)o->posted.total);
    if (a > b) return;
    const double pieces[4] = {(double)(begin + a / 2), (double)(begin + a), (double)(begin + b), (double)(begin + o->posted.total)};
    memcpy(o->pieces, pieces, sizeof pieces);
    o->piece_count = 2;
    o->posted.event = EVENT_NONE;
}

static outcome *random_outcome(crew *c, const profile *p)
{
    outcome *o = calloc(1, sizeof *o);
    uint32_t length = random_length(p);
    o->kernel = random_kernel(p);
    o->status = FILCH_PENDING;
    loop_args *a = &o->posted;
    *a = (loop_args){.total = length, .event = length ? random_event(p) : EVENT_NONE, .skewed = chance(p->skewed)};
    if (o->kernel != KERNEL_TREE) a->begin = a->next = chance(20) ? random64() >> 12 : random_below(1000);
    a->event_at = a->begin + (length ? random_below(length) : 0);
    a->cost = random_below(4) ? 1 + random_below(20) : 400000 / (length + 1000);
    a->marks = calloc(length + 1, 1);
    if (o->kernel == KERNEL_SUM) {
        o->deterministic = chance(50);
        size_t bytes = reduce_parts(c->rt, length, o->deterministic) * sizeof *o->totals;
        o->totals = malloc(bytes); /* of the exact size: ASan guards its end */
        memset(o->totals, 0xa5, bytes);
    }
    if (o->kernel == KERNEL_MARK && length && chance(p->restored)) random_pieces(o);
    return o;
}

static void forget(outcome *o)
{
    free(o->posted.marks);
    free(o->totals);
    free(o);
}

static bool post(crew *c, const profile *p)
{
    outcome *o = random_outcome(c, p);
    uint64_t after[BEFORE_MAX];
    bool tree = o->kernel == KERNEL_TREE;
    filch_submission posting = {.kernel = o->kernel, .begin = o->posted.begin, .end = o->posted.begin + o->posted.total,
                             .priority = random_below(PRIORITIES), .grain = random_grain(), .args = &o->posted, .totals = o->totals,
                             .deterministic = o->deterministic, .dependencies = after, .dependency_count = random_before(p, o, after),
                             .pieces = o->piece_count ? o->pieces : 0, .piece_count = o->piece_count};
    tree_state args = {.common = (uintptr_t)&o->posted};
    if (o->before_count) o->posted.self = o;
    if (tree) posting.args = &args, posting.begin = 0, posting.end = 1;
    filch_status why;
    uint64_t handle = submit_task(c->rt, &posting, &why);
    if (!handle) {
        CHECK(why == FILCH_POOL_FULL, "post: %d", why);
        forget(o);
        return false;
    }
    o->next = outcomes;
    outcomes = o;
    job *j = &jobs[handle_slot(handle)];
    CHECK(handle_slot(handle) < slots && !j->handle, "a slot in use was given again");
    *j = (job){handle, o, false, false};
    posted++, running++;
    if (chance(p->cancel_at_once)) o->cancelled = control_try_cancel(c->rt, handle);
    return true;
}

static bool reap(crew *c)
{
    uint64_t handle = reap_next(c->rt);
    if (!handle) return false;
    job *j = &jobs[handle_slot(handle)];
    CHECK(handle_slot(handle) < slots && j->handle == handle, "reaped %llx, which nobody posted", (unsigned long long)handle);
    CHECK(!j->settled, "settled twice");
    const filch_slot *slot = state_find(c->rt, handle);
    CHECK(slot);
    check_outcome(c, slot, j->o, stopped);
    j->settled = true;
    running--, held++;
    stress_progress();
    return true;
}

/* What is left of a loop at rest, and what is done, are all of it. */
static void check_rest(crew *c, const job *j)
{
    double pieces[2 * 64];
    if (control_pause_state(c->rt, j->handle) != PAUSE_DONE || j->o->kernel == KERNEL_TREE) return;
    const filch_slot *slot = state_find(c->rt, j->handle);
    uint32_t n = control_pieces(c->rt, j->handle, pieces, 64);
    if (atom32_load(&slot->status) != FILCH_PENDING) return;
    if (!n && j->o->before_count) return; /* what it comes after has settled meanwhile: some worker takes it, to hold it */
    uint64_t left = 0, done = atom64_load(&slot->done);
    for (uint32_t i = 0; i < n; i++) {
        CHECK(pieces[2 * i] < pieces[2 * i + 1] && (!i || pieces[2 * i] >= pieces[2 * i - 1]));
        left += (uint64_t)(pieces[2 * i + 1] - pieces[2 * i]);
    }
    CHECK(n <= 64 && left + done == j->o->posted.total, "%llu left and %llu done of %llu", (unsigned long long)left,
          (unsigned long long)done, (unsigned long long)j->o->posted.total);
}

static void change(crew *c, job *j)
{
    if (chance(40)) {
        CHECK(control_try_set_priority(c->rt, j->handle, random_below(PRIORITIES)));
    } else if (j->paused) {
        if (!j->settled) check_rest(c, j);
        if (chance(60)) j->paused = !control_try_resume(c->rt, j->handle);
    } else {
        j->paused = control_try_pause(c->rt, j->handle);
        if (!j->settled) check_rest(c, j);
    }
}

static void resume_all(crew *c)
{
    for (uint32_t s = 0; s < slots; s++) {
        if (jobs[s].handle && jobs[s].paused) jobs[s].paused = !control_try_resume(c->rt, jobs[s].handle);
    }
}

/* Room comes from a release, from a worker that clears old items away, or from what is paused. */
static void wait(crew *c)
{
    resume_all(c);
    crew_wait(c);
}

static void release(crew *c, job *j)
{
    CHECK(control_try_cancel(c->rt, j->handle), "a settled task's handle is valid until the release");
    CHECK(reap_release(c->rt, j->handle) == FILCH_OK);
    stale_must_fail(c, j->handle);
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
        CHECK(control_try_cancel(c->rt, j->handle));
        j->o->cancelled |= !j->settled;
    } else if (chance(p->change) && j->handle) {
        change(c, j);
    } else if (j->handle && j->settled) {
        release(c, j);
    } else if (j->handle && chance(20)) {
        CHECK(reap_release(c->rt, j->handle) == FILCH_BAD_ARGUMENT, "released before it was reaped");
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
        if (!post(c, p)) {
            if (held) release_all(c);
            else if (!reap(c)) wait(c);
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
            if (!reap(c)) wait(c);
        }
        crew_stop(c);
    }
    CHECK(!reap(c), "something settled twice");
    release_all(c);
    CHECK(!held);
    free(jobs);
    crew_end(c);
    for (const outcome *o = outcomes; o; o = o->next) check_order(o);
    for (outcome *o; (o = outcomes) != 0; outcomes = o->next, forget(o)) {}
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
PROFILE(changes, .sequential = 20, .sums = 20, .restored = 30, .skewed = 30, .change = 60, .slots = 64, .longest = LONGEST / 10,
        .posts = 100)
PROFILE(graphs, .sequential = 20, .sums = 10, .trees = 10, .fail = 2, .trap = 2, .after = 70, .change = 10, .cancel = 2, .slots = 64,
        .longest = LONGEST / 100, .posts = 300)
PROFILE(sums, .sums = 100, .skewed = 50, .change = 20, .cancel = 2, .slots = 16, .longest = LONGEST / 10, .posts = 60)
PROFILE(trees, .trees = 100, .change = 20, .slots = 64, .longest = LONGEST / 100, .posts = 60)
PROFILE(small_pools, .trees = 80, .change = 20, .cancel = 5, .slots = 12, .longest = 3000, .posts = 100)
PROFILE(trees_fail, .sequential = 10, .trees = 60, .fail = 10, .trap = 10, .die = 5, .change = 20, .cancel = 10, .slots = 64,
        .longest = LONGEST / 100, .posts = 80)
PROFILE(everything, .sequential = 20, .sums = 20, .trees = 20, .restored = 20, .skewed = 30, .fail = 5, .trap = 5, .die = 5, .after = 40,
        .change = 30, .cancel = 10, .cancel_at_once = 2, .stop = 10, .slots = 40, .longest = LONGEST / 10, .posts = 100)
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
    {"pauses, resumes, and other priorities: nothing is lost", changes, true},
    {"tasks that come after others begin when those are over", graphs, true},
    {"sums: each iteration is in it once, deterministic ones have their bits", sums, true},
    {"fork-join: each iteration of a tree runs once", trees, true},
    {"fork-join in small pools: what does not fit runs in place", small_pools, true},
    {"a tree that fails or loses a worker ends, and hangs nothing", trees_fail, true},
    {"everything at once", everything, true},
    {"a stop in the middle: all settle, all workers return", stops, true},
    {0, 0, false},
};
