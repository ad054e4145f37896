/* Tasks that come after others: none begins before those are done, each settles, and a slot is not used again while a list leads
 * to it. */
#include "owner/control.h"
#include "scene.h"

static uint32_t order[SCENE_TASKS]; /* at which step each task ran */
static uint32_t steps;

static int32_t note(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)begin, (void)end;
    order[*(uint32_t *)args] = ++steps;
    return FILCH_OK;
}
static int32_t fail(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return 9;
}
static const filch_kernel table[] = {{"note", note, 0, 0, 4, FILCH_SEQUENTIAL}, {"fail", fail, 0, 0, 4, FILCH_SEQUENTIAL}};
static const filch_kernel *const kernels[] = {&table[0], &table[1]};

static void setup(void)
{
    scene_begin(kernels, 2, 2, 4);
    for (int i = 0; i < SCENE_TASKS; i++) order[i] = 0;
    steps = 0;
}

static void post(uint32_t kernel, int before, int other)
{
    uint32_t args = (uint32_t)scene_posted;
    uint64_t after[2] = {before < 0 ? 0 : scene_tasks[before].handle, other < 0 ? 0 : scene_tasks[other].handle};
    scene_post(&(filch_submission){.kernel = kernel, .end = 1, .grain = 1, .args = &args, .dependencies = after,
                                .dependency_count = (uint32_t)(before >= 0) + (uint32_t)(other >= 0)});
}

/* 0 and 1 come first, 2 after both, 3 after 2. */
static void diamond(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(0, -1, -1);
    post(explore_variant == 1, -1, -1);
    post(0, 0, 1);
    post(0, 2, -1);
    if (explore_variant == 2) control_try_cancel(scene, scene_tasks[0].handle);
    if (explore_variant == 3) control_try_cancel(scene, scene_tasks[2].handle);
    scene_settle(4);
    scene_end();
}

static void check_order(void)
{
    uint32_t status[SCENE_TASKS];
    for (int i = 0; i < SCENE_TASKS; i++) {
        status[i] = scene_tasks[i].status;
        EXPLORE_CHECK((status[i] == FILCH_OK) == (order[i] != 0) || status[i] == FILCH_WORKER_LOST);
    }
    if (order[2]) EXPLORE_CHECK(order[0] && order[1] && order[2] > order[0] && order[2] > order[1]);
    if (order[3]) EXPLORE_CHECK(order[2] && order[3] > order[2]);
    if (status[0] != FILCH_OK || status[1] != FILCH_OK) EXPLORE_CHECK(status[2] != FILCH_OK);
    if (status[2] != FILCH_OK) EXPLORE_CHECK(status[3] == FILCH_DEPENDENCY_FAILED);
    bool spoilt = explore_variant != 0;
    if (!spoilt && explore_died() < 0) EXPLORE_CHECK(status[3] == FILCH_OK);
}
static void check(void)
{
    scene_check();
    check_order();
}

static void reuse(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(0, -1, -1);
    post(0, -1, -1);
    post(0, 0, -1);
    control_try_cancel(scene, scene_tasks[2].handle); /* settles at once, while the list of 0 may still lead to it */
    while (scene_tasks[2].status == SCENE_PENDING) scene_settle(scene_settled + 1);
    post(0, 1, -1); /* does not get its slot before 0 has settled */
    scene_settle(4);
    scene_end();
}
static void check_reuse(void)
{
    scene_check();
    EXPLORE_CHECK(order[0] && order[1] && order[3] > order[1]);
}

static void die(int thread)
{
    if (thread) { scene_work(thread); return; }
    post(0, -1, -1);
    post(0, -1, -1);
    post(0, 0, 1);
    post(0, 2, -1);
    scene_settle_and_bury();
    scene_end();
}
static void check_die(void)
{
    EXPLORE_CHECK(scene_settled == scene_posted);
    check_order();
}

const explore_case depend_cases[] = {
    {{"depend: a diamond", setup, 3, diamond, check}, 4, 1, 2, 0, 2000},
    {{"depend: a slot still on a list", setup, 3, reuse, check_reuse}, 0, 1, 2, 0, 2000},
    {{"depend: a worker dies", setup, 3, die, check_die, 6}, 0, 0, 1, 1, 2000},
    {{0}},
};
