/* Recalls. A worker returns from worker_run() at a safepoint, in no task, and runs again, or the
 * owner recovers it and another thread replaces it. The other workers run the iterations that the
 * worker has left; each iteration runs once. No urgent work waits for a worker that is away. */
#include <string.h>

#include "core/state.h"
#include "owner/recover.h"
#include "scene.h"
#include "sched/worker.h"

enum { LENGTH = 3 };
static atom32 marks[LENGTH];
static bool recalled, back, urgent;
/* Chunks begun between the recall and the return; beside a recalled worker: chunks that the other
 * worker has begun since, while urgent work waited. */
static int late;

static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    late += task->worker == 0 && recalled && !back;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    return FILCH_OK;
}
/* The worker leaves after each chunk. */
static bool leaves;
static int32_t leave(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    EXPLORE_CHECK(!leaves);
    leaves = true;
    worker_leave(scene, task->worker);
    return mark(task, args, begin, end);
}
/* -- a tree that waits for a loop -- */
static uint32_t runner; /* the worker that is recalled while it runs the loop's only chunk */
static bool is_running;
static bool has_loop_begun(void) { return is_running; }
static bool is_runner_recalled(void) { return plan_workers(scene)[runner].shared.recalled.word; }
#define WAITED_ARGS(F) F(value, u32, unused)
FILCH_KERNEL(sequential, waited, WAITED_ARGS)
{
    (void)args, (void)begin, (void)end;
    runner = task->worker;
    is_running = true;
    explore_await(is_runner_recalled);
    return FILCH_OK;
}
#define WAITING_ARGS(F) F(state, u64, unused)
#undef filch_fields_of
#define filch_fields_of filch_fields_of_waiting
FILCH_FORK_KERNEL(waiting, WAITING_ARGS)
{
    FILCH_BEGIN;
    FILCH_LOOP(waited, 0, 1, 0);
    FILCH_RETURN(FILCH_OK);
    FILCH_END;
}
static bool has_urgent_begun;
static int32_t high(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    has_urgent_begun = true;
    return FILCH_OK;
}
static int32_t low(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args;
    late += back && urgent && !has_urgent_begun;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    return FILCH_OK;
}
static const filch_kernel table[] = {
    {.name = "mark", .chunk = mark, .kind = FILCH_PARALLEL},
    {.name = "in_order", .chunk = mark, .kind = FILCH_SEQUENTIAL},
    {.name = "leave", .chunk = leave, .kind = FILCH_SEQUENTIAL},
    {.name = "high", .chunk = high, .kind = FILCH_SEQUENTIAL},
    {.name = "low", .chunk = low, .kind = FILCH_PARALLEL},
    {.name = "low_in_order", .chunk = low, .kind = FILCH_SEQUENTIAL},
};
enum { HIGH = 3, LOW, WAITING = LOW + 2, WAITED, KERNELS };
static const filch_kernel *const kernels[KERNELS] = {&table[0],
                                                     &table[1],
                                                     &table[2],
                                                     &table[3],
                                                     &table[4],
                                                     &table[5],
                                                     &filch_kernel_waiting,
                                                     &filch_kernel_waited};

static void begin(uint32_t workers, uint32_t slots)
{
    scene_begin(kernels, KERNELS, workers, slots);
    memset(marks, 0, sizeof marks);
    runner = 0;
    is_running = recalled = back = leaves = urgent = has_urgent_begun = false;
    late = 0;
}
static void setup(void) { begin(2, 2); }
#if PRIORITIES > 1
static void setup_more(void) { begin(2, 3); }
#endif
static void setup_alone(void) { begin(1, 2); }

static bool is_back(void) { return back; }
static bool is_recovered_or_over(void) { return scene_recovered || scene->is_stopped.word; }

/* The recalled worker's way. The last two need another worker for the iterations that are left. */
enum { RUN_AGAIN, REPLACED, GONE, AWAY, LAST = REPLACED };

static void recall(int thread)
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
        explore_await(is_recovered_or_over);
        if (scene_recovered && explore_variant == REPLACED) scene_work(thread);
    } else {
        scene_post(&(filch_submission){.kernel = 0, .end = LENGTH, .grain = 1, .args = ""});
        worker_recall(scene, 0);
        recalled = true;
        scene_post(&(filch_submission){.kernel = 1, .end = 1, .grain = 1, .args = ""});
        if (explore_variant != RUN_AGAIN && explore_variant != AWAY) {
            explore_await(is_back);
            recover_worker(scene, 0);
            scene_recovered = true;
        }
        scene_reap(2);
        scene_end();
    }
}

/* A worker leaves by itself and comes back, and the owner recalls it meanwhile: worker_run()
 * returns for the recall, too. */
static void left(int thread)
{
    if (thread == 1) {
        worker_adopt(scene, 0);
        while (worker_run(scene, 0) == WORKER_LEFT) leaves = false;
        leaves = false;
        back = true;
        while (worker_run(scene, 0) == WORKER_LEFT) leaves = false;
    } else {
        scene_post(&(filch_submission){.kernel = 2, .end = LENGTH, .grain = 1, .args = ""});
        worker_recall(scene, 0);
        explore_await(is_back);
        scene_reap(1);
        scene_end();
    }
}

static void check_left(void)
{
    scene_check();
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word == 1);
}

/* A worker is recalled as it ends what a frame waits for. It has put that frame into its deque, to
 * go on with it. The other worker does. */
static void unblocked(int thread)
{
    if (scene_has_worked(thread)) return;
    scene_post(&(filch_submission){.kernel = WAITING, .end = 1, .args = (uint64_t[1]){0}});
    explore_await(has_loop_begun);
    worker_recall(scene, runner);
    scene_reap(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK);
    scene_end();
}

#if PRIORITIES > 1
/* A worker is away, or goes, while the other one is at less urgent work. */
enum { HAS_GONE, GOES, WAS_IDLE, BESIDE };
static bool is_first_at_low_or_all_ran(void)
{
    return plan_workers(scene)[0].shared.priority.word == PRIORITIES - 1 || marks[LENGTH - 1].word;
}

static void beside(int thread)
{
    if (thread) {
        scene_work(thread);
        if (thread == 1) back = true;
    } else {
        scene_post(&(filch_submission){.kernel = LOW + (explore_variant == WAS_IDLE),
                                       .end = LENGTH,
                                       .grain = 1,
                                       .priority = PRIORITIES - 1,
                                       .args = ""});
        if (explore_variant != WAS_IDLE) explore_await(is_first_at_low_or_all_ran);
        worker_recall(scene, 0);
        if (explore_variant == HAS_GONE) explore_await(is_back);
        scene_post(&(filch_submission){.kernel = HIGH, .end = 1, .grain = 1, .args = ""});
        urgent = true;
        scene_reap(2);
        scene_end();
    }
}
/* Worker 0 has returned in place of parking, and stays outside until the urgent work has begun. It
 * counts as searching. The other one, at less urgent work, is asked. */
static bool has_high_begun(void) { return has_urgent_begun; }
static bool is_outside_beside_parked(void) { return back && explore_waits(2); }
static bool is_second_at_low_or_all_ran(void)
{
    return plan_workers(scene)[1].shared.priority.word == PRIORITIES - 1 || marks[LENGTH - 1].word;
}
static void beside_outside(int thread)
{
    if (thread == 1) {
        worker_adopt(scene, 0);
        worker_return_idle(scene, 0, true);
        while (worker_run(scene, 0) == WORKER_IDLE) {
            back = true;
            explore_await(has_high_begun);
            futex_wait(&plan_workers(scene)[0].parked, 1);
            worker_adopt(scene, 0);
        }
    }
    if (thread == 1 || scene_has_worked(thread)) return;
    explore_await(is_outside_beside_parked);
    for (int i = 0; i < 2; i++) {
        scene_post(&(filch_submission){
            .kernel = LOW + 1, .end = LENGTH, .grain = 1, .priority = PRIORITIES - 1, .args = ""});
    }
    explore_await(is_second_at_low_or_all_ran);
    scene_post(&(filch_submission){.kernel = HIGH, .end = 1, .grain = 1, .args = ""});
    urgent = true;
    scene_reap(3);
    scene_end();
}
static void check_beside_outside(void)
{
    scene_check();
    EXPLORE_CHECK(late <= 1);
}
/* The same for a worker that has died at less urgent work. */
static bool has_died_or_all_ran(void) { return explore_died() >= 0 || marks[LENGTH - 1].word; }
static void beside_dead(int thread)
{
    if (scene_has_worked(thread)) return;
    for (int i = 0; i < 2; i++) {
        scene_post(&(filch_submission){
            .kernel = LOW + 1, .end = LENGTH, .grain = 1, .priority = PRIORITIES - 1, .args = ""});
    }
    explore_await(has_died_or_all_ran);
    if (explore_died() >= 0) {
        recover_worker(scene, 0);
        scene_recovered = back = true;
    }
    scene_post(&(filch_submission){.kernel = HIGH, .end = 1, .grain = 1, .args = ""});
    urgent = true;
    scene_reap_and_recover();
    scene_end();
}

/* A worker dies that was to take urgent work, while the other one is at less urgent work: the other
 * one is asked. */
static bool is_high_queued(void)
{
    return plan_slots(scene)[handle_slot(scene_tasks[1].handle)].state.word & STATE_QUEUED;
}
static bool is_any_at_low_or_all_ran(void)
{
    bool is_second = plan_workers(scene)[1].shared.priority.word == PRIORITIES - 1;
    return is_second || explore_died() >= 0 || is_first_at_low_or_all_ran();
}
static bool is_high_taken_or_died(void) { return !is_high_queued() || explore_died() >= 0; }

static void beside_taker(int thread)
{
    if (scene_has_worked(thread)) return;
    scene_post(&(filch_submission){
        .kernel = LOW + 1, .end = LENGTH, .grain = 1, .priority = PRIORITIES - 1, .args = ""});
    explore_await(is_any_at_low_or_all_ran);
    scene_post(&(filch_submission){.kernel = HIGH, .end = 1, .grain = 1, .args = ""});
    explore_await(is_high_taken_or_died);
    if (explore_died() > 0) {
        recover_worker(scene, (uint32_t)explore_died() - 1);
        scene_recovered = back = true;
        urgent = is_high_queued();
    }
    scene_reap_and_recover();
    scene_end();
}
static void check_beside_dead(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    EXPLORE_CHECK(late <= 1);
}
static void check_beside_taker(void)
{
    check_beside_dead();
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word <= 1);
}

static void check_beside(void)
{
    scene_check();
    EXPLORE_CHECK(late <= 1);
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word == 1);
}
#endif

static void check(void)
{
    scene_check();
    EXPLORE_CHECK(late <= 1);
    /* The second loop has an iteration 0, too. */
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word == (i ? 1 : 2));
}

const explore_case recall_cases[] = {
    {.scenario = {.name = "recall: a worker of two",
                  .setup = setup,
                  .threads = 3,
                  .thread = recall,
                  .check = check},
     .variants = AWAY + 1,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "recall: the only worker",
                  .setup = setup_alone,
                  .threads = 2,
                  .thread = recall,
                  .check = check},
     .variants = LAST + 1,
     .preemptions = 2,
     .nightly = 3,
     .random = 2000},
    {.scenario = {.name = "recall: a worker that leaves by itself",
                  .setup = setup_alone,
                  .threads = 2,
                  .thread = left,
                  .check = check_left},
     .preemptions = 2,
     .nightly = 3,
     .random = 2000},
    {.scenario = {.name = "recall: of a worker that has unblocked a frame",
                  .setup = setup,
                  .threads = 3,
                  .thread = unblocked,
                  .check = scene_check},
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
#if PRIORITIES > 1
    {.scenario = {.name = "priority: beside a dead worker",
                  .setup = setup_more,
                  .threads = 3,
                  .thread = beside_dead,
                  .check = check_beside_dead,
                  .mortal = FIRST_WORKER_MAY_DIE},
     .nightly = 1,
     .deaths = 1,
     .random = 5000},
    {.scenario = {.name = "priority: beside a recalled worker",
                  .setup = setup,
                  .threads = 3,
                  .thread = beside,
                  .check = check_beside},
     .variants = BESIDE,
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "priority: beside a worker that stays outside",
                  .setup = setup_more,
                  .threads = 3,
                  .thread = beside_outside,
                  .check = check_beside_outside},
     .preemptions = 1,
     .nightly = 2,
     .random = 5000},
    {.scenario = {.name = "priority: beside a worker that dies",
                  .setup = setup,
                  .threads = 3,
                  .thread = beside_taker,
                  .check = check_beside_taker,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .nightly = 1,
     .deaths = 1,
     .random = 20000},
#endif
    {.scenario.name = 0},
};
