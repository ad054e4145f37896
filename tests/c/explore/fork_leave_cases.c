/* Trees whose workers leave them: for a cancel, a pause, or another task. */
#include "core/state.h"
#include "core/tree.h"
#include "forks.h"
#include "owner/control.h"
#include "sched/worker.h"

static bool is_ok(int task) { return scene_tasks[task].status == FILCH_OK; }
static bool is_ok_or_cancelled(int task)
{
    return is_ok(task) || scene_tasks[task].status == FILCH_CANCELLED;
}

static const filch_slot *first_slot(void)
{
    return &plan_slots(scene)[handle_slot(scene_tasks[0].handle)];
}
static bool is_suspended_or_closed(void)
{
    return first_slot()->state.word & (STATE_BLOCKED | STATE_CLOSED);
}

static void cancel(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post_whole();
    if (explore_variant) explore_await(is_suspended_or_closed);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    scene_reap(1);
    EXPLORE_CHECK(is_ok_or_cancelled(0));
    scene_end();
}

/* A tree that its worker has left ends at a cancel, though the worker is busy with a task that is
 * as urgent, or more so. */
static void cancel_left(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post_whole();
    forks_post(GUARD, 0);
    if (explore_variant) explore_await(forks_is_guarding);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    scene_reap(2);
    EXPLORE_CHECK(is_ok_or_cancelled(0));
    EXPLORE_CHECK(is_ok(1));
    scene_end();
}

/* A tree that no worker has begun ends at a cancel, though a worker that has taken it goes on with
 * another tree instead. */
static void cancel_put_down(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(GUARD, 1);
    explore_await(forks_is_guarding);
    forks_post(TREE, 1);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[1].handle));
    scene_reap(2);
    EXPLORE_CHECK(is_ok(0));
    EXPLORE_CHECK(is_ok_or_cancelled(1));
    scene_end();
}
static void check_put_down(void)
{
    scene_check();
    forks_check_tree(1, TREE, 2);
}

/* The owner posts a loop while a tree grows: the worker saves the tree, runs the loop, and goes
 * on. */
static void yield(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post_whole();
    forks_post(VISIT, 1);
    scene_reap(2);
    EXPLORE_CHECK(is_ok(0) && is_ok(1));
    scene_end();
}
static void check_yielded(void)
{
    forks_check_whole();
    EXPLORE_CHECK(forks_leaves[1].word == 1);
}

/* No worker runs in the tree, and none of its calls waits for a worker; or the tree has ended.
 * Children that no worker has begun may be queued: their parents come to them. */
static bool is_at_rest(void)
{
    const filch_slot *root = first_slot();
    for (uint32_t i = 0; i < plan_slot_count(scene); i++) {
        const filch_slot *slot = &plan_slots(scene)[i];
        uint64_t state = slot->state.word;
        if (slot == root && state & STATE_CLOSED) return true;
        if (slot->tree.root.word != (uint32_t)(root - plan_slots(scene)) || state & STATE_CLOSED)
            continue;
        bool is_child = slot != root && slot->tree.join.word == JOIN_OPEN;
        if (state & STATE_WORKERS || (state & STATE_QUEUED && !is_child)) return false;
    }
    return true;
}

static void pause(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post_whole();
    if (explore_variant > 1) explore_await(is_suspended_or_closed);
    control_try_pause(scene, scene_tasks[0].handle);
    if (explore_variant > 1) explore_await(is_at_rest);
    if (explore_variant & 1) control_try_cancel(scene, scene_tasks[0].handle);
    else control_try_resume(scene, scene_tasks[0].handle);
    scene_reap(1);
    EXPLORE_CHECK(explore_variant & 1 || is_ok(0));
    scene_end();
}

/* A tree that has failed completes, though it is paused before it has ended. */
static bool is_decided(void) { return first_slot()->status.word != FILCH_PENDING; }
static void pause_failed(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post(DOOMED, 0);
    explore_await(is_decided);
    control_try_pause(scene, scene_tasks[0].handle);
    control_pause_state(scene, scene_tasks[0].handle);
    scene_reap(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_KERNEL_FAILED);
    scene_end();
}

static bool has_begun(void) { return first_slot()->helpers.word != 0; }

/* The runtime stops while a tree that has begun is paused, or is about to be. The workers go home
 * only after they have dropped it. */
static void stop_paused(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post_whole();
    explore_await(has_begun);
    control_try_pause(scene, scene_tasks[0].handle);
    if (explore_variant) explore_await(is_at_rest);
    control_stop(scene);
    scene_reap(1);
    EXPLORE_CHECK(is_ok_or_cancelled(0));
}

/* The same while the injector has as many items as places, which no task needs any more: the stop
 * queues the tree, and has no place for an item. In the second variant the worker may take some of
 * them before. */
static void stop_full(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post_whole();
    explore_await(has_begun);
    control_try_pause(scene, scene_tasks[0].handle);
    explore_await(is_at_rest);
    forks_post(VISIT, 1);
    for (uint32_t i = 0; i <= plan_mask(scene); i++) {
        control_try_pause(scene, scene_tasks[1].handle);
        control_try_resume(scene, scene_tasks[1].handle);
    }
    control_try_cancel(scene, scene_tasks[1].handle);
    control_stop(scene);
    scene_reap(2);
    EXPLORE_CHECK(is_ok_or_cancelled(0));
}

/* A worker leaves a tree for a recall as the owner cancels the tree: another worker ends it. */
static void cancel_recalled(int thread)
{
    if (scene_has_worked(thread)) return;
    forks_post_whole();
    worker_recall(scene, (uint32_t)explore_variant);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    scene_reap(1);
    EXPLORE_CHECK(is_ok_or_cancelled(0));
    scene_end();
}

const explore_case fork_leave_cases[] = {
    {.scenario = {.name = "fork: cancelled",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = cancel,
                  .check = forks_check_whole},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 3000},
    {.scenario = {.name = "fork: left for a recall, and cancelled",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = cancel_recalled,
                  .check = forks_check_whole},
     .variants = 2,
     .preemptions = 1,
     .nightly = 2,
     .random = 20000},
    {.scenario = {.name = "fork: yielded, then cancelled",
                  .setup = forks_setup_one_wide,
                  .threads = 2,
                  .thread = cancel_left,
                  .check = forks_check_whole},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 3000},
    {.scenario = {.name = "fork: alone, cancelled where slots are scarce",
                  .setup = forks_setup_scarce_one,
                  .threads = 2,
                  .thread = cancel_put_down,
                  .check = check_put_down},
     .preemptions = 2,
     .nightly = 3,
     .random = 3000},
    {.scenario = {.name = "fork: yields to a post",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = yield,
                  .check = check_yielded},
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario = {.name = "fork: paused, and resumed or cancelled",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = pause,
                  .check = forks_check_whole},
     .variants = 4,
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario = {.name = "fork: paused when it has failed",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = pause_failed,
                  .check = scene_check},
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario = {.name = "fork: stopped while it is paused",
                  .setup = forks_setup,
                  .threads = 3,
                  .thread = stop_paused,
                  .check = forks_check_whole},
     .variants = 2,
     .preemptions = 1,
     .nightly = 2,
     .random = 10000},
    {.scenario = {.name = "fork: alone, stopped while it is paused",
                  .setup = forks_setup_one,
                  .threads = 2,
                  .thread = stop_paused,
                  .check = forks_check_whole},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .random = 1000},
    {.scenario = {.name = "fork: stopped while the injector is full",
                  .setup = forks_setup_one,
                  .threads = 2,
                  .thread = stop_full,
                  .check = forks_check_whole},
     .preemptions = 1,
     .nightly = 2,
     .random = 1000},
    {.scenario = {.name = "fork: alone, cancelled",
                  .setup = forks_setup_one,
                  .threads = 2,
                  .thread = cancel,
                  .check = forks_check_whole},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .random = 1000},
    {.scenario = {.name = "fork: alone, yields to a post",
                  .setup = forks_setup_one,
                  .threads = 2,
                  .thread = yield,
                  .check = check_yielded},
     .preemptions = 2,
     .nightly = 3,
     .random = 1000},
    {.scenario = {.name = "fork: alone, paused, and resumed or cancelled",
                  .setup = forks_setup_one,
                  .threads = 2,
                  .thread = pause,
                  .check = forks_check_whole},
     .variants = 4,
     .preemptions = 2,
     .nightly = 3,
     .random = 1000},
    {.scenario.name = 0},
};
