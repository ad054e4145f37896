/* Sleep: which workers a post unparks, how parked and busy workers meet the stop, and the protocol
 * alone. */
#include "sched/sleep.h"

#include "loops.h"
#include "owner/control.h"
#include "sched/worker.h"

/* The owner posts while one worker is busy, and the other is about to park. The post gets the other
 * worker. */
static void wake(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(AWAIT, 1, 1);
    loops_post(RAISE, 1, 1);
    loops_reap(2);
    control_stop(loops.rt);
}
static void check_woken(void)
{
    loops_check_all(1);
    EXPLORE_CHECK(!loops.rt->outside.word);
}

static void stop_idle(int thread)
{
    if (loops_has_worked(thread)) return;
    control_stop(loops.rt);
}

/* The same with workers that return in place of parking. */
static void wake_returned(int thread)
{
    if (loops_has_idled(thread)) return;
    wake(0);
}
static void stop_returned(int thread)
{
    if (loops_has_idled(thread)) return;
    control_stop(loops.rt);
}
static void recall_returned(int thread)
{
    if (loops_has_idled(thread)) return;
    worker_recall(loops.rt, 0);
    loops_post(MARK, 2, 1);
    loops_reap(1);
    control_stop(loops.rt);
}

/* Worker 0 returns in place of parking, and stays outside until one of the posts has run. The first
 * post may unpark it, and waits. The second one does not rely on it, and gets the other worker. */
static void stay_outside(int thread)
{
    if (thread == 1) loops_stay_outside(thread);
    if (thread == 1 || loops_has_worked(thread)) return;
    loops_post(RAISE, 1, 1);
    loops_post(RAISE, 1, 1);
    loops_reap(2);
    control_stop(loops.rt);
}
/* With two more workers. The last post may rely on worker 1, which searches, and finds another
 * task. Then worker 1 is the last one that searches, though worker 0 counts as searching. */
static bool is_outside_beside_two(void)
{
    return loops.outside && explore_waits(2) && explore_waits(3);
}
static void stay_beside_search(int thread)
{
    if (thread == 1) loops_stay_outside(thread);
    if (thread == 1 || loops_has_worked(thread)) return;
    explore_await(is_outside_beside_two);
    loops_post(MARK, 1, 1);
    loops_post(AWAIT, 1, 1);
    loops_post(RAISE, 1, 1);
    loops_reap(3);
    control_stop(loops.rt);
}

/* A stop in the middle: every running or queued task completes, done or cancelled. */
static void stop_busy(int thread)
{
    if (loops_has_worked(thread)) return;
    loops_post(MARK, 2, 1);
    loops_post(IN_ORDER, 2, 1);
    control_stop(loops.rt);
    loops_reap(2);
}
static void check_stopped(void) { loops_check_all(2); }

/* The protocol alone: thread 0 parks as worker 0, and two producers give it work. */
static atom32 work_left;
static void setup_protocol(void)
{
    loops_setup();
    work_left = (atom32){0};
}
static void park_and_unpark(int thread)
{
    if (thread) {
        atom32_add(&work_left, 1);
        sleep_try_unpark(loops.rt, 1);
        return;
    }
    for (uint32_t taken = 0; taken < 2;) {
        uint32_t there = atom32_exchange(&work_left, 0);
        taken += there;
        if (there) continue;
        sleep_prepare_park(loops.rt, 0);
        if (atom32_load(&work_left)) sleep_cancel_park(loops.rt, 0);
        else sleep_park(loops.rt, 0);
    }
}

const explore_case sleep_cases[] = {
    {.scenario = {.name = "sched: a post wakes a worker",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = wake,
                  .check = check_woken},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "sched: idle workers stop",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = stop_idle},
     .preemptions = 4,
     .nightly = 5,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "sched: a post wakes a worker that has returned",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = wake_returned,
                  .check = check_woken},
     .variants = 2,
     .preemptions = 1,
     .nightly = 2,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "sched: idle workers that have returned stop",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = stop_returned},
     .variants = 3,
     .preemptions = 3,
     .nightly = 5,
     .prunes = true,
     .random = 20000},
    {.scenario = {.name = "sched: a recall of a worker that has returned",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = recall_returned,
                  .check = check_stopped},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 20000},
    {.scenario = {.name = "sched: a worker stays outside",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = stay_outside,
                  .check = check_woken},
     .preemptions = 1,
     .nightly = 2,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "sched: a worker stays outside beside two",
                  .setup = loops_setup_more,
                  .threads = 4,
                  .thread = stay_beside_search,
                  .check = check_woken},
     .preemptions = 0,
     .nightly = 1,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "sched: stop in the middle",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = stop_busy,
                  .check = check_stopped},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "sched: park and unpark",
                  .setup = setup_protocol,
                  .threads = 3,
                  .thread = park_and_unpark},
     .preemptions = 6,
     .nightly = 7,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "weak: a post wakes a worker",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = wake,
                  .check = check_woken},
     .preemptions = 1,
     .nightly = 2,
     .stale = 1,
     .random = 20000},
    {.scenario = {.name = "weak: park and unpark",
                  .setup = setup_protocol,
                  .threads = 3,
                  .thread = park_and_unpark},
     .preemptions = 3,
     .nightly = 5,
     .stale = 1,
     .random = 20000},
    {.scenario.name = 0},
};
