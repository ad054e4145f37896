/* Tasks of one priority begin in the order of their submissions. A task that depends on others
 * begins no sooner than what was submitted before it and still waits in the injector. A tree that
 * is put off, since slots are scarce, keeps its place among those that are. */
#include "core/deque.h"
#include "core/state.h"
#include "owner/control.h"
#include "owner/recover.h"
#include "scene.h"
#include "sched/sleep.h"
#include "sched/worker.h"

enum { NONE = -1, LOW = PRIORITIES - 1 };
static uint32_t order[SCENE_TASKS]; /* at which step each task began */
static uint32_t ended[SCENE_TASKS]; /* of trees: and ended */
static uint32_t steps;
static bool waits; /* the first tree, until all are posted */
static bool has_posted(void) { return scene_posted == SCENE_TASKS; }
static bool is_away; /* a worker has gone home */
static bool is_first_away(void) { return is_away; }
/* The worker that runs the first task, which ends when it may. */
enum { NO_WORKER = -1 };
static int runner;
static bool is_allowed;
static bool may_end(void) { return is_allowed; }
static bool is_running(void) { return runner != NO_WORKER; }

/* The injector has an item by which a worker would take the task. */
static bool is_injected(int task)
{
    const filch_deque *d = &scene->injector[LOW];
    uint64_t handle = scene_tasks[task].handle,
             state = plan_slots(scene)[handle_slot(handle)].state.word;
    if (!(state & STATE_QUEUED) || state_generation(state) != handle_generation(handle))
        return false;
    for (uint32_t i = d->top.word; i != d->bottom.word; i++) {
        uint32_t item = deque_items(scene, d)[i & plan_mask(scene)].word;
        if (item == item_of(handle_slot(handle), state)) return true;
    }
    return false;
}
static void begin(uint32_t task)
{
    order[task] = ++steps;
    /* After a loss the owner injects all that is queued again. A task that has begun, and waits for
     * a worker again, keeps no other from beginning. */
    for (uint32_t before = 0; before < task && explore_died() < 0 && !scene_recovered; before++)
        EXPLORE_CHECK(order[before] || !is_injected((int)before));
}

static int32_t note(filch_task *task, void *args, uint64_t first, uint64_t end)
{
    (void)task, (void)first, (void)end;
    begin(*(uint32_t *)args);
    return FILCH_OK;
}
FILCH_FORK(branch, uint64_t, (uint32_t unused;), (uint32_t local;))
{
    FILCH_BEGIN;
    (void)f;
    FILCH_RETURN(0);
    FILCH_END;
}
#define SAPLING_ARGS(F) F(value, u32, task) F(state, u32, i) F(state, u64, got)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_sapling
FILCH_FORK_KERNEL(sapling, SAPLING_ARGS)
{
    FILCH_BEGIN;
    begin(f->task);
    if (!f->task && waits) explore_await(has_posted);
    for (f->i = 0; f->i < SCENE_TASKS; f->i++) FILCH_CALL(f->got, branch, 0);
    ended[f->task] = ++steps;
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
static int32_t lead(filch_task *task, void *args, uint64_t first, uint64_t end)
{
    runner = (int)task->worker;
    explore_await(may_end);
    return note(task, args, first, end);
}
static const filch_kernel leading = {
    .name = "lead", .chunk = lead, .args_bytes = sizeof(uint32_t), .kind = FILCH_SEQUENTIAL};
static const filch_kernel noted = {
    .name = "note", .chunk = note, .args_bytes = sizeof(uint32_t), .kind = FILCH_SEQUENTIAL};
enum { NOTE, SAPLING, LEAD };
static const filch_kernel *const kernels[] = {&noted, &filch_kernel_sapling, &leading};

static void setup(uint32_t workers, uint32_t slots)
{
    scene_begin(kernels, 3, workers, slots);
    for (int i = 0; i < SCENE_TASKS; i++) order[i] = ended[i] = 0;
    steps = 0;
    runner = NO_WORKER;
    waits = is_allowed = is_away = false;
}
static void setup_one(void) { setup(1, 4); }
static void setup_two(void) { setup(2, 4); }
static void setup_scarce(void)
{
    setup(1, 8);
    plan_at(scene)->scarce = 9;
    plan_at(scene)->spare = 1;
}
static void setup_trees(void) { setup(2, 8); }

static void post(uint32_t kernel, int dependency)
{
    uint64_t handle = dependency < 0 ? 0 : scene_tasks[dependency].handle;
    scene_post(&(filch_submission){.kernel = kernel,
                                   .end = 1,
                                   .grain = 1,
                                   .priority = LOW,
                                   .args = (uint64_t[2]){(uint64_t)scene_posted},
                                   .dependencies = &handle,
                                   .dependency_count = dependency >= 0});
}

/* What each task depends on. */
static const int graphs[][SCENE_TASKS] = {
    {NONE, NONE, 0, NONE},
    {NONE, NONE, 0, 0},
    {NONE, 0, 0, 0},
    {NONE, 0, NONE, 1},
};
static void depend(int thread)
{
    if (scene_has_worked(thread)) return;
    for (int t = 0; t < SCENE_TASKS; t++) post(NOTE, graphs[explore_variant][t]);
    scene_reap(SCENE_TASKS);
    scene_end();
}

/* The first tree yields to each of the others, and goes on all the same: slots are scarce. */
enum { LOOP_PLACES = SCENE_TASKS + 1 }; /* variants: where a loop is among the trees, or nowhere */
static bool is_tree(int task) { return task != explore_variant % LOOP_PLACES; }
static void put_off(int thread)
{
    if (scene_has_worked(thread)) return;
    waits = explore_variant >= LOOP_PLACES;
    for (int t = 0; t < SCENE_TASKS; t++) post(is_tree(t) ? SAPLING : NOTE, NONE);
    scene_reap(SCENE_TASKS);
    scene_end();
}

static void check(void)
{
    scene_check();
    for (int t = 0; t < SCENE_TASKS; t++) EXPLORE_CHECK(order[t]);
}
/* With one worker the order is exact. But a loop needs no slots, and passes trees that are put
 * off. */
static void check_exact(void)
{
    check();
    for (int t = 1; t < SCENE_TASKS; t++) EXPLORE_CHECK(order[t] == order[t - 1] + 1);
}
static void check_put_off(void)
{
    uint32_t last = 0;
    check();
    for (int t = 0; t < SCENE_TASKS; t++) {
        if (is_tree(t)) EXPLORE_CHECK(order[t] > last);
        else if (waits && t) EXPLORE_CHECK(order[t] < ended[0]);
        if (is_tree(t)) last = order[t];
    }
}

/* The items of tasks that wait for the first one are dropped by the other worker, which then goes
 * home. The tasks begin in their order, and before one that is submitted later. */
static bool is_injector_empty(void)
{
    return scene->injector[LOW].top.word == scene->injector[LOW].bottom.word;
}
static void defer(int thread)
{
    if (thread) {
        scene_work(thread);
        is_away = true;
        return;
    }
    post(LEAD, NONE);
    post(NOTE, 0);
    post(NOTE, 0);
    explore_await(is_running);
    sleep_unpark_all(scene); /* what waits for the first task wakes no worker */
    explore_await(is_injector_empty);
    worker_recall(scene, (uint32_t)!runner);
    explore_await(is_first_away);
    post(NOTE, NONE);
    is_allowed = true;
    scene_reap(SCENE_TASKS);
    scene_end();
}

/* A worker is away for good, and may have queued dependents before: the other one runs them. */
static void away(int thread)
{
    if (thread) {
        scene_work(thread);
        is_away |= thread == 1;
        return;
    }
    post(NOTE, NONE);
    post(NOTE, 0);
    worker_recall(scene, 0);
    post(NOTE, 0);
    post(NOTE, 2);
    if (explore_variant) {
        explore_await(is_first_away);
        scene_recovered = true; /* first: from now on the order is another */
        recover_worker(scene, 0);
    }
    scene_reap(SCENE_TASKS);
    scene_end();
}

/* A worker dies in a tree, or as it queues the dependents of one. */
static void die(int thread)
{
    if (scene_has_worked(thread)) return;
    post(SAPLING, NONE);
    post(SAPLING, 0);
    post(NOTE, 0);
    if (explore_variant) control_try_cancel(scene, scene_tasks[1].handle);
    scene_reap_and_recover();
    scene_end();
}
static void check_died(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    for (int t = 0; t < scene_posted; t++) {
        uint32_t status = scene_tasks[t].status;
        EXPLORE_CHECK(status != FILCH_OK || order[t]);
        EXPLORE_CHECK(explore_died() >= 0 || status == FILCH_OK || status == FILCH_CANCELLED);
        if (scene_tasks[0].status != FILCH_OK && t) EXPLORE_CHECK(!order[t] && status != FILCH_OK);
    }
}

const explore_case order_cases[] = {
    {.scenario = {.name = "order: dependents, one worker",
                  .setup = setup_one,
                  .threads = 2,
                  .thread = depend,
                  .check = check_exact},
     .variants = 4,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "order: dependents, two workers",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = depend,
                  .check = check},
     .variants = 4,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "order: deferred dependents",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = defer,
                  .check = check_exact},
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "order: trees put off where slots are scarce",
                  .setup = setup_scarce,
                  .threads = 2,
                  .thread = put_off,
                  .check = check_put_off},
     .variants = 2 * LOOP_PLACES,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "order: dependents, a worker is away",
                  .setup = setup_two,
                  .threads = 3,
                  .thread = away,
                  .check = check},
     .variants = 2,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "order: dependents of a tree, a worker dies",
                  .setup = setup_trees,
                  .threads = 3,
                  .thread = die,
                  .check = check_died,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = 2,
     .nightly = 1,
     .deaths = 1,
     .random = 2000},
    {.scenario.name = 0},
};
