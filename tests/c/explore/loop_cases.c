/* Loops that two workers share, yield, move, and end. */
#include "core/state.h"
#include "core/tree.h"
#include "loops.h"
#include "owner/control.h"

#define BLOCK ((uint64_t)1 << BLOCK_BITS)

static bool is_ok(int task) { return loops.tasks[task].status == FILCH_OK; }

static void check_one(void) { loops_check_all(1); }
static void check_yielded(void)
{
    loops_check_ran(0, 6);
    loops_check_ran(1, 1);
}
static void check_moved(void)
{
    loops_check_ran(0, 5);
    loops_check_ran(1, 1);
}
static void check_failed(void)
{
    loops_check_ran(0, 3);
    loops_check_ran(1, 1);
}

/* Two workers run a loop between them, parked, searching, or busy when the owner posts the loop. */
static void share(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(MARK, 4, 1);
    loops_reap(1);
    EXPLORE_CHECK(is_ok(0));
    control_stop(loops.rt);
}
static void check_shared(void) { loops_check_all(4); }

/* A worker yields a parallel loop while another worker still runs a part of the loop. */
static void yield(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(MARK, 6, 1);
    loops_post(MARK, 1, 1);
    loops_reap(2);
    EXPLORE_CHECK(is_ok(0) && is_ok(1));
    control_stop(loops.rt);
}

/* Tasks of one priority begin in the order of their posts. */
static void in_turn(int thread)
{
    if (loops_has_worked(thread)) return;
    for (int t = 0; t < TASKS; t++) loops_post(TURN, 1, 1);
    loops_reap(TASKS);
    control_stop(loops.rt);
}

/* A sequential loop moves between workers, one at a time, in order. */
static void move(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(IN_ORDER, 5, 1);
    loops_post(MARK, 1, 1);
    loops_reap(2);
    EXPLORE_CHECK(is_ok(0) && is_ok(1));
    control_stop(loops.rt);
}

/* A chunk fails: its task fails with the kernel's code, and no other task fails. */
static void fail(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(FAIL, 3, 1);
    loops_post(MARK, 1, 1);
    loops_reap(2);
    EXPLORE_CHECK(loops.tasks[0].status == FILCH_KERNEL_FAILED && is_ok(1));
    control_stop(loops.rt);
}

/* One slot for three tasks: back-pressure, generations, stale items of a cancelled task; and all
 * complete. */
static void one_slot(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(MARK, 1, 1);
    EXPLORE_CHECK(control_try_cancel(loops.rt, loops.tasks[0].handle));
    loops_post(MARK, 1, 1);
    loops_post(MARK, 1, 1);
    loops_reap(3);
    EXPLORE_CHECK(is_ok(1) && is_ok(2));
    control_stop(loops.rt);
}

/* A loop longer than a block, with a helper that may join at any moment of the change of blocks. */
static void blocks(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(MEASURE, 2 * BLOCK + 3, 1u << BLOCK_BITS);
    loops_reap(1);
    EXPLORE_CHECK(is_ok(0) && loops.sum.word == 2 * BLOCK + 3);
    control_stop(loops.rt);
}

/* The owner pauses a loop while its blocks change, and resumes the loop when it is at rest. No
 * iteration is lost, and no worker stays in the loop. */
static bool is_at_rest(void)
{
    uint64_t state = plan_slots(loops.rt)[handle_slot(loops.tasks[0].handle)].state.word;
    return (state & STATE_CLOSED) || !(state & (STATE_WORKERS | STATE_QUEUED));
}
static void pause_blocks(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(MEASURE, 2 * BLOCK, 1u << (BLOCK_BITS - 1));
    uint64_t handle = loops.tasks[0].handle;
    EXPLORE_CHECK(control_try_pause(loops.rt, handle));
    explore_await(is_at_rest);
    uint64_t before = loops.sum.word;
    if (control_pause_state(loops.rt, handle) == PAUSE_DONE) EXPLORE_CHECK(before < 2 * BLOCK);
    EXPLORE_CHECK(control_try_resume(loops.rt, handle));
    loops_reap(1);
    EXPLORE_CHECK(is_ok(0) && loops.sum.word == 2 * BLOCK);
    control_stop(loops.rt);
}

const explore_case loop_cases[] = {
    {.scenario = {.name = "sched: a loop is shared",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = share,
                  .check = check_shared},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "sched: a parallel loop yields",
                  .setup = loops_setup_slicing,
                  .threads = 3,
                  .thread = yield,
                  .check = check_yielded},
     .preemptions = 1,
     .nightly = 2,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "sched: a sequential loop moves",
                  .setup = loops_setup_slicing,
                  .threads = 3,
                  .thread = move,
                  .check = check_moved},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "sched: posts begin in their order",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = in_turn,
                  .check = check_one},
     .preemptions = 1,
     .nightly = 2,
     .random = 20000},
    {.scenario = {.name = "sched: a chunk fails",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = fail,
                  .check = check_failed},
     .preemptions = 1,
     .nightly = 2,
     .random = 100000},
    {.scenario = {.name = "sched: one slot for three tasks",
                  .setup = loops_setup_one_slot,
                  .threads = 3,
                  .thread = one_slot,
                  .check = check_one},
     .preemptions = 1,
     .nightly = 2,
     .random = 50000},
    {.scenario = {.name = "sched: a loop longer than a block",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = blocks},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "sched: paused between blocks",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = pause_blocks},
     .preemptions = 1,
     .nightly = 2,
     .random = 100000},
    {.scenario = {.name = "weak: a loop is shared",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = share,
                  .check = check_shared},
     .preemptions = 1,
     .nightly = 2,
     .stale = 1,
     .random = 20000},
    {.scenario.name = 0},
};
