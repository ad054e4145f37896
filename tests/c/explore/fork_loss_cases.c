/* Trees that lose a worker at any step. The tree fails, or had ended; every other task completes;
 * and no slot that the worker had marked is lost. */
#include <setjmp.h>

#include "core/state.h"
#include "core/tree.h"
#include "forks.h"
#include "owner/control.h"
#include "owner/recover.h"
#include "sched/worker.h"

static bool is_ok_or_lost(int task)
{
    uint32_t status = scene_tasks[task].status;
    return status == FILCH_OK || status == FILCH_WORKER_LOST;
}

/* In the last variant the slots of one tree may go to the other. */
enum { TREE_AND_LOOP, PHASES_AND_LOOP, TWO_TREES, VARIANTS };

static void die(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(explore_variant == PHASES_AND_LOOP ? PHASES : TREE, 2);
    forks_post(explore_variant == TWO_TREES ? TREE : VISIT, 1);
    scene_reap_and_recover();
    for (int t = 0; t < 2; t++) EXPLORE_CHECK(is_ok_or_lost(t));
    scene_end();
}

static const filch_slot *first_slot(void)
{
    return &plan_slots(scene)[handle_slot(scene_tasks[0].handle)];
}
static bool is_completed_or_died(void) { return scene->completions.word || explore_died() >= 0; }
/* Only the completion is missing. */
static bool is_first_whole(void)
{
    uint32_t members = first_slot()->tree.members.word;
    return members & ROOT_CLOSED && !ROOT_COUNT(members);
}

/* No worker is left in the tree that could notify the owner. A tree that has run whole is not
 * lost. */
static void die_alone(int thread)
{
    if (thread == 2) {
        scene_replace();
        return;
    }
    if (scene_has_worked(thread)) return;
    forks_post(explore_variant ? PHASES : TREE, 2);
    explore_await(is_completed_or_died);
    bool was_whole = is_first_whole();
    scene_reap_and_recover();
    EXPLORE_CHECK(was_whole ? scene_tasks[0].status == FILCH_OK : is_ok_or_lost(0));
    scene_end();
}

static bool has_begun_or_died(void) { return first_slot()->helpers.word || explore_died() >= 0; }
static bool is_paused_or_over(void)
{
    for (uint32_t i = 0; i < plan_slot_count(scene); i++) {
        if (plan_slots(scene)[i].state.word & STATE_PAUSED) return true;
    }
    return is_completed_or_died();
}

/* A worker dies in a tree that is to pause, or has paused. A lost tree completes without a resume;
 * the other one needs it. */
static void die_paused(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post_whole();
    explore_await(has_begun_or_died);
    control_try_pause(scene, scene_tasks[0].handle);
    if (explore_variant) explore_await(is_paused_or_over);
    if (explore_died() > 0) {
        recover_worker(scene, (uint32_t)explore_died() - 1);
        scene_recovered = true;
    }
    if (first_slot()->status.word != FILCH_WORKER_LOST) {
        control_try_resume(scene, scene_tasks[0].handle);
    }
    scene_reap_and_recover();
    EXPLORE_CHECK(is_ok_or_lost(0));
    scene_end();
}

/* -- one worker dies in a tree, the other one traps there -- */
static jmp_buf trap; /* where the thread of the second worker goes on */
static bool has_trapped;
FILCH_FORK(snare, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    spin_hint(); /* here the other threads go on, at no preemption */
    if (task->worker == 1 && !has_trapped) {
        has_trapped = true;
        longjmp(trap, 1);
    }
    FILCH_RETURN(1);
    FILCH_END;
}
#define TRAPPING_ARGS(F) F(state, u64, got)
FILCH_FORK_KERNEL(trapping, TRAPPING_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(snare, 0);
    FILCH_CALL(f->got, snare, 0);
    FILCH_JOIN(f->got, snare);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
static const filch_kernel *const kernels[] = {&filch_kernel_trapping};
static void setup_trapping(void)
{
    scene_begin(kernels, 1, 2, 6);
    has_trapped = false;
}

/* The owner hears that no worker is left in the lost tree. */
static void die_and_trap(int thread)
{
    if (thread == 2) {
        worker_adopt(scene, 1);
        if (setjmp(trap)) worker_trapped(scene, 1, false);
        worker_run(scene, 1);
        return;
    }
    if (scene_has_worked(thread)) return;
    scene_post(&(filch_submission){.end = 1, .args = (uint64_t[1]){0}});
    scene_reap_and_recover();
    bool trapped = has_trapped && scene_tasks[0].status == FILCH_KERNEL_TRAPPED;
    EXPLORE_CHECK(is_ok_or_lost(0) || trapped);
    scene_end();
}

static void check_die(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    /* A worker that was not recovered had done all its work, and may have slots in reserve. */
    if (explore_died() > 0 && !scene_recovered) return;
    /* One slot may be missing: the worker had taken the slot and not marked it yet. */
    EXPLORE_CHECK(scene_free_slots() + 1 >= plan_slot_count(scene));
}

const explore_case fork_loss_cases[] = {
    {.scenario = {.name = "fork: scarce slots, a worker dies",
                  .setup = forks_setup_scarce,
                  .threads = 3,
                  .thread = die,
                  .check = check_die,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = VARIANTS,
     .nightly = 1,
     .deaths = 1,
     .random = 3000},
    {.scenario = {.name = "fork: a worker dies",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = die,
                  .check = check_die,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = VARIANTS,
     .nightly = 1,
     .deaths = 1,
     .random = 3000},
    {.scenario = {.name = "fork: the only worker dies",
                  .setup = forks_setup_one,
                  .threads = 3,
                  .thread = die_alone,
                  .check = check_die,
                  .mortal = FIRST_WORKER_MAY_DIE},
     .variants = 2,
     .nightly = 1,
     .deaths = 1,
     .random = 1000},
    {.scenario = {.name = "fork: a worker dies, another traps",
                  .setup = setup_trapping,
                  .threads = 3,
                  .thread = die_and_trap,
                  .check = check_die,
                  .mortal = FIRST_WORKER_MAY_DIE},
     .nightly = 1,
     .deaths = 1,
     .random = 5000},
    {.scenario = {.name = "fork: a worker dies around a pause",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = die_paused,
                  .check = check_die,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = 2,
     .nightly = 1,
     .deaths = 1,
     .random = 3000},
    {.scenario.name = 0},
};
