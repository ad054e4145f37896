/* Two workers die, at any two steps: both workers, or one and the thread that has taken its place.
 * Always one of three is left, and every task completes. */
#include "forks.h"

/* Threads 1 and 2 are the workers; thread 3 takes the place of the one that dies first. */
enum { THREADS = 4, REPLACES = 3, MORTAL = 14 };

static bool is_ok_or_lost(int task)
{
    uint32_t status = scene_tasks[task].status;
    return status == FILCH_OK || status == FILCH_WORKER_LOST;
}

/* In the last variant a tree and a loop share the workers. */
enum { LOOP, TREE_ALONE, TREE_AND_LOOP, VARIANTS };

static void die(int thread)
{
    if (thread == REPLACES) {
        scene_replace();
        return;
    }
    if (scene_has_worked(thread)) return;
    if (explore_variant != LOOP) forks_post(TREE, 2);
    if (explore_variant != TREE_ALONE) forks_post(VISIT, 3);
    scene_reap_and_recover();
    for (int t = 0; t < scene_posted; t++) EXPLORE_CHECK(is_ok_or_lost(t));
    scene_end();
}

static void check(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    for (int t = 0; t < scene_posted; t++) {
        uint32_t count = explore_variant == LOOP || t ? 3 : 4;
        EXPLORE_CHECK(forks_leaves[t].word <= count);
        if (scene_tasks[t].status == FILCH_OK) EXPLORE_CHECK(forks_leaves[t].word == count);
    }
}

const explore_case second_loss_cases[] = {
    {.scenario = {.name = "loss: two die",
                  .setup = forks_setup,
                  .threads = THREADS,
                  .thread = die,
                  .check = check,
                  .mortal = MORTAL},
     .variants = VARIANTS,
     .preemptions = WALKS_ONLY,
     .deaths = 2,
     .random = 3000},
    {.scenario = {.name = "loss: two die, scarce slots",
                  .setup = forks_setup_scarce,
                  .threads = THREADS,
                  .thread = die,
                  .check = check,
                  .mortal = MORTAL},
     .variants = VARIANTS,
     .preemptions = WALKS_ONLY,
     .deaths = 2,
     .random = 3000},
    {.scenario.name = 0},
};
