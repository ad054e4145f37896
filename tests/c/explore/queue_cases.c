/* A worker's queue that is full of items, of tasks that were paused and resumed meanwhile: it drops those that nobody needs, and no other,
 * so that whoever should leave a task can put it back, and the task is found again. */
#include <string.h>

#include "core/state.h"
#include "owner/control.h"
#include "scene.h"

enum { A, B, LENGTH = 8, ROUNDS = 3 };
static atom32 marks[2][LENGTH];
static uint32_t running, streak, most, begun, allowed; /* chunks */

static bool is_queued(uint32_t task) { return scene->slots[handle_slot(scene_tasks[task].handle)].state.word & STATE_QUEUED; }
static bool is_allowed(void) { return begun <= allowed; }
static bool has_begun(void) { return begun > allowed; }

/* A slice is over after two chunks: who goes on for longer, with the other one in a queue, could not put its task back. */
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
    explore_await(is_allowed); /* against the contract: so that the owner does what it does in the middle of a chunk */
    return FILCH_OK;
}
static const filch_kernel kernel = {"mark", mark, 0, 0, sizeof(uint32_t), FILCH_PARALLEL};
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

static void post(uint32_t task) { scene_post(&(filch_submission){.end = LENGTH, .grain = 1, .args = &task}); }

/* Its item stays where it is, and there is another one in the injector. */
static void requeue(uint32_t task)
{
    control_try_pause(scene, scene_tasks[task].handle);
    control_try_resume(scene, scene_tasks[task].handle);
}

static void end(void)
{
    allowed = UINT32_MAX;
    scene_settle(2);
    scene_end();
}

static void restless(int thread)
{
    if (thread) { scene_work(thread); return; }
    most = LENGTH; /* of several items the same task may be taken again and again */
    post(A);
    post(B);
    for (int i = 0; i < ROUNDS; i++) requeue(A), requeue(B);
    end();
}

/* Whenever the one begins, the other is queued again. */
static void in_turns(int thread)
{
    if (thread) { scene_work(thread); return; }
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

static void chunks(uint32_t task, uint32_t count)
{
    while (count) {
        explore_await(has_begun);
        if (running == task && !--count) return; /* in the last of them */
        allowed++;
    }
}

/* The queue is full of items of A, which all count, when B should leave. */
static void twice(int thread)
{
    if (thread) { scene_work(thread); return; }
    allowed = 0;
    post(A);
    chunks(A, 1);
    post(B);
    chunks(B, 1);
    requeue(A);
    control_try_pause(scene, scene_tasks[B].handle);
    chunks(A, 3); /* in its second slice; its item of the first one is still there */
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
    {{"queue: tasks queued again at any time", setup, 2, restless, check}, 0, 1, 2, 0, 20000},
    {{"queue: tasks queued again in turns", setup, 2, in_turns, check}, 0, 1, 2, 0, 2000},
    {{"queue: a task queued twice", setup, 2, twice, check}, 0, 1, 2, 0, 2000},
    {{0}},
};
