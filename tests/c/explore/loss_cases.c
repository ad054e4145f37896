/* Worker loss: a worker dies at any moment. The other worker and the owner go on, and every task
 * completes exactly once. */
#include "loops.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/recover.h"

static bool is_notified(void) { return loops.rt->doorbell.word == 0; }
static bool is_notified_or_died(void) { return is_notified() || explore_died() >= 0; }

/* The owner, while a worker may die. */
static void post_and_recover(void)
{
    bool recovered = false;
    loops_post(MARK, 3, 1);
    loops_post(IN_ORDER, 2, 1);
    while (loops.completed < 2) {
        if (!recovered && explore_died() >= 0) {
            recover_worker(loops.rt, (uint32_t)explore_died() - 1);
            recovered = true;
        }
        loops_reap_all();
        if (loops.completed == 2 || !reap_try_arm(loops.rt)) continue;
        explore_await(recovered ? is_notified : is_notified_or_died);
    }
    if (recovered) { /* the other worker still wakes for a post */
        loops_post(MARK, 1, 1);
        loops_reap(3);
        EXPLORE_CHECK(loops.tasks[2].status == FILCH_OK);
    }
    control_stop(loops.rt);
    if (recovered || explore_await_death() < 0) return;
    recover_worker(loops.rt, (uint32_t)explore_died() - 1);
}

static void die(int thread)
{
    if (!loops_has_worked(thread)) post_and_recover();
}
/* The same with workers that return in place of parking. */
static void die_returned(int thread)
{
    if (!loops_has_idled(thread)) post_and_recover();
}

static void check_die(void)
{
    EXPLORE_CHECK(loops.completed == loops.posted);
    EXPLORE_CHECK(!loops.rt->outside.word);
    loops_check_ran(0, 3);
    loops_check_ran(1, 2);
    if (explore_died() >= 0) return;
    EXPLORE_CHECK(loops.tasks[0].status == FILCH_OK && loops.tasks[1].status == FILCH_OK);
}

/* The same with an owner that waits as a page does: another thread stands for its one pending wait
 * on the doorbell. The owner hears of a death by other means, recovers the worker, and reaps; it
 * then relies on the wait. */
enum { LISTENER = WORKERS + 1 };
static bool listening, over;
static bool has_heard(void) { return !listening; }
static bool has_heard_or_died(void) { return !listening || explore_died() >= 0; }
static bool is_listening_or_over(void) { return listening || over; }

static void setup_listening(void)
{
    loops_setup();
    listening = over = false;
}

static void listen(void)
{
    for (;;) {
        explore_await(is_listening_or_over);
        if (over) return;
        futex_wait(&loops.rt->doorbell, 1);
        listening = false;
    }
}

static void die_unheard(int thread)
{
    if (thread == LISTENER) listen();
    if (thread == LISTENER || loops_has_worked(thread)) return;
    bool recovered = false;
    loops_post(MARK, 1, 1);
    loops_post(MARK, 1, 1);
    while (loops.completed < 2) {
        if (!recovered && explore_died() >= 0) {
            recover_worker(loops.rt, (uint32_t)explore_died() - 1);
            recovered = true;
            loops_reap_all();
        } else {
            loops_reap_all();
            if (loops.completed == 2 || !reap_try_arm(loops.rt)) continue;
            listening = true;
        }
        if (loops.completed < 2) explore_await(recovered ? has_heard : has_heard_or_died);
    }
    over = true;
    atom32_store(&loops.rt->doorbell, 0);
    futex_wake(&loops.rt->doorbell, 1);
    control_stop(loops.rt);
    if (recovered || explore_await_death() < 0) return;
    recover_worker(loops.rt, (uint32_t)explore_died() - 1);
}

static void check_unheard(void)
{
    EXPLORE_CHECK(loops.completed == loops.posted);
    loops_check_all(1);
}

const explore_case loss_cases[] = {
    {.scenario = {.name = "sched: the owner is not woken by a worker that dies",
                  .setup = setup_listening,
                  .threads = 4,
                  .thread = die_unheard,
                  .check = check_unheard,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .preemptions = 0,
     .nightly = 1,
     .deaths = 1,
     .random = 5000},
    {.scenario = {.name = "sched: a worker dies",
                  .setup = loops_setup_slicing,
                  .threads = 3,
                  .thread = die,
                  .check = check_die,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .preemptions = 1,
     .nightly = 2,
     .deaths = 1,
     .prunes = true,
     .random = 100000},
    {.scenario = {.name = "sched: a worker that has returned dies",
                  .setup = loops_setup,
                  .threads = 3,
                  .thread = die_returned,
                  .check = check_die,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = 2,
     .preemptions = 0,
     .nightly = 1,
     .deaths = 1,
     .prunes = true,
     .random = 20000},
    {.scenario.name = 0},
};
