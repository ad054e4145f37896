/* Tasks that wait, against everything that the owner may do meanwhile. */
#include "construct/event.h"
#include "core/state.h"
#include "core/wait.h"
#include "owner/control.h"
#include "sched/inbox.h"
#include "waits.h"

/* -- events -- */
/* A permit comes before the wait, or as the task waits, or after that. */
static void one(int thread)
{
    if (scene_has_worked(thread)) return;
    if (explore_variant >= 6) waits_pulse(1);
    waits_post(waits_kernel());
    if (explore_variant >= 3 && explore_variant < 6) explore_await(waits_is_any_armed);
    if (explore_variant < 6) waits_pulse(1);
    scene_reap(1);
    EXPLORE_CHECK(waits.passed == 1 && waits.ends[0] == FILCH_WAITED_EVENT);
    scene_end();
}

/* A permit each, for two tasks: in turn, or both at once. */
static void two(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    waits_post(LOOP);
    if (explore_variant < 3) {
        waits_pulse(1);
        scene_reap(1);
        EXPLORE_CHECK(waits.passed == 1);
        waits_pulse(1);
    } else {
        waits_pulse(2);
    }
    scene_reap(2);
    scene_end();
}

/* The event is set: all pass; then it is reset, and a task waits for it again. */
static void setting(int thread)
{
    if (scene_has_worked(thread)) return;
    waits.permits = 9;
    waits_post(waits_kernel());
    waits_post(LOOP);
    EXPLORE_CHECK(event_try_set(scene, waits.event));
    inbox_flush(scene);
    scene_reap(2);
    EXPLORE_CHECK(waits.passed == 2 && event_try_reset(scene, waits.event));
    waits.permits = 2;
    waits_post(LOOP);
    waits_pulse(1);
    scene_reap(3);
    scene_end();
}

/* Loops leave for each other between a wait that is over at once and their next chunk. */
static void yielding(int thread)
{
    if (scene_has_worked(thread)) return;
    waits.permits = 9;
    EXPLORE_CHECK(event_try_set(scene, waits.event));
    waits_post(LOOP);
    waits_post(LOOP);
    scene_reap(2);
    EXPLORE_CHECK(waits.passed == 2);
    scene_end();
}

/* The event is closed, and its place is used again: the wait fails. */
static void closing(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    EXPLORE_CHECK(event_try_close(scene, waits.event));
    inbox_flush(scene);
    uint32_t next = event_open(scene);
    EXPLORE_CHECK(next && next != waits.event && !event_try_pulse(scene, waits.event, 1));
    EXPLORE_CHECK(event_try_pulse(scene, next, 1));
    scene_reap(1);
    EXPLORE_CHECK(waits.ends[0] == FILCH_WAITED_FAILED);
    EXPLORE_CHECK((uint32_t)plan_events(scene)[event_index(next)].word == 1);
    scene_end();
}
static void check_closed(void)
{
    scene_check();
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK);
}

/* More tasks than slots. */
static void many(int thread)
{
    if (scene_has_worked(thread)) return;
    for (int i = 0; i < SCENE_TASKS; i++) {
        while (!waits_try_post(i % 2 ? LOOP : waits_kernel())) {
            waits_pulse(1);
            scene_reap(scene_completed + 1);
        }
    }
    waits_pulse(2);
    scene_reap(SCENE_TASKS);
    scene_end();
}

/* The worker that ran the task last may be busy: the other one steals the task. */
static void stolen(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    explore_await(waits_is_any_armed);
    waits_post(BUSY);
    waits_pulse(1);
    scene_reap(2);
    scene_end();
}

/* -- what the owner does meanwhile -- */
/* Cancels a task that waits, or is about to. No permit is lost to it. */
static void cancelled(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    waits_post(LOOP);
    if (explore_variant >= 3) explore_await(waits_is_any_armed);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    while (scene_tasks[0].status == SCENE_PENDING) scene_reap(scene_completed + 1);
    waits_pulse(1);
    scene_reap(2);
    scene_end();
}
static bool is_deep_armed_or_past(void) { return waits_is_any_armed(); }
static void cancelled_deep(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(DEEP);
    if (explore_variant) explore_await(is_deep_armed_or_past);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    scene_reap(1);
    scene_end();
}
static void check_cancelled(void)
{
    scene_check();
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_CANCELLED && waits.ends[0] != FILCH_WAITED_EVENT);
    waits_check_none();
    if (scene_posted == 1) return;
    EXPLORE_CHECK(scene_tasks[1].status == FILCH_OK && waits.passed == 1);
    EXPLORE_CHECK(!(uint32_t)plan_events(scene)[event_index(waits.event)].word);
}

/* The permit and the cancel come at the same time. */
static void passed_and_cancelled(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    if (explore_variant < 3) waits_pulse(1);
    EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
    if (explore_variant >= 3) waits_pulse(1);
    scene_reap(1);
    scene_end();
}
static void check_ended(void)
{
    scene_check();
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK || scene_tasks[0].status == FILCH_CANCELLED);
}

/* A task that is paused as it waits goes on only after the resume; the permit is not lost. */
static void paused(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    explore_await(waits_is_any_armed);
    explore_await(waits_is_at_rest); /* of a tree, another part may run yet */
    uint64_t handle = scene_tasks[0].handle;
    EXPLORE_CHECK(control_try_pause(scene, handle));
    EXPLORE_CHECK(control_pause_state(scene, handle) == PAUSE_DONE);
    waits.resting = true;
    waits_pulse(1);
    EXPLORE_CHECK(control_pause_state(scene, handle) == PAUSE_DONE);
    waits.resting = false;
    EXPLORE_CHECK(control_try_resume(scene, handle));
    scene_reap(1);
    scene_end();
}
/* The same, where the task may not wait yet; in variants 3 to 5 it is cancelled, not resumed. */
static void paused_early(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    uint64_t handle = scene_tasks[0].handle;
    EXPLORE_CHECK(control_try_pause(scene, handle));
    waits_pulse(1);
    explore_await(waits_is_at_rest);
    bool has_ended = atom64_load(&plan_slots(scene)[handle_slot(handle)].state) & STATE_CLOSED;
    EXPLORE_CHECK(has_ended || control_pause_state(scene, handle) == PAUSE_DONE);
    if (explore_variant < 3) EXPLORE_CHECK(control_try_resume(scene, handle));
    else EXPLORE_CHECK(control_try_cancel(scene, handle));
    scene_reap(1);
    EXPLORE_CHECK(explore_variant >= 3 || scene_tasks[0].status == FILCH_OK);
    scene_end();
}

/* The runtime stops, with tasks that wait. */
static void stopped(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(waits_kernel());
    waits_post(LOOP);
    control_stop(scene);
    scene_reap(2);
}
static void check_stopped(void)
{
    scene_check();
    for (int i = 0; i < 2; i++) EXPLORE_CHECK(scene_tasks[i].status == FILCH_CANCELLED);
}

/* A part of a tree fails, another one waits. In the last variant the tree is paused besides. */
static filch_slot *slot_of_first(void)
{
    return &plan_slots(scene)[handle_slot(scene_tasks[0].handle)];
}
static bool is_torn_or_armed(void)
{
    return slot_of_first()->status.word != FILCH_PENDING || waits_is_any_armed();
}
static bool is_torn_or_at_rest(void)
{
    return slot_of_first()->status.word != FILCH_PENDING || waits_is_at_rest();
}
static void torn(int thread)
{
    if (scene_has_worked(thread)) return;
    waits_post(TORN);
    if (explore_variant == 2) {
        explore_await(is_torn_or_armed);
        EXPLORE_CHECK(control_try_pause(scene, scene_tasks[0].handle));
    }
    if (explore_variant) waits_pulse(1);
    if (explore_variant == 2) {
        explore_await(is_torn_or_at_rest);
        if (atom32_load(&slot_of_first()->status) == FILCH_PENDING)
            EXPLORE_CHECK(control_try_resume(scene, scene_tasks[0].handle));
    }
    scene_reap(1);
    scene_end();
}
static void check_torn(void)
{
    scene_check();
    waits_check_none();
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_KERNEL_FAILED);
}

/* A parallel loop cannot wait; nor can any task where no owner tells of the time. */
static void refused(int thread)
{
    if (scene_has_worked(thread)) return;
    if (explore_variant) atom32_store(&scene->tells_time, 0);
    waits_post(explore_variant ? (uint32_t)explore_variant - 1 : PLAIN);
    scene_reap(1);
    scene_end();
}
static void check_refused(void)
{
    scene_check();
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_NO_WAIT);
}

#define SCENE(thread_, check_) \
    .setup = waits_setup, .threads = 3, .thread = thread_, .check = check_

const explore_case wait_cases[] = {
    {.scenario = {.name = "wait: a permit before the wait, or after", SCENE(one, waits_check_done)},
     .variants = 9,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "wait: two tasks", SCENE(two, waits_check_done)},
     .variants = 6,
     .nightly = 1,
     .random = 10000},
    {.scenario = {.name = "wait: an event is set", SCENE(setting, waits_check_done)},
     .variants = 3,
     .nightly = 1,
     .random = 10000},
    {.scenario = {.name = "wait: a loop yields",
                  .setup = waits_setup_slicing,
                  .threads = 3,
                  .thread = yielding,
                  .check = waits_check_done},
     .nightly = 1,
     .random = 5000},
    {.scenario = {.name = "wait: an event is closed", SCENE(closing, check_closed)},
     .variants = 3,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "wait: more tasks than slots", SCENE(many, waits_check_done)},
     .variants = 3,
     .nightly = 1,
     .random = 5000},
    {.scenario = {.name = "wait: on a busy worker", SCENE(stolen, waits_check_done)},
     .variants = 3,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "wait: cancelled", SCENE(cancelled, check_cancelled)},
     .variants = 6,
     .nightly = 1,
     .random = 10000},
    {.scenario = {.name = "wait: a tree is cancelled", SCENE(cancelled_deep, check_cancelled)},
     .variants = 2,
     .preemptions = 1,
     .nightly = 2,
     .random = 10000},
    {.scenario = {.name = "wait: a permit and a cancel", SCENE(passed_and_cancelled, check_ended)},
     .variants = 6,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "wait: paused", SCENE(paused, waits_check_done)},
     .variants = 3,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "wait: paused early", SCENE(paused_early, check_ended)},
     .variants = 6,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "wait: the runtime stops", SCENE(stopped, check_stopped)},
     .variants = 3,
     .nightly = 1,
     .random = 5000},
    {.scenario = {.name = "wait: a tree fails", SCENE(torn, check_torn)},
     .variants = 3,
     .preemptions = 1,
     .nightly = 2,
     .random = 10000},
    {.scenario = {.name = "wait: refused", SCENE(refused, check_refused)},
     .variants = 4,
     .nightly = 1,
     .random = 500},
    {.scenario.name = 0},
};
