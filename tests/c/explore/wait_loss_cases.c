/* Waits whose time is over, and waits beside workers that die. */
#include "construct/alarm.h"
#include "construct/event.h"
#include "core/wait.h"
#include "owner/reap.h"
#include "owner/recover.h"
#include "sched/inbox.h"
#include "waits.h"

/* Reaps as the host does, and tells of the time. */
static void reap_in_time(int count)
{
    while (scene_completed < count) {
        uint64_t alarm = alarm_next(scene);
        if (alarm != NO_ALARM) {
            while (clock_ns() < alarm) {}
            alarm_ring(scene);
            inbox_flush(scene);
        }
        scene_try_reap();
        if (scene_completed >= count) return;
        if (reap_try_arm(scene)) futex_wait(&scene->doorbell, 1);
    }
}
/* The time is over: no permit comes; or one comes meanwhile; or after the tasks have waited. */
static void timed(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    waits_post(LOOP);
    if (explore_variant >= 3) waits_pulse(1);
    reap_in_time(2);
    EXPLORE_CHECK(waits.passed <= waits.permits);
    for (int i = 0; i < 2; i++) EXPLORE_CHECK(waits.ends[i] <= FILCH_WAITED_TIMEOUT);
    if (explore_variant < 3) EXPLORE_CHECK(waits.ends[0] == FILCH_WAITED_TIMEOUT);
    scene_end();
}

/* -- losses -- */
/* Tasks that a dead worker did not run in are done. */
static void check_lost(void)
{
    int lost = 0;
    EXPLORE_CHECK(scene_completed == scene_posted);
    for (int i = 0; i < scene_posted; i++) {
        lost += scene_tasks[i].status == FILCH_WORKER_LOST;
        EXPLORE_CHECK(scene_tasks[i].status == FILCH_OK ||
                      scene_tasks[i].status == FILCH_WORKER_LOST);
    }
    EXPLORE_CHECK(lost <= (explore_died() >= 0));
    for (uint32_t i = 0; i < plan_slot_count(scene); i++)
        EXPLORE_CHECK(!wait_is_on(plan_waiters(scene)[i].word.word));
}
/* A worker dies at any point; all permits are there, or the event is set: in variants 6 to 8 only
 * once a task waits, or the owner has recovered the worker. */
static bool is_any_armed_or_died(void) { return waits_is_any_armed() || explore_died() >= 0; }
static void dying(int thread)
{
    if (scene_has_worked(thread)) return;
    waits.permits = 9;
    waits_post(waits_kernel());
    waits_post(LOOP);
    if (explore_variant >= 6) {
        explore_await(is_any_armed_or_died);
        if (explore_died() > 0) {
            recover_worker(scene, (uint32_t)explore_died() - 1);
            scene_recovered = true;
        }
    }
    if (explore_variant < 3 || explore_variant >= 6) {
        EXPLORE_CHECK(event_try_set(scene, waits.event));
        inbox_flush(scene);
    } else {
        waits_pulse(3); /* a task that is lost may have taken one */
    }
    scene_reap_and_recover();
    scene_end();
}
/* The worker that ran a task dies while the task waits: the task is done all the same. */
static bool has_every_worker_left(void)
{
    for (uint32_t w = 0; w < plan_worker_count(scene); w++) {
        if (plan_workers(scene)[w].shared.tree.word) return false;
    }
    return waits_is_any_armed() && waits_is_at_rest();
}
static void dead(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    explore_await(has_every_worker_left);
    uint32_t slot = 0;
    while (!wait_is_on(plan_waiters(scene)[slot].word.word)) slot++;
    uint32_t worker = wait_worker_of(plan_waiters(scene)[slot].word.word);
    explore_kill((int)worker + 1, 0);
    recover_worker(scene, worker);
    scene_recovered = true;
    waits_pulse(1);
    scene_reap(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK && waits.passed == 1);
    scene_end();
}

const explore_case wait_loss_cases[] = {
    {.scenario = {.name = "wait: the time is over",
                  .setup = waits_setup_time,
                  .threads = 3,
                  .thread = timed,
                  .check = waits_check_done},
     .variants = 6,
     .nightly = 1,
     .random = 10000},
    {.scenario = {.name = "wait: a worker dies",
                  .setup = waits_setup,
                  .threads = 3,
                  .thread = dying,
                  .check = check_lost,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = 9,
     .nightly = 1,
     .deaths = 1,
     .random = 20000},
    {.scenario = {.name = "wait: the worker dies that ran the task",
                  .setup = waits_setup,
                  .threads = 3,
                  .thread = dead,
                  .check = check_lost,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = 3,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario.name = 0},
};
