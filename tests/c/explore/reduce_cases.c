/* Reductions, and loops that are saved. A deterministic reduction has the same bits under every
 * schedule, also where it was saved, restored, saved again, and restored. Each iteration runs once
 * all the same. */
#include <setjmp.h>
#include <string.h>

#include "core/reduce.h"
#include "core/state.h"
#include "owner/control.h"
#include "owner/recover.h"
#include "scene.h"
#include "sched/worker.h"

/* There is memory for more parts than the reduction has, so that a fault overwrites no other
 * word. */
enum { BEGIN = 3, LENGTH = 7, PARTS = BEGIN + LENGTH };
static atom32 marks[BEGIN + LENGTH];
static uint64_t totals[SCENE_TASKS][PARTS];
static bool started;

/* The bits depend on the order within a leaf, on where leaves begin, and on the order in which
 * leaves are combined. */
#define ORDERED_ARGS(F) F(value, u32, factor)
#define ORDERED_TOTAL(NUMBER, ARRAY) NUMBER(u64, bits)
FILCH_REDUCTION(ordered, ORDERED_ARGS, ORDERED_TOTAL, { total->bits = 1; },
                { into->bits = into->bits * 1000003 + from->bits; })
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) {
        uint64_t bits = total->bits;
        atom32_add(&marks[i], 1); /* meanwhile another worker might be in the same leaf */
        total->bits = bits * args->factor + i;
    }
    started = true;
    return FILCH_OK;
}

static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    started = true;
    return FILCH_OK;
}
/* Adds up iterations. A worker can trap at each combination, and die in the middle of it. */
static int combinations_left; /* until one traps; 0: none does */
static jmp_buf *traps[2];     /* where the thread of each worker goes on */
static int32_t add_up(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)args;
    *(uint64_t *)task->total += end - begin;
    started = true;
    return FILCH_OK;
}
static void nothing_yet(void *total) { *(uint64_t *)total = 0; }
static void add(void *into, const void *from)
{
    *(uint64_t *)into += *(const uint64_t *)from;
    explore_point();
    if (combinations_left && !--combinations_left) longjmp(*traps[explore_self() - 1], 1);
}
static const filch_kernel sum = {
    .name = "sum",
    .chunk = add_up,
    .kind = FILCH_PARALLEL,
    .total_bytes = sizeof(uint64_t),
    .identity = nothing_yet,
    .combine = add,
};

static const filch_kernel parallel = {.name = "parallel", .chunk = mark, .kind = FILCH_PARALLEL};
static const filch_kernel sequential = {
    .name = "sequential", .chunk = mark, .kind = FILCH_SEQUENTIAL};

enum { ORDERED, PARALLEL, SEQUENTIAL, SUM, KERNELS };
static const filch_kernel *const kernels[] = {&filch_kernel_ordered, &parallel, &sequential, &sum};

static uint64_t expected(void)
{
    uint64_t parts[PARTS];
    uint32_t leaf = reduce_leaf(LENGTH), count = 0;
    for (uint32_t at = 0; at < LENGTH; count++) {
        parts[count] = 1;
        for (uint32_t end = at + leaf; at < end && at < LENGTH; at++)
            parts[count] = parts[count] * 31 + BEGIN + at;
    }
    for (uint32_t step = 1; step < count; step *= 2) {
        for (uint32_t i = 0; i + step < count; i += 2 * step)
            parts[i] = parts[i] * 1000003 + parts[i + step];
    }
    EXPLORE_CHECK(leaf == 2 && count == 4);
    return parts[0];
}

static void setup(void)
{
    scene_begin(kernels, KERNELS, 2, 2);
    combinations_left = 0;
    memset(marks, 0, sizeof marks);
    memset(totals, 0xa5, sizeof totals);
    started = false;
}
static bool has_started(void) { return started; }

static void post(uint32_t kernel, uint32_t grain, const double *pieces, uint32_t count)
{
    scene_post(&(filch_submission){.kernel = kernel,
                                   .begin = BEGIN,
                                   .end = BEGIN + LENGTH,
                                   .grain = grain,
                                   .args = &(ordered_args){.factor = 31},
                                   .pieces = pieces,
                                   .piece_count = count,
                                   .totals = totals[scene_posted],
                                   .deterministic = true});
}
static uint64_t handle(void) { return scene_tasks[scene_posted - 1].handle; }

static void check(void)
{
    scene_check();
    for (int i = 0; i < BEGIN + LENGTH; i++) EXPLORE_CHECK(marks[i].word == (i >= BEGIN));
    const scene_task *last = &scene_tasks[scene_posted - 1];
    EXPLORE_CHECK(last->status == FILCH_OK && last->done == LENGTH);
}
static void check_bits(void)
{
    check();
    EXPLORE_CHECK(totals[scene_posted - 1][0] == expected());
}

/* Chunks of one iteration, and of more than a leaf; not disturbed, or paused in the middle. */
static void deterministic(int thread)
{
    if (scene_has_worked(thread)) return;
    post(ORDERED, explore_variant & 1 ? 3 : 1, 0, 0);
    if (explore_variant & 2) {
        explore_await(has_started);
        EXPLORE_CHECK(control_try_pause(scene, handle()));
        EXPLORE_CHECK(control_try_resume(scene, handle()));
    }
    scene_reap(1);
    scene_end();
}

static const filch_slot *slot(void) { return &plan_slots(scene)[handle_slot(handle())]; }
static bool is_over(void) { return slot()->status.word != FILCH_PENDING; }
static bool is_left_or_over(void) { return is_over() || !(slot()->state.word & STATE_WORKERS); }
static bool has_started_or_over(void) { return started || is_over(); }

/* The owner saves the task as the host does, cancels it, and posts a task of the pieces that are
 * left. */
static void save_and_restore(uint32_t kernel, double *pieces)
{
    EXPLORE_CHECK(control_try_pause(scene, handle()));
    do {
        explore_await(is_left_or_over);
        if (is_over()) return;
    } while (control_pause_state(scene, handle()) != PAUSE_DONE);
    uint32_t count = control_pieces(scene, handle(), pieces, LENGTH);
    EXPLORE_CHECK(count <= LENGTH);
    memcpy(totals[scene_posted], totals[scene_posted - 1], sizeof *totals);
    EXPLORE_CHECK(control_try_cancel(scene, handle()));
    scene_reap(scene_posted);
    started = false;
    post(kernel, 1, pieces, count);
}

/* The owner saves twice: in the middle, and then at once, or in the middle again. */
static void saved(int thread)
{
    static double pieces[2][2 * LENGTH];
    if (scene_has_worked(thread)) return;
    uint32_t kernel = (uint32_t)explore_variant / 2;
    post(kernel, 1, 0, 0);
    explore_await(has_started);
    save_and_restore(kernel, pieces[0]);
    if (explore_variant & 1) explore_await(has_started_or_over);
    save_and_restore(kernel, pieces[1]);
    scene_reap(scene_posted);
    scene_end();
}
static void check_saved(void)
{
    if (explore_variant / 2 == ORDERED) check_bits();
    else check();
}

/* -- the combination goes wrong -- */
enum { FAST, DETERMINISTIC, SUM_VARIANTS };

static void post_sum(bool deterministic)
{
    scene_post(&(filch_submission){.kernel = SUM,
                                   .end = LENGTH,
                                   .grain = 1,
                                   .args = "",
                                   .totals = totals[scene_posted],
                                   .deterministic = deterministic});
}

/* As the host does: the worker goes on after a trap. */
static void work_on(int thread)
{
    jmp_buf here;
    traps[thread - 1] = &here;
    worker_adopt(scene, (uint32_t)thread - 1);
    if (setjmp(here)) worker_trapped(scene, (uint32_t)thread - 1, false);
    worker_run(scene, (uint32_t)thread - 1);
}

/* One combination traps, of the three that a deterministic reduction has: the task fails, and the
 * worker runs the next one. */
static void combination_traps(int thread)
{
    if (thread) {
        work_on(thread);
        return;
    }
    combinations_left = 1 + explore_variant;
    post_sum(true);
    post_sum(true);
    scene_reap(2);
    scene_end();
}
static void check_trapped(void)
{
    scene_check();
    int trapped = 0;
    for (int t = 0; t < 2; t++) {
        uint32_t status = scene_tasks[t].status;
        EXPLORE_CHECK(status == FILCH_OK || status == FILCH_KERNEL_TRAPPED);
        trapped += status == FILCH_KERNEL_TRAPPED;
        if (status == FILCH_OK) EXPLORE_CHECK(totals[t][0] == LENGTH);
    }
    EXPLORE_CHECK(trapped == 1);
}

static bool has_started_or_died(void) { return started || explore_died() >= 0; }
static bool is_over_or_died(void) { return is_over() || explore_died() >= 0; }
static bool has_run_whole; /* as a worker died, and no worker had closed the task */

/* When the owner cancels: as the task runs; or after a worker's death. */
enum { NEVER, WHILE_IT_RUNS, AFTER_A_DEATH, CANCELS };

/* A worker dies, also in the middle of a combination: the result is right, or there is none. */
static void combiner_dies(int thread)
{
    if (scene_has_worked(thread)) return;
    int cancel = explore_variant / SUM_VARIANTS;
    has_run_whole = false;
    post_sum(explore_variant % SUM_VARIANTS == DETERMINISTIC);
    if (cancel == WHILE_IT_RUNS) {
        explore_await(has_started_or_died);
    } else {
        explore_await(is_over_or_died);
        has_run_whole = slot()->done.word == LENGTH && !(slot()->state.word & STATE_CLOSED);
    }
    if (cancel == AFTER_A_DEATH && explore_died() > 0) {
        recover_worker(scene, (uint32_t)explore_died() - 1);
        scene_recovered = true;
    }
    if (cancel) control_try_cancel(scene, handle());
    scene_reap_and_recover();
    scene_end();
}
static void check_dead(void)
{
    uint32_t status = scene_tasks[0].status;
    EXPLORE_CHECK(scene_completed == scene_posted);
    if (status == FILCH_OK) EXPLORE_CHECK(totals[0][0] == LENGTH && scene_tasks[0].done == LENGTH);
    else if (status == FILCH_WORKER_LOST) EXPLORE_CHECK(scene_recovered && !has_run_whole);
    else EXPLORE_CHECK(status == FILCH_CANCELLED && scene_tasks[0].done != LENGTH);
}

const explore_case reduce_cases[] = {
    {.scenario = {.name = "reduce: a combination traps",
                  .setup = setup,
                  .threads = 3,
                  .thread = combination_traps,
                  .check = check_trapped},
     .variants = 3,
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario = {.name = "reduce: a worker dies",
                  .setup = setup,
                  .threads = 3,
                  .thread = combiner_dies,
                  .check = check_dead,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = CANCELS * SUM_VARIANTS,
     .nightly = 1,
     .deaths = 1,
     .random = 20000},
    {.scenario = {.name = "reduce: the same bits",
                  .setup = setup,
                  .threads = 3,
                  .thread = deterministic,
                  .check = check_bits},
     .variants = 4,
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario = {.name = "reduce: saved and restored",
                  .setup = setup,
                  .threads = 3,
                  .thread = saved,
                  .check = check_saved},
     .variants = 6,
     .preemptions = 1,
     .nightly = 2,
     .random = 3000},
    {.scenario.name = 0},
};
