/* Recalls: a worker comes back from its loop at a safepoint, engaged in nothing, and runs again, or is buried and replaced. What it
 * leaves is the others' meanwhile; each iteration runs once. */
#include <string.h>

#include "owner/recover.h"
#include "scene.h"
#include "sched/worker.h"

enum { LENGTH = 3 };
static atom32 marks[LENGTH];
static bool told, back;
static int late; /* chunks begun between the recall and the return */

static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    late += task->worker == 0 && told && !back;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    return FILCH_OK;
}
/* Wants to leave after each chunk. */
static bool leaves;
static int32_t leave(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    EXPLORE_CHECK(!leaves);
    leaves = true;
    worker_leave(scene, task->worker);
    return mark(task, args, begin, end);
}
static const filch_kernel table[] = {{"mark", mark, 0, 0, 0, FILCH_PARALLEL}, {"in_order", mark, 0, 0, 0, FILCH_SEQUENTIAL}, {"leave", leave, 0, 0, 0, FILCH_SEQUENTIAL}};
static const filch_kernel *const kernels[] = {&table[0], &table[1], &table[2]};

static void begin(uint32_t workers)
{
    scene_begin(kernels, 3, workers, 2);
    memset(marks, 0, sizeof marks);
    told = back = leaves = false;
    late = 0;
}
static void setup(void) { begin(2); }
static void setup_alone(void) { begin(1); }

static bool is_back(void) { return back; }
static bool buried_or_over(void) { return scene_buried || scene->is_stopped.word; }

/* What becomes of it. With the last two somebody else is there for the rest. */
enum { RUN_AGAIN, REPLACED, GONE, AWAY, LAST = REPLACED };

static void recalled(int thread)
{
    if (thread > 1) {
        scene_work(thread);
    } else if (thread == 1) {
        scene_work(thread);
        back = true;
        if (explore_variant == RUN_AGAIN) {
            if (!scene->is_stopped.word) worker_run(scene, 0);
            return;
        }
        explore_await(buried_or_over);
        if (scene_buried && explore_variant == REPLACED) scene_work(thread);
    } else {
        scene_post(&(filch_submission){.kernel = 0, .end = LENGTH, .grain = 1, .args = ""});
        worker_recall(scene, 0);
        told = true;
        scene_post(&(filch_submission){.kernel = 1, .end = 1, .grain = 1, .args = ""});
        if (explore_variant != RUN_AGAIN && explore_variant != AWAY) {
            explore_await(is_back);
            recover_worker(scene, 0);
            scene_buried = true;
        }
        scene_settle(2);
        scene_end();
    }
}

/* A worker leaves by itself and comes back, and is recalled meanwhile: it comes home for that too. */
static void left(int thread)
{
    if (thread == 1) {
        worker_adopt(scene, 0);
        while (!worker_run(scene, 0)) leaves = false;
        leaves = false;
        back = true;
        while (!worker_run(scene, 0)) leaves = false;
    } else {
        scene_post(&(filch_submission){.kernel = 2, .end = LENGTH, .grain = 1, .args = ""});
        worker_recall(scene, 0);
        explore_await(is_back);
        scene_settle(1);
        scene_end();
    }
}

static void check_left(void)
{
    scene_check();
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word == 1);
}

static void check(void)
{
    scene_check();
    EXPLORE_CHECK(late <= 1);
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word == (i ? 1 : 2)); /* the second loop's is iteration 0, too */
}

const explore_case recall_cases[] = {
    {{"recall: a worker of two", setup, 3, recalled, check}, AWAY + 1, 1, 2, 0, 2000},
    {{"recall: the only worker", setup_alone, 2, recalled, check}, LAST + 1, 2, 3, 0, 2000},
    {{"recall: a worker that leaves by itself", setup_alone, 2, left, check_left}, 0, 2, 3, 0, 2000},
    {{0}},
};
