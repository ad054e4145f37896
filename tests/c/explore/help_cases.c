/* A guest: a thread that is a worker for one loop alone. The loop runs once, whoever else helps; the guest runs nothing else, nobody
 * waits for it to search, and what it was asked for somebody else is asked for. */
#include <string.h>

#include "core/state.h"
#include "owner/control.h"
#include "scene.h"
#include "sched/worker.h"

enum { LENGTH = 3, LOW = PRIORITIES - 1, HIGH = 0 };
static uint32_t guest; /* its number */
static atom32 marks[LENGTH], others[LENGTH];
static bool posted, left, late_one;
static uint32_t late; /* chunks begun beside urgent work that waits, after the guest has left */

static bool is_posted(void) { return posted; }
static bool waits(void) { return late_one && scene->slots[handle_slot(scene_tasks[2].handle)].state.word & STATE_QUEUED; }

static int32_t own(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    late += left && task->worker != guest && waits();
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    return FILCH_OK;
}
static int32_t other(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    EXPLORE_CHECK(task->worker != guest);
    late += left && waits();
    for (uint64_t i = begin; i < end; i++) atom32_add(&others[i], 1);
    return FILCH_OK;
}
static const filch_kernel table[] = {{"own", own, 0, 0, 0, FILCH_PARALLEL}, {"other", other, 0, 0, 0, FILCH_PARALLEL}};
static const filch_kernel *const kernels[] = {&table[0], &table[1]};

static void begin(uint32_t number)
{
    scene_begin(kernels, 2, 2, 4);
    memset(marks, 0, sizeof marks);
    memset(others, 0, sizeof others);
    guest = number;
    posted = left = late_one = false;
    late = 0;
}

static void post(uint32_t kernel, uint32_t length, uint32_t priority)
{
    scene_post(&(filch_submission){.kernel = kernel, .end = length, .grain = 1, .priority = priority, .args = ""});
}

/* Thread 1 is worker 0. The guest is another thread, or the owner itself. */
static void setup(void) { begin(1); }
enum { OWNER, THREAD, BEHIND, CANCELLED, VARIANTS };

static void visit(int thread)
{
    if (thread == 1) {
        scene_work(thread);
    } else if (thread == 2) {
        explore_await(is_posted);
        if (explore_variant != OWNER) worker_help_with(scene, guest, scene_tasks[0].handle);
    } else {
        if (explore_variant == BEHIND) post(1, LENGTH, LOW), scene_tasks[1] = scene_tasks[0], scene_posted = 0;
        post(0, LENGTH, LOW);
        if (explore_variant == BEHIND) scene_posted = 2;
        posted = true;
        if (explore_variant == CANCELLED) EXPLORE_CHECK(control_try_cancel(scene, scene_tasks[0].handle));
        if (explore_variant == OWNER) worker_help_with(scene, guest, scene_tasks[0].handle);
        scene_settle(scene_posted);
        scene_end();
    }
}

static void check(void)
{
    scene_check();
    EXPLORE_CHECK(scene->workers[guest].shared.priority.word == PRIORITIES && !scene->workers[guest].shared.loop.word && !scene->workers[guest].slot);
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word == 1 || (explore_variant == CANCELLED && !marks[i].word));
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(others[i].word == (explore_variant == BEHIND));
}

#if PRIORITIES > 1
/* Both work, or it is over; and something urgent comes: the guest is asked, and leaves. */
static void setup_asked(void) { begin(0); }
static bool both_work(void) { return left || (scene->workers[0].shared.priority.word == LOW && scene->workers[1].shared.priority.word == LOW); }

static void asked(int thread)
{
    if (thread == 2) {
        scene_work(thread);
    } else if (thread == 1) {
        explore_await(is_posted);
        worker_help_with(scene, guest, scene_tasks[0].handle);
        left = true;
    } else {
        post(0, LENGTH, LOW);
        post(1, LENGTH, LOW);
        posted = true;
        explore_await(both_work);
        post(1, 1, HIGH);
        late_one = true;
        scene_settle(3);
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
    {{"help: the caller's own loop", setup, 3, visit, check}, VARIANTS, 1, 2, 0, 2000},
#if PRIORITIES > 1
    {{"priority: a helping caller is asked", setup_asked, 3, asked, check_asked}, 1, 1, 2, 0, 2000},
#endif
    {{0}},
};
