/* Cancels of loops: of queued, running, split, yielding, and ended ones. */
#include "loops.h"
#include "owner/control.h"

static uint64_t first(void) { return loops.tasks[0].handle; }

static void cancel(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(MARK, 4, 1);
    EXPLORE_CHECK(control_try_cancel(loops.rt, first()));
    loops_reap(1);
    uint32_t status = loops.tasks[0].status;
    EXPLORE_CHECK(status == FILCH_OK || status == FILCH_CANCELLED);
    EXPLORE_CHECK(!control_try_cancel(loops.rt, first()));
    control_stop(loops.rt);
}
static void check_cancelled(void)
{
    const loops_task *task = &loops.tasks[0];
    uint64_t ran = 0;
    loops_check_all(4);
    for (int i = 0; i < 4; i++) ran += task->marks[i].word;
    EXPLORE_CHECK(task->done == ran); /* whole chunks only */
    EXPLORE_CHECK((task->status == FILCH_OK) == (ran == 4));
}

/* The owner cancels a loop while its worker yields, at the end of a time slice. */
static void cancel_yield(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(IN_ORDER, 5, 1);
    loops_post(MARK, 1, 1);
    EXPLORE_CHECK(control_try_cancel(loops.rt, first()));
    loops_reap(2);
    control_stop(loops.rt);
}
static void check_cancelled_yield(void)
{
    EXPLORE_CHECK(loops.completed == 2 && loops.tasks[1].status == FILCH_OK);
    loops_check_ran(0, 5);
    loops_check_ran(1, 1);
}

/* After a cancel each worker runs at most one more chunk, also (the second variant) where an
 * earlier cancel has left a preempt request behind. */
static void setup_preempt_request(void)
{
    loops_setup();
    for (int w = 0; w < WORKERS; w++) {
        plan_workers(loops.rt)[w].shared.preempt_request = (atom32){(uint32_t)explore_variant};
    }
}
static bool is_running(void) { return loops.sum.word > 0; }
static void cancel_within_a_chunk(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(MEASURE, 7, 1);
    explore_await(is_running);
    EXPLORE_CHECK(control_try_cancel(loops.rt, first()));
    uint64_t before = loops.sum.word;
    loops_reap(1);
    EXPLORE_CHECK(loops.sum.word <= before + WORKERS && loops.tasks[0].done == loops.sum.word);
    control_stop(loops.rt);
}

/* The owner cancels a loop while its worker yields, and all workers are busy from then on. The loop
 * completes all the same. So does one that is queued while another worker still runs in it, and
 * is then cancelled, or fails, and one that a worker pauses as it is cancelled. */
static void cancel_busy(int thread)
{
    static const uint32_t kernels[] = {IN_ORDER, MARK, FAIL, MARK};
    if (loops_has_worked(thread)) return;
    loops_post(kernels[explore_variant], 5, 1);
    loops_post(AWAIT, 1, 1);
    loops_post(AWAIT, 1, 1);
    if (explore_variant == 3) EXPLORE_CHECK(control_try_pause(loops.rt, first()));
    if (kernels[explore_variant] != FAIL) EXPLORE_CHECK(control_try_cancel(loops.rt, first()));
    while (loops.tasks[0].status == LOOPS_PENDING) loops_reap(loops.completed + 1);
    loops.flag = true;
    loops_reap(3);
    control_stop(loops.rt);
}

const explore_case cancel_cases[] = {
    {.scenario = {.name = "sched: cancel",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = cancel,
                  .check = check_cancelled},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "sched: cancel meets a yield",
                  .setup = loops_setup_slicing,
                  .threads = 3,
                  .thread = cancel_yield,
                  .check = check_cancelled_yield},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "sched: cancelled within a chunk",
                  .setup = setup_preempt_request,
                  .threads = 3,
                  .thread = cancel_within_a_chunk},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "sched: a cancel meets a yield, all workers busy",
                  .setup = loops_setup_slicing,
                  .threads = 3,
                  .thread = cancel_busy},
     .variants = 4,
     .preemptions = 1,
     .nightly = 2,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "weak: cancel",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = cancel,
                  .check = check_cancelled},
     .preemptions = 1,
     .nightly = 2,
     .stale = 1,
     .random = 20000},
    {.scenario.name = 0},
};
