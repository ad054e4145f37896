/* Fork-join: children that are joined, fail, run loops, and lack slots. */
#include "forks.h"
#include "owner/control.h"

static bool is_ok(int task) { return scene_tasks[task].status == FILCH_OK; }

static void join(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(TREE, 2);
    scene_reap(1);
    EXPLORE_CHECK(is_ok(0));
    scene_end();
}
static void check_join(void)
{
    scene_check();
    forks_check_tree(0, TREE, 4);
}

static void spread(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(WIDE, 0);
    scene_reap(1);
    EXPLORE_CHECK(is_ok(0));
    scene_end();
}
static void check_spread(void)
{
    scene_check();
    forks_check_tree(0, WIDE, 6);
}

/* Trees one after the other, and a loop that goes before them where it can. */
static void queue_up(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(TREE, 1);
    forks_post(TREE, 1);
    forks_post(VISIT, 1);
    if (explore_variant) forks_post(TREE, 1);
    if (explore_variant == 2) control_try_cancel(scene, scene_tasks[0].handle);
    if (explore_variant == 3) {
        control_try_pause(scene, scene_tasks[0].handle);
        control_try_resume(scene, scene_tasks[0].handle);
    }
    scene_reap(scene_posted);
    for (int t = 0; t < scene_posted; t++) {
        bool cancelled = t == 0 && explore_variant == 2 && scene_tasks[t].status == FILCH_CANCELLED;
        EXPLORE_CHECK(is_ok(t) || cancelled);
    }
    scene_end();
}
static void check_queue(void)
{
    scene_check();
    forks_check_tree(0, TREE, 2);
    forks_check_tree(1, TREE, 2);
    EXPLORE_CHECK(forks_leaves[2].word == 1);
    if (explore_variant) forks_check_tree(3, TREE, 2);
}

static void fail(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(FAILING, 0);
    scene_reap(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_KERNEL_FAILED);
    scene_end();
}

static void step_by_step(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(PHASES, 0);
    scene_reap(1);
    EXPLORE_CHECK(is_ok(0));
    scene_end();
}
static void check_steps(void)
{
    scene_check();
    EXPLORE_CHECK(forks_loops.word == 4);
}

static void nested(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(NEST, 2);
    if (explore_variant == 1) control_try_cancel(scene, scene_tasks[0].handle);
    scene_reap(1);
    EXPLORE_CHECK(explore_variant == 1 || is_ok(0));
    scene_end();
}
static void check_nested(void)
{
    scene_check();
    if (is_ok(0)) EXPLORE_CHECK(forks_leaves[0].word == 4);
}

const explore_case fork_cases[] = {
    {.scenario = {.name = "fork: a join meets its last child",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = join,
                  .check = check_join},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 3000},
    {.scenario = {.name = "fork: a join, three workers",
                  .setup = forks_setup_three,
                  .threads = 4,
                  .thread = join,
                  .check = check_join},
     .preemptions = 1,
     .nightly = 2,
     .prunes = true,
     .random = 3000},
    {.scenario = {.name = "fork: children joined in turn",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = spread,
                  .check = check_spread},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 3000},
    {.scenario = {.name = "fork: too few slots",
                  .setup = forks_setup_short,
                  .threads = 3,
                  .thread = join,
                  .check = check_join},
     .variants = 5,
     .preemptions = 1,
     .nightly = 2,
     .random = 1000},
    {.scenario = {.name = "fork: queued where slots are scarce",
                  .setup = forks_setup_scarce,
                  .threads = 3,
                  .thread = queue_up,
                  .check = check_queue},
     .variants = 4,
     .preemptions = 1,
     .nightly = 2,
     .prunes = true,
     .random = 5000},
    {.scenario = {.name = "fork: alone, queued where slots are scarce",
                  .setup = forks_setup_scarce_one,
                  .threads = 2,
                  .thread = queue_up,
                  .check = check_queue},
     .variants = 4,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "fork: a child fails",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = fail,
                  .check = scene_check},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 3000},
    {.scenario = {.name = "fork: loop after loop",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = step_by_step,
                  .check = check_steps},
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario = {.name = "fork: loops that chunks post",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = nested,
                  .check = check_nested},
     .variants = 2,
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario.name = 0},
};
