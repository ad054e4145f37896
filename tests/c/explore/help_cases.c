/* A helping caller: a thread that is a worker for one loop alone. The loop runs once, with or
 * without other helpers. The caller runs no other task, and no producer relies on the caller to
 * search. A preempt request goes to another worker once the caller has left. */
#include <string.h>

#include "core/state.h"
#include "owner/control.h"
#include "scene.h"
#include "sched/worker.h"

enum { LENGTH = 3, LOW = PRIORITIES - 1, HIGH = 0 };
static uint32_t caller; /* the helping caller's number as a worker */
static atom32 marks[LENGTH], others[LENGTH];
static bool posted, left, urgent;
static uint32_t late; /* chunks begun beside urgent work that waits, after the caller has left */

static bool is_posted(void) { return posted; }
static bool is_urgent_queued(void)
{
    return urgent &&
           plan_slots(scene)[handle_slot(scene_tasks[2].handle)].state.word & STATE_QUEUED;
}

static int32_t own(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    late += left && task->worker != caller && is_urgent_queued();
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    return FILCH_OK;
}
static int32_t other(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    EXPLORE_CHECK(task->worker != caller);
    late += left && is_urgent_queued();
    for (uint64_t i = begin; i < end; i++) atom32_add(&others[i], 1);
    return FILCH_OK;
}
static uint64_t next; /* where the next chunk of the sequential loop begins */
static int32_t in_order(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args;
    EXPLORE_CHECK(begin == next);
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    next = end;
    return FILCH_OK;
}
static const filch_kernel table[] = {
    {.name = "own", .chunk = own, .kind = FILCH_PARALLEL},
    {.name = "other", .chunk = other, .kind = FILCH_PARALLEL},
    {.name = "in order", .chunk = in_order, .kind = FILCH_SEQUENTIAL},
};
enum { OWN, OTHER, IN_ORDER };
static const filch_kernel *const kernels[] = {&table[0], &table[1], &table[2]};

static void begin(uint32_t number)
{
    scene_begin(kernels, 3, 2, 4);
    memset(marks, 0, sizeof marks);
    memset(others, 0, sizeof others);
    caller = number;
    posted = left = urgent = false;
    late = 0;
    next = 0;
}

static void post(uint32_t kernel, uint32_t length, uint32_t priority)
{
    scene_post(&(filch_submission){
        .kernel = kernel, .end = length, .grain = 1, .priority = priority, .args = ""});
}

/* Thread 1 is worker 0. The helping caller is another thread, or the owner itself. */
static void setup(void) { begin(1); }
enum { OWNER, THREAD, BEHIND, CANCELLED, VARIANTS };

static void help(int thread)
{
    if (thread == 1) {
        scene_work(thread);
    } else if (thread == 2) {
        explore_await(is_posted);
        if (explore_variant != OWNER) worker_help_with(scene, caller, scene_tasks[0].handle);
    } else {
        if (explore_variant == BEHIND) { /* the caller's own loop is scene_tasks[0] all the same */
            post(OTHER, LENGTH, LOW);
            scene_tasks[1] = scene_tasks[0];
            scene_posted = 0;
        }
        post(OWN, LENGTH, LOW);
        if (explore_variant == BEHIND) scene_posted = 2;
        posted = true;
        bool cancels = explore_variant == CANCELLED;
        if (cancels) EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
        if (explore_variant == OWNER) worker_help_with(scene, caller, scene_tasks[0].handle);
        scene_reap(scene_posted);
        scene_end();
    }
}

static void check(void)
{
    scene_check();
    const filch_worker *w = &plan_workers(scene)[caller];
    EXPLORE_CHECK(w->shared.priority.word == PRIORITIES && !w->shared.loop.word && !w->slot);
    for (int i = 0; i < LENGTH; i++) {
        bool not_run = explore_variant == CANCELLED && !marks[i].word;
        EXPLORE_CHECK(marks[i].word == 1 || not_run);
        EXPLORE_CHECK(others[i].word == (explore_variant == BEHIND));
    }
}

/* One thread after the other runs a sequential loop, also with a caller that would help. */
static void help_in_order(int thread)
{
    if (thread == 1) {
        scene_work(thread);
    } else if (thread == 2) {
        explore_await(is_posted);
        worker_help_with(scene, caller, scene_tasks[0].handle);
    } else {
        post(IN_ORDER, LENGTH, LOW);
        posted = true;
        scene_reap(1);
        scene_end();
    }
}
static void check_in_order(void)
{
    scene_check();
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word == 1);
}

#if PRIORITIES > 1
/* Both workers work, or the caller has left. Then urgent work comes: the caller gets the preempt
 * request, and leaves. */
static void setup_asked(void) { begin(0); }
static bool is_low(uint32_t w) { return plan_workers(scene)[w].shared.priority.word == LOW; }
static bool do_both_work_or_left(void) { return left || (is_low(0) && is_low(1)); }

static void asked(int thread)
{
    if (thread == 2) {
        scene_work(thread);
    } else if (thread == 1) {
        explore_await(is_posted);
        worker_help_with(scene, caller, scene_tasks[0].handle);
        left = true;
    } else {
        post(OWN, LENGTH, LOW);
        post(OTHER, LENGTH, LOW);
        posted = true;
        explore_await(do_both_work_or_left);
        post(OTHER, 1, HIGH);
        urgent = true;
        scene_reap(3);
        scene_end();
    }
}

static void check_asked(void)
{
    scene_check();
    EXPLORE_CHECK(late <= 1);
}
#endif

const explore_case help_cases[] = {
    {.scenario = {.name = "help: the caller's own loop",
                  .setup = setup,
                  .threads = 3,
                  .thread = help,
                  .check = check},
     .variants = VARIANTS,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "help: a sequential loop",
                  .setup = setup,
                  .threads = 3,
                  .thread = help_in_order,
                  .check = check_in_order},
     .variants = 1,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
#if PRIORITIES > 1
    {.scenario = {.name = "priority: a helping caller is asked",
                  .setup = setup_asked,
                  .threads = 3,
                  .thread = asked,
                  .check = check_asked},
     .variants = 1,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
#endif
    {.scenario.name = 0},
};
