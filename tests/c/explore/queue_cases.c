/* A worker's deque that is full of items of tasks that were paused and resumed meanwhile. The
 * worker drops the items that no task needs, and no others. So a worker that should leave a task
 * can yield, and a worker finds the task again. */
#include <string.h>

#include "core/state.h"
#include "owner/control.h"
#include "scene.h"

enum { A, B, LENGTH = 8, ROUNDS = 3 };
static atom32 marks[2][LENGTH];
static uint32_t running, streak, most, begun, allowed; /* chunks */

static bool is_queued(uint32_t task)
{
    return plan_slots(scene)[handle_slot(scene_tasks[task].handle)].state.word & STATE_QUEUED;
}
static bool is_allowed(void) { return begun <= allowed; }
static bool has_begun(void) { return begun > allowed; }

/* A time slice is over after two chunks. A worker that goes on for longer, with the other task in a
 * queue, could not yield. */
static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task;
    uint32_t own;
    memcpy(&own, args, sizeof own);
    if (own != running) streak = 0;
    running = own;
    if (is_queued(!own)) streak++;
    EXPLORE_CHECK(streak <= most);
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[own][i], 1);
    begun++;
    explore_await(is_allowed); /* against the contract: the owner acts in the middle of a chunk */
    return FILCH_OK;
}
static const filch_kernel kernel = {
    .name = "mark", .chunk = mark, .args_bytes = sizeof(uint32_t), .kind = FILCH_PARALLEL};
static const filch_kernel *const kernels[] = {&kernel};

static void setup(void)
{
    scene_begin(kernels, 1, 1, 2);
    memset(marks, 0, sizeof marks);
    explore_clock_step = 11000000;
    running = streak = begun = 0;
    most = 4;
    allowed = UINT32_MAX;
}

static void post(uint32_t task)
{
    scene_post(&(filch_submission){.end = LENGTH, .grain = 1, .args = &task});
}

/* The task's item stays where it is, and the injector has another one. */
static void requeue(uint32_t task)
{
    control_try_pause(scene, scene_tasks[task].handle);
    control_try_resume(scene, scene_tasks[task].handle);
}

static void end(void)
{
    allowed = UINT32_MAX;
    scene_reap(2);
    scene_end();
}

static void restless(int thread)
{
    if (scene_has_worked(thread)) return;
    most = LENGTH; /* the worker may take the same task again and again, by its several items */
    post(A);
    post(B);
    for (int i = 0; i < ROUNDS; i++) requeue(A), requeue(B);
    end();
}

/* Whenever a chunk of one task begins, the owner queues the other task again. */
static void in_turns(int thread)
{
    if (scene_has_worked(thread)) return;
    allowed = 0;
    post(A);
    post(B);
    for (uint32_t last = B; allowed < 2 * LENGTH; allowed++) {
        explore_await(has_begun);
        if (running != last) requeue(!running);
        last = running;
    }
    end();
}

/* The owner lets the worker run until the worker is in the last of so many chunks of this task. */
static void await_chunks(uint32_t task, uint32_t count)
{
    while (count) {
        explore_await(has_begun);
        if (running == task && !--count) return;
        allowed++;
    }
}

/* The deque is full of items of A, all of which count, when the worker should leave B. */
static void twice(int thread)
{
    if (scene_has_worked(thread)) return;
    allowed = 0;
    post(A);
    await_chunks(A, 1);
    post(B);
    await_chunks(B, 1);
    requeue(A);
    control_try_pause(scene, scene_tasks[B].handle);
    await_chunks(A, 3); /* in its second time slice; the item of the first one is still there */
    control_try_resume(scene, scene_tasks[B].handle);
    end();
}

static void check(void)
{
    scene_check();
    for (int task = 0; task < 2; task++) {
        EXPLORE_CHECK(scene_tasks[task].status == FILCH_OK);
        for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[task][i].word == 1);
    }
}

const explore_case queue_cases[] = {
    {.scenario = {.name = "queue: tasks queued again at any time",
                  .setup = setup,
                  .threads = 2,
                  .thread = restless,
                  .check = check},
     .preemptions = 1,
     .nightly = 2,
     .random = 20000},
    {.scenario = {.name = "queue: tasks queued again in turns",
                  .setup = setup,
                  .threads = 2,
                  .thread = in_turns,
                  .check = check},
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "queue: a task queued twice",
                  .setup = setup,
                  .threads = 2,
                  .thread = twice,
                  .check = check},
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario.name = 0},
};
