/* Trees that lose a worker at any step. The tree fails, or had ended; every other task completes;
 * and no slot that the worker had marked is lost. */
#include "forks.h"

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

/* No worker is left in the tree that could notify the owner. */
static void die_alone(int thread)
{
    if (thread == 2) {
        scene_replace();
        return;
    }
    if (scene_has_worked(thread)) return;
    forks_post(explore_variant ? PHASES : TREE, 2);
    scene_reap_and_recover();
    EXPLORE_CHECK(is_ok_or_lost(0));
    scene_end();
}

static void check_die(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    /* A worker that was not recovered had done all its work, and may have slots in reserve. */
    if (explore_died() > 0 && !scene_recovered) return;
    /* One slot may be missing: the worker had taken the slot and not marked it yet. */
    EXPLORE_CHECK(scene_free_slots() + 1 >= scene->slot_count);
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
    {.scenario.name = 0},
};
