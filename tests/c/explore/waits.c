#include "waits.h"

#include <string.h>

#include "construct/event.h"
#include "core/state.h"
#include "core/tree.h"
#include "core/wait.h"
#include "sched/inbox.h"

enum { LENGTH = 2 };

waits_scene waits;
static atom32 marks[SCENE_TASKS][LENGTH];

static void note(uint32_t task, filch_waited end)
{
    EXPLORE_CHECK(!waits.resting);
    waits.ends[task] = end;
    if (end == FILCH_WAITED_EVENT) EXPLORE_CHECK(++waits.passed <= waits.permits);
}

typedef struct loop_args {
    uint32_t task, has_asked;
} loop_args;
static int32_t loop(filch_task *task, void *args_at, uint64_t begin, uint64_t end)
{
    loop_args *args = args_at;
    EXPLORE_CHECK(!waits.resting);
    EXPLORE_CHECK(args->has_asked || filch_waited_for(task) == FILCH_NOT_WAITED);
    if (end == LENGTH && !args->has_asked) {
        args->has_asked = 1;
        if (!begin) atom32_add(&marks[args->task][0], 1);
        return filch_await(task, waits.event, waits.milliseconds, LENGTH - 1 - begin);
    }
    if (args->has_asked) note(args->task, filch_waited_for(task));
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[args->task][i], 1);
    return FILCH_OK;
}

#define CALL_ARGS(F) F(value, u32, task) F(state, u32, end)
FILCH_FORK_KERNEL(wait_call, CALL_ARGS)
{
    FILCH_BEGIN;
    FILCH_WAIT(f->end, waits.event, waits.milliseconds);
    note(f->task, (filch_waited)f->end);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

FILCH_FORK(leaf, uint64_t, (uint32_t task;), ())
{
    FILCH_BEGIN;
    FILCH_RETURN(1);
    FILCH_END;
}
FILCH_FORK(rest, uint64_t, (uint32_t task;), (uint32_t end;))
{
    FILCH_BEGIN;
    FILCH_WAIT(f->end, waits.event, waits.milliseconds);
    note(f->task, (filch_waited)f->end);
    FILCH_RETURN(2);
    FILCH_END;
}
#define DEEP_ARGS(F) F(value, u32, task) F(state, u64, a) F(state, u64, b)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_deep
FILCH_FORK_KERNEL(wait_deep, DEEP_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(leaf, f->task);
    FILCH_CALL(f->a, rest, f->task);
    FILCH_JOIN(f->b, leaf);
    EXPLORE_CHECK(f->a == 2 && f->b == 1);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

FILCH_FORK(tear, uint64_t, (uint32_t task;), ())
{
    FILCH_BEGIN;
    if (f->task < SCENE_TASKS) FILCH_FAIL(7);
    FILCH_RETURN(0);
    FILCH_END;
}
#define TORN_ARGS(F) F(value, u32, task) F(state, u64, a) F(state, u64, b)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_torn
FILCH_FORK_KERNEL(wait_torn, TORN_ARGS)
{
    FILCH_BEGIN;
    FILCH_SPAWN(tear, f->task);
    FILCH_CALL(f->a, rest, f->task);
    FILCH_JOIN(f->b, tear);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

static bool has_first_ended(void) { return scene_tasks[0].status != SCENE_PENDING; }
static int32_t busy(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    explore_await(has_first_ended);
    return FILCH_OK;
}
static int32_t plain(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args, (void)begin, (void)end;
    return filch_await(task, waits.event, waits.milliseconds, 0);
}

static const filch_kernel loops[] = {
    {.name = "loop", .chunk = loop, .args_bytes = sizeof(loop_args), .kind = FILCH_SEQUENTIAL},
    {.name = "busy", .chunk = busy, .args_bytes = 8, .kind = FILCH_SEQUENTIAL},
    {.name = "plain", .chunk = plain, .args_bytes = 8, .kind = FILCH_PARALLEL},
};
static const filch_kernel *const kernels[] = {
    [LOOP] = &loops[0],
    [CALL] = &filch_kernel_wait_call,
    [DEEP] = &filch_kernel_wait_deep,
    [TORN] = &filch_kernel_wait_torn,
    [BUSY] = &loops[1],
    [PLAIN] = &loops[2],
};

/* -- the scene -- */
static void begin(uint32_t workers, uint32_t slots)
{
    filch_options options = {.workers = workers, .slots = slots, .members = 6, .events = 2};
    scene_begin_waits(kernels, sizeof kernels / sizeof *kernels, &options);
    memset(marks, 0, sizeof marks);
    for (int i = 0; i < SCENE_TASKS; i++) waits.ends[i] = FILCH_NOT_WAITED;
    waits.passed = waits.permits = 0;
    waits.resting = false;
    waits.milliseconds = __builtin_inf();
    waits.event = event_open(scene);
    EXPLORE_CHECK(waits.event && !event_open(scene));
}
void waits_setup(void) { begin(2, 2); }
void waits_setup_one(void) { begin(1, 2); }
void waits_setup_slicing(void)
{
    waits_setup();
    explore_clock_step = 20000000;
}
void waits_setup_time(void)
{
    waits_setup();
    waits.milliseconds = 3;
    explore_clock_step = 1000000;
}

bool waits_try_post(uint32_t kernel)
{
    uint32_t args[FILCH_ARGS_BYTES / 4] = {(uint32_t)scene_posted};
    bool is_loop = kernel == LOOP || kernel == PLAIN;
    return scene_try_post(
        &(filch_submission){.kernel = kernel, .end = is_loop ? LENGTH : 1, .args = args});
}
void waits_post(uint32_t kernel) { EXPLORE_CHECK(waits_try_post(kernel)); }
void waits_pulse(uint32_t count)
{
    waits.permits += (int)count;
    EXPLORE_CHECK(event_try_pulse(scene, waits.event, count));
    inbox_flush(scene);
}
/* Some slot waits. */
bool waits_is_any_armed(void)
{
    for (uint32_t i = 0; i < plan_slot_count(scene); i++) {
        if (wait_phase_of(plan_waiters(scene)[i].word.word) == WAIT_ARMED) return true;
    }
    return false;
}
uint32_t waits_kernel(void) { return (uint32_t)explore_variant % 3; } /* LOOP to DEEP */

/* Every task is done, and has passed. */
void waits_check_done(void)
{
    scene_check();
    for (int task = 0; task < scene_posted; task++)
        EXPLORE_CHECK(scene_tasks[task].status == FILCH_OK);
    uint64_t left = plan_events(scene)[event_index(waits.event)].word;
    EXPLORE_CHECK((left & EVENT_SET) || (int)(uint32_t)left == waits.permits - waits.passed);
    for (int task = 0; task < scene_posted; task++) {
        EXPLORE_CHECK(marks[task][0].word == marks[task][1].word && marks[task][0].word <= 1);
    }
    waits_check_none();
}

void waits_check_none(void)
{
    for (uint32_t i = 0; i < plan_slot_count(scene); i++)
        EXPLORE_CHECK(wait_phase_of(plan_waiters(scene)[i].word.word) == WAIT_NONE);
}

bool waits_is_at_rest(void)
{
    for (uint32_t i = 0; i < plan_slot_count(scene); i++) {
        uint64_t state = plan_slots(scene)[i].state.word;
        if (plan_slots(scene)[i].kind == KIND_RESERVED || (state & STATE_CLOSED)) continue;
        if (state & STATE_WORKERS) return false;
        if ((state & STATE_QUEUED) && !plan_slots(scene)[i].tree.is_private.word) return false;
        bool is_early = wait_phase_of(plan_waiters(scene)[i].word.word) == WAIT_EARLY;
        if (is_early && (state & STATE_BLOCKED)) return false; /* its worker queues it */
    }
    return true;
}
