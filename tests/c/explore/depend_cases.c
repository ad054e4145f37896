/* Tasks that depend on others. None begins before its dependencies are done, each completes, and a
 * slot is not used again while a list of dependents leads to it. */
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

/* -- a tree that waits for a loop -- */
static bool has_loop_run;
#define INNER_ARGS(F) F(value, u32, unused)
FILCH_KERNEL(sequential, inner, INNER_ARGS)
{
    (void)task, (void)args, (void)begin, (void)end;
    spin_hint(); /* here the other threads go on, at no preemption */
    has_loop_run = true;
    return FILCH_OK;
}
#define OUTER_ARGS(F) F(value, u32, task)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_outer
FILCH_FORK_KERNEL(outer, OUTER_ARGS)
{
    FILCH_BEGIN;
    FILCH_LOOP(inner, 0, 1, 0);
    EXPLORE_CHECK(has_loop_run);
    order[f->task] = ++steps;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}

static const filch_kernel table[] = {
    {.name = "note", .chunk = note, .args_bytes = sizeof(uint32_t), .kind = FILCH_SEQUENTIAL},
    {.name = "fail", .chunk = fail, .args_bytes = sizeof(uint32_t), .kind = FILCH_SEQUENTIAL},
};
enum { NOTE, FAIL, OUTER, INNER, KERNELS };
static const filch_kernel *const kernels[KERNELS] = {&table[NOTE], &table[FAIL],
                                                     &filch_kernel_outer, &filch_kernel_inner};

static void begin(uint32_t workers, uint32_t slots)
{
    scene_begin(kernels, KERNELS, workers, slots);
    for (int i = 0; i < SCENE_TASKS; i++) order[i] = 0;
    steps = 0;
    has_loop_run = false;
}
static void setup(void) { begin(2, 4); }
static void setup_tree(void) { begin(3, 8); }

/* `first`, `second`: the tasks that it depends on; NONE: no task. */
enum { NONE = -1 };
static void post(uint32_t kernel, int first, int second)
{
    uint32_t args = (uint32_t)scene_posted;
    uint64_t dependencies[2] = {first < 0 ? 0 : scene_tasks[first].handle,
                                second < 0 ? 0 : scene_tasks[second].handle};
    scene_post(
        &(filch_submission){.kernel = kernel,
                            .end = 1,
                            .grain = 1,
                            .args = &args,
                            .dependencies = dependencies,
                            .dependency_count = (uint32_t)(first >= 0) + (uint32_t)(second >= 0)});
}

/* 2 depends on 0 and 1; 3 on 2. */
static void diamond(int thread)
{
    if (scene_has_worked(thread)) return;
    post(0, NONE, NONE);
    post(explore_variant == 1, NONE, NONE);
    post(0, 0, 1);
    post(0, 2, NONE);
    if (explore_variant == 2) control_try_cancel(scene, scene_tasks[0].handle);
    if (explore_variant == 3) control_try_cancel(scene, scene_tasks[2].handle);
    scene_reap(4);
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
    if (scene_has_worked(thread)) return;
    post(0, NONE, NONE);
    post(0, NONE, NONE);
    post(0, 0, NONE);
    /* Completes at once, while the list of 0 may still lead to the slot. */
    control_try_cancel(scene, scene_tasks[2].handle);
    while (scene_tasks[2].status == SCENE_PENDING) scene_reap(scene_completed + 1);
    post(0, 1, NONE); /* does not get the slot of 2 before 0 has completed */
    scene_reap(4);
    scene_end();
}
static void check_reuse(void)
{
    scene_check();
    EXPLORE_CHECK(order[0] && order[1] && order[3] > order[1]);
}

static void die(int thread)
{
    if (scene_has_worked(thread)) return;
    post(0, NONE, NONE);
    post(0, NONE, NONE);
    post(0, 0, 1);
    post(0, 2, NONE);
    scene_reap_and_recover();
    scene_end();
}
/* A tree that has begun is blocked for another reason than its dependency, which completes twice
 * where a worker dies in the middle. */
static bool has_died_or_stopped(void) { return explore_died() >= 0 || scene->is_stopped.word; }
static void die_in_tree(int thread)
{
    if (thread > 2) explore_await(has_died_or_stopped); /* for fewer schedules */
    if (scene_has_worked(thread)) return;
    post(NOTE, NONE, NONE);
    post(OUTER, 0, NONE);
    scene_reap_and_recover();
    scene_end();
}
static void check_die_in_tree(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    for (int i = 0; i < 2; i++) {
        uint32_t status = scene_tasks[i].status;
        EXPLORE_CHECK(status != FILCH_OK || (order[i] && order[i] == (uint32_t)i + 1));
        if (!i) EXPLORE_CHECK(status == FILCH_OK || status == FILCH_WORKER_LOST);
        else if (scene_tasks[i - 1].status != FILCH_OK)
            EXPLORE_CHECK(status == FILCH_DEPENDENCY_FAILED);
        if (explore_died() < 0) EXPLORE_CHECK(status == FILCH_OK);
    }
}
static void check_die(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    check_order();
}

const explore_case depend_cases[] = {
    {.scenario = {.name = "depend: a diamond",
                  .setup = setup,
                  .threads = 3,
                  .thread = diamond,
                  .check = check},
     .variants = 4,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "depend: a slot still on a list",
                  .setup = setup,
                  .threads = 3,
                  .thread = reuse,
                  .check = check_reuse},
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "depend: a worker dies",
                  .setup = setup,
                  .threads = 3,
                  .thread = die,
                  .check = check_die,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .nightly = 1,
     .deaths = 1,
     .random = 2000},
    {.scenario = {.name = "depend: a tree, a worker dies",
                  .setup = setup_tree,
                  .threads = 4,
                  .thread = die_in_tree,
                  .check = check_die_in_tree,
                  .mortal = FIRST_WORKER_MAY_DIE},
     .nightly = 1,
     .deaths = 1,
     .prunes = true,
     .random = 5000},
    {.scenario.name = 0},
};
