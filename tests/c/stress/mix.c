#include "mix.h"

#include <time.h>

typedef struct job { /* the owner's note of the task in a slot */
    uint64_t handle; /* 0: none */
    outcome *o;
    bool paused, completed;
} job;

static job *jobs;         /* by slot */
static outcome *outcomes; /* of all posts of the round */
static uint32_t slots, posted, running, unreleased;
static uint32_t *used, used_count; /* slots whose task is not released */
static bool stopped;

/* A task that is not released; or, at times, a slot that has none. */
static job *random_job(void)
{
    uint32_t i = random_below(used_count + 1);
    return &jobs[i < used_count ? used[i] : random_below(slots)];
}

static void forget_job(job *j)
{
    uint32_t i = 0;
    while (used[i] != (uint32_t)(j - jobs)) i++;
    used[i] = used[--used_count];
    j->handle = 0;
}

static uint32_t random_grain(void)
{
    static const uint32_t grains[] = {0, 0, 0, 1, 2, 7, 100, 0x80000000u, 0xffffffffu};
    return stress.hostile ? 1 : grains[random_below(sizeof grains / sizeof *grains)];
}

static void check_stale(team *t, uint64_t handle)
{
    CHECK(!state_find(t->rt, handle));
    CHECK(!control_try_cancel(t->rt, handle));
    CHECK(reap_release(t->rt, handle) == FILCH_STALE_HANDLE);
}

/* Any tasks that are not released, some of them completed. Their number. */
static uint32_t random_dependencies(const profile *p, outcome *o, uint64_t *handles)
{
    if (!chance(p->depend)) return 0;
    for (uint32_t i = random_below(random_below(2) ? DEPENDENCIES_MAX + 1 : 4); i > 0; i--) {
        const job *j = random_job();
        if (!j->handle) continue;
        handles[o->dependency_count] = j->handle;
        o->dependencies[o->dependency_count++] = j->o;
    }
    return o->dependency_count;
}

static bool post(team *t, const profile *p)
{
    outcome *o = random_outcome(t, p);
    uint64_t dependencies[DEPENDENCIES_MAX];
    bool is_tree = o->kernel == KERNEL_TREE;
    filch_submission submission = {.kernel = o->kernel,
                                   .begin = o->posted.begin,
                                   .end = o->posted.begin + o->posted.total,
                                   .priority = random_below(PRIORITIES),
                                   .grain = random_grain(),
                                   .args = &o->posted,
                                   .totals = o->totals,
                                   .deterministic = o->deterministic,
                                   .dependencies = dependencies,
                                   .dependency_count = random_dependencies(p, o, dependencies),
                                   .pieces = o->piece_count ? o->pieces : 0,
                                   .piece_count = o->piece_count};
    tree_state args = {.common = (uintptr_t)&o->posted};
    if (o->dependency_count) o->posted.self = o;
    if (is_tree) submission.args = &args, submission.begin = 0, submission.end = 1;
    filch_status why;
    uint64_t handle = submit_task(t->rt, &submission, &why);
    if (!handle) {
        CHECK(why == FILCH_POOL_FULL, "post: %d", why);
        forget_outcome(o);
        return false;
    }
    o->next = outcomes;
    outcomes = o;
    job *j = &jobs[handle_slot(handle)];
    CHECK(handle_slot(handle) < slots && !j->handle, "a slot in use was given again");
    *j = (job){.handle = handle, .o = o};
    used[used_count++] = handle_slot(handle);
    posted++, running++;
    if (chance(p->cancel_at_once)) o->cancelled = control_try_cancel(t->rt, handle);
    return true;
}

static bool reap(team *t)
{
    uint64_t handle = reap_next(t->rt);
    if (!handle) return false;
    job *j = &jobs[handle_slot(handle)];
    CHECK(handle_slot(handle) < slots && j->handle == handle, "reaped %llx, which was not posted",
          (unsigned long long)handle);
    CHECK(!j->completed, "completed twice");
    const filch_slot *slot = state_find(t->rt, handle);
    CHECK(slot);
    check_outcome(t, slot, j->o, stopped);
    j->completed = true;
    running--, unreleased++;
    stress_progress();
    return true;
}

/* The iterations left and the iterations done of a paused loop are all of its iterations. */
static void check_paused(team *t, const job *j)
{
    double pieces[2 * 64];
    if (control_pause_state(t->rt, j->handle) != PAUSE_DONE || j->o->kernel == KERNEL_TREE) return;
    const filch_slot *slot = state_find(t->rt, j->handle);
    uint32_t n = control_pieces(t->rt, j->handle, pieces, 64);
    if (atom32_load(&slot->status) != FILCH_PENDING) return;
    /* Its dependencies have completed meanwhile: some worker takes the task, to pause it. */
    if (!n && j->o->dependency_count) return;
    uint64_t left = 0, done = atom64_load(&slot->done);
    for (uint32_t i = 0; i < n; i++) {
        CHECK(pieces[2 * i] < pieces[2 * i + 1] && (!i || pieces[2 * i] >= pieces[2 * i - 1]));
        left += (uint64_t)(pieces[2 * i + 1] - pieces[2 * i]);
    }
    CHECK(n <= 64 && left + done == j->o->posted.total, "%llu left and %llu done of %llu",
          (unsigned long long)left, (unsigned long long)done,
          (unsigned long long)j->o->posted.total);
}

static void change(team *t, job *j)
{
    if (chance(40)) {
        CHECK(control_try_set_priority(t->rt, j->handle, random_below(PRIORITIES)));
    } else if (j->paused) {
        if (!j->completed) check_paused(t, j);
        if (chance(60)) j->paused = !control_try_resume(t->rt, j->handle);
    } else {
        j->paused = control_try_pause(t->rt, j->handle);
        if (!j->completed) check_paused(t, j);
    }
}

/* Each change may meet the one before, while a worker acts on that. */
static void storm(team *t)
{
    for (uint32_t i = 2 * used_count; i > 0; i--) {
        const job *j = &jobs[used[random_below(used_count)]];
        CHECK(control_try_set_priority(t->rt, j->handle, random_below(PRIORITIES)));
    }
}

static void resume_all(team *t)
{
    for (uint32_t s = 0; s < slots; s++) {
        if (jobs[s].handle && jobs[s].paused)
            jobs[s].paused = !control_try_resume(t->rt, jobs[s].handle);
    }
}

/* Slots and space come from a release, from a worker that drops old items, or from paused tasks. */
static void wait(team *t)
{
    resume_all(t);
    team_wait(t);
}

static void release(team *t, job *j)
{
    CHECK(control_try_cancel(t->rt, j->handle),
          "a completed task's handle is valid until the release");
    CHECK(reap_release(t->rt, j->handle) == FILCH_OK);
    check_stale(t, j->handle);
    forget_job(j);
    unreleased--;
}

static void release_all(team *t)
{
    for (uint32_t s = 0; s < slots; s++) {
        if (jobs[s].handle && jobs[s].completed) release(t, &jobs[s]);
    }
}

static void anything(team *t, const profile *p)
{
    job *j = random_job();
    if (chance(p->storm)) {
        storm(t);
    } else if (chance(p->cancel) && j->handle) {
        CHECK(control_try_cancel(t->rt, j->handle));
        j->o->cancelled |= !j->completed;
    } else if (chance(p->change) && j->handle) {
        change(t, j);
    } else if (j->handle && j->completed) {
        release(t, j);
    } else if (j->handle && chance(20)) {
        CHECK(reap_release(t->rt, j->handle) == FILCH_BAD_ARGUMENT, "released before the reap");
        check_stale(t, j->handle + 0x10000 * (1 + random_below(3)));
    } else if (chance(5)) {
        /* The workers may park. */
        nanosleep(&(struct timespec){.tv_nsec = random_below(100000)}, 0);
    } else {
        reap(t);
    }
}

void mix(const profile *p)
{
    team_options options = {.workers = p->workers ? p->workers : 1 + random_below(8),
                            .slots = 1 + random_below(chance(30) ? 3 : p->slots),
                            .members = chance(70) ? random_below(p->members + 1) : 0,
                            .wrap = stress.hostile || chance(30)};
    if (stress.workers) options.workers = stress.workers;
    if (stress.hostile && options.slots > 3) options.slots = 3;
    if (stress.hostile && options.members > 12) options.members = 12;
    slots = options.slots + options.members;
    jobs = calloc(slots, sizeof *jobs);
    used = calloc(slots, sizeof *used);
    posted = running = unreleased = used_count = 0;
    stopped = false;
    team *t = team_start(options);
    bool stops = chance(p->stop);
    for (uint32_t target = 1 + random_below(p->posts); posted < target;) {
        team_recover(t);
        if (!post(t, p)) {
            if (unreleased) release_all(t);
            else if (!reap(t)) wait(t);
        }
        for (uint32_t i = random_below(3); i > 0; i--) anything(t, p);
    }
    if (stops) {
        stopped = true;
        team_stop(t);
        while (reap(t)) {}
        CHECK(!running, "%u tasks did not complete at the stop", running);
    } else {
        while (running) {
            team_recover(t);
            if (!reap(t)) wait(t);
        }
        team_stop(t);
    }
    CHECK(!reap(t), "a task completed twice");
    release_all(t);
    CHECK(!unreleased);
    free(jobs);
    free(used);
    team_end(t);
    for (const outcome *o = outcomes; o; o = o->next) check_dependencies(o);
    for (outcome *o; (o = outcomes) != 0; outcomes = o->next, forget_outcome(o)) {}
}
