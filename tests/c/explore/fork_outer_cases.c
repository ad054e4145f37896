/* Calls that their worker has left, with children that no worker has begun. Those are in no queue:
 * their parents come to them at their joins. A worker that is idle gets them before, though the
 * call that the parents wait for goes on. */
#include "core/state.h"
#include "forks.h"
#include "owner/control.h"

enum {
    AT_ONCE, /* the kernel calls what its worker leaves, and that calls nothing */
    CALLS,   /* that has calls of its own */
    LOOP,    /* that runs a loop */
    DEEP,    /* the kernel's child is between, and has a child, too */
    AGAIN,   /* the kernel has waited for a loop before, and its first child was in a queue */
    VARIANTS
};
static uint32_t children_of(uint32_t variant) { return variant == AGAIN ? 3 : 2; }

static atom32 begun; /* children that have begun */
static uint32_t wanted, outermost_begun;
static bool is_busy, is_ready, is_over;

static bool has_died(void) { return explore_died() >= 0; }
static bool is_other_busy(void) { return is_busy || has_died(); }
static bool have_begun(void) { return begun.word >= wanted || has_died(); }

static const filch_slot *root(void)
{
    return &plan_slots(scene)[handle_slot(scene_tasks[0].handle)];
}
static uint32_t leaver;
static bool is_asked(void)
{
    const filch_worker *w = &plan_workers(scene)[leaver];
    return (root()->is_paused.word && w->shared.preempt_request.word && !w->view.limit) ||
           has_died();
}
static bool is_left(void)
{
    for (uint32_t i = 0; i < plan_slot_count(scene); i++) {
        if (plan_slots(scene)[i].state.word & STATE_PAUSED) return true;
    }
    return has_died();
}
static bool are_both_idle(void)
{
    return __builtin_popcountll(scene->sleep.word) == 2 || has_died();
}
static bool is_ready_to_leave(void) { return is_ready || has_died(); }
static bool is_left_for_good(void) { return is_over || has_died(); }

FILCH_FORK(child, uint64_t, (uint32_t is_outermost;), (uint32_t local;))
{
    FILCH_BEGIN;
    uint32_t before = atom32_add(&begun, 1);
    /* The idle worker gets the oldest child first. */
    if (!before) outermost_begun = f->is_outermost;
    FILCH_RETURN(1);
    FILCH_END;
}

/* Ends when so many children have begun: on the other worker. */
FILCH_FORK(hold, uint64_t, (uint32_t count;), (uint32_t local;))
{
    FILCH_BEGIN;
    wanted = f->count;
    explore_await(have_begun);
    FILCH_RETURN(1);
    FILCH_END;
}

/* The same, or when its next call is to poll. */
static bool have_begun_or_is_asked(void)
{
    return have_begun() || !plan_workers(scene)[0].view.limit || !plan_workers(scene)[1].view.limit;
}
FILCH_FORK(lookout, uint64_t, (uint32_t count;), (uint32_t local;))
{
    FILCH_BEGIN;
    wanted = f->count;
    explore_await(have_begun_or_is_asked);
    spin_hint(); /* here the other worker goes on, at no preemption */
    FILCH_RETURN(1);
    FILCH_END;
}

#define HOLD_LOOP_ARGS(F) F(value, u32, count)
FILCH_KERNEL(sequential, hold_loop, HOLD_LOOP_ARGS)
{
    (void)task, (void)begin, (void)end;
    wanted = args->count;
    explore_await(have_begun);
    return FILCH_OK;
}

FILCH_FORK(spine, uint64_t, (uint32_t count, loops;), (uint64_t got;))
{
    FILCH_BEGIN;
    if (f->loops) {
        FILCH_LOOP(hold_loop, 0, 1, f->count);
    } else {
        while (begun.word < f->count && !has_died()) FILCH_CALL(f->got, lookout, f->count);
    }
    FILCH_RETURN(1);
    FILCH_END;
}

/* The owner pauses the tree meanwhile, so the worker leaves it at its next call. */
static void be_asked(const filch_task *task)
{
    leaver = task->worker;
    is_ready = true;
    explore_await(is_asked);
}

FILCH_FORK(between, uint64_t, (uint32_t count;), (uint64_t got;))
{
    FILCH_BEGIN;
    FILCH_SPAWN(child, false);
    be_asked(task);
    FILCH_CALL(f->got, spine, f->count, false);
    FILCH_JOIN(f->got, child);
    FILCH_RETURN(1);
    FILCH_END;
}

#define PARENT_ARGS(F) F(value, u32, variant) F(state, u64, got) F(state, u32, i) F(state, u32, n)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_parent
FILCH_FORK_KERNEL(parent, PARENT_ARGS)
{
    FILCH_BEGIN;
    explore_await(is_other_busy); /* so no worker is idle before this one leaves */
    if (f->variant == AGAIN) {
        FILCH_SPAWN(child, false);
        f->n++;
        FILCH_LOOP(hold_loop, 0, 1, 0);
    }
    for (; f->n < children_of(f->variant) - (f->variant == DEEP); f->n++) FILCH_SPAWN(child, true);
    if (f->variant != DEEP) be_asked(task);
    if (f->variant == AT_ONCE) FILCH_CALL(f->got, hold, 1);
    else if (f->variant == DEEP) FILCH_CALL(f->got, between, 2);
    else FILCH_CALL(f->got, spine, f->n, f->variant == LOOP);
    for (f->i = 0; f->i < f->n; f->i++) FILCH_JOIN(f->got, child);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

/* The other worker, until the tree has been left. */
#define BUSY_ARGS(F) F(value, u32, unused)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_busy
FILCH_KERNEL(sequential, busy, BUSY_ARGS)
{
    (void)task, (void)args, (void)begin, (void)end;
    is_busy = true;
    explore_await(is_left_for_good);
    return FILCH_OK;
}

enum { PARENT, BUSY, HOLD_LOOP, KERNELS };
static const filch_kernel *const kernels[KERNELS] = {&filch_kernel_parent, &filch_kernel_busy,
                                                     &filch_kernel_hold_loop};

static void setup(void)
{
    scene_begin(kernels, KERNELS, 2, 12);
    begun = (atom32){0};
    wanted = leaver = 0;
    outermost_begun = true;
    is_busy = is_ready = is_over = false;
}

static void post(uint32_t kernel, uint32_t argument)
{
    uint32_t args[8] = {argument};
    scene_post(&(filch_submission){.kernel = kernel, .end = 1, .grain = 1, .args = args});
}

/* The owner pauses the tree, and its worker leaves it. */
static void leave(void)
{
    post(PARENT, (uint32_t)explore_variant);
    post(BUSY, 0);
    explore_await(is_ready_to_leave);
    control_try_pause(scene, scene_tasks[0].handle);
    explore_await(is_left);
    is_over = true;
    /* Otherwise a worker may be idle only when what goes on makes no further call. */
    if (explore_variant == AT_ONCE) explore_await(are_both_idle);
}
static void left(int thread)
{
    if (scene_has_worked(thread)) return;
    leave();
    control_try_resume(scene, scene_tasks[0].handle);
    scene_reap(2);
    scene_end();
}
static void check_left(void)
{
    scene_check();
    for (int t = 0; t < 2; t++) EXPLORE_CHECK(scene_tasks[t].status == FILCH_OK);
    EXPLORE_CHECK(begun.word == children_of((uint32_t)explore_variant));
    if (explore_variant == DEEP) EXPLORE_CHECK(outermost_begun);
}

static void stop(int thread)
{
    if (scene_has_worked(thread)) return;
    leave();
    control_stop(scene);
    scene_reap(2);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_CANCELLED);
}

/* A worker dies before the tree is left, while it is paused, or after it was resumed. */
static void die(int thread)
{
    if (scene_has_worked(thread)) return;
    leave();
    control_try_resume(scene, scene_tasks[0].handle);
    scene_reap_and_recover();
    scene_end();
}
static void check_die(void)
{
    for (int t = 0; t < 2; t++) {
        uint32_t status = scene_tasks[t].status;
        EXPLORE_CHECK(status == FILCH_OK || status == FILCH_WORKER_LOST);
    }
    /* As in fork_loss_cases.c. */
    if (explore_died() > 0 && !scene_recovered) return;
    EXPLORE_CHECK(scene_free_slots() + 1 >= plan_slot_count(scene));
}

const explore_case fork_outer_cases[] = {
    {.scenario = {.name = "fork: children of calls that were left",
                  .setup = setup,
                  .threads = 3,
                  .thread = left,
                  .check = check_left},
     .variants = VARIANTS,
     .nightly = 1,
     .random = 5000},
    {.scenario = {.name = "fork: stopped after it was left",
                  .setup = setup,
                  .threads = 3,
                  .thread = stop,
                  .check = scene_check},
     .variants = VARIANTS,
     .nightly = 1,
     .random = 3000},
    {.scenario = {.name = "fork: left, a worker dies",
                  .setup = setup,
                  .threads = 3,
                  .thread = die,
                  .check = check_die,
                  .mortal = FIRST_WORKER_MAY_DIE},
     .variants = DEEP,
     .nightly = 1,
     .deaths = 1,
     .random = 1000},
    {.scenario.name = 0},
};
