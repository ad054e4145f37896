/* Pauses of loops, against steals, splits, and the end. No worker runs in a paused loop, the loop's
 * ranges hold all iterations that are left, as a save would keep them, and the loop goes on with
 * exactly those. */
#include <string.h>

#include "core/state.h"
#include "core/tree.h"
#include "owner/control.h"
#include "owner/recover.h"
#include "scene.h"

enum { LENGTH = 4 };
static atom32 marks[LENGTH];
static bool resting, is_pausing;
static int late; /* chunks begun since the pause */

static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args;
    EXPLORE_CHECK(!resting);
    late += is_pausing;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    EXPLORE_CHECK(!resting);
    return FILCH_OK;
}
/* The first iteration fails, once the owner has asked for the pause. */
static bool asked, fails;
static bool is_asked(void) { return asked; }
static int32_t fail_first(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    mark(task, args, begin, end);
    explore_await(is_asked);
    return begin || !fails ? FILCH_OK : 7;
}
static const filch_kernel table[] = {
    {.name = "mark", .chunk = mark, .kind = FILCH_PARALLEL},
    {.name = "in_order", .chunk = mark, .kind = FILCH_SEQUENTIAL},
    {.name = "failing", .chunk = fail_first, .kind = FILCH_PARALLEL},
};
static const filch_kernel *const kernels[] = {&table[0], &table[1], &table[2]};

static void begin(uint32_t workers)
{
    scene_begin(kernels, 3, workers, 2);
    memset(marks, 0, sizeof marks);
    resting = asked = is_pausing = false;
    fails = true;
    late = 0;
}
static void setup(void) { begin(2); }
static void setup_one(void) { begin(1); }

static bool is_at_rest(void)
{
    uint64_t state =
        plan_slots(scene)[handle_slot(scene_tasks[0].handle)].state.word & STATE_IN_USE;
    return state == STATE_PAUSED || state & STATE_CLOSED;
}

/* A save would keep the iterations that have not run. */
static void check_left(void)
{
    double pieces[2 * LENGTH];
    uint32_t left = 0, n = control_pieces(scene, scene_tasks[0].handle, pieces, LENGTH);
    for (uint32_t i = 0; i < n; i++) {
        for (double at = pieces[2 * i]; at < pieces[2 * i + 1]; at++, left++)
            EXPLORE_CHECK(!marks[(int)at].word);
    }
    for (int i = 0; i < LENGTH; i++) left += marks[i].word;
    EXPLORE_CHECK(left == LENGTH);
}

enum { RESUME, REST, REST_AND_CANCEL, CANCEL, REST_AND_STOP, VARIANTS };

static void owner(uint32_t kernel)
{
    bool rests = explore_variant == REST || explore_variant == REST_AND_CANCEL ||
                 explore_variant == REST_AND_STOP;
    scene_post(&(filch_submission){.kernel = kernel, .end = LENGTH, .grain = 1, .args = ""});
    uint64_t handle = scene_tasks[0].handle;
    EXPLORE_CHECK(control_try_pause(scene, handle));
    if (rests) {
        explore_await(is_at_rest);
        if (!(atom64_load(&plan_slots(scene)[handle_slot(handle)].state) & STATE_CLOSED)) {
            EXPLORE_CHECK(control_pause_state(scene, handle) == PAUSE_DONE);
            resting = true;
            check_left();
            resting = false;
        }
    }
    if (explore_variant == RESUME || explore_variant == REST)
        EXPLORE_CHECK(control_try_resume(scene, handle));
    else if (explore_variant == REST_AND_STOP) control_stop(scene);
    else EXPLORE_CHECK(control_try_cancel(scene, handle));
    scene_reap(1);
    EXPLORE_CHECK(explore_variant > REST || scene_tasks[0].status == FILCH_OK);
    scene_end();
}
static bool is_at_rest_or_decided(void)
{
    return is_at_rest() ||
           plan_slots(scene)[handle_slot(scene_tasks[0].handle)].status.word != FILCH_PENDING;
}
/* A task that fails while it is paused completes all the same. */
static void failing(int thread)
{
    if (scene_has_worked(thread)) return;
    scene_post(&(filch_submission){.kernel = 2, .end = LENGTH, .grain = 1, .args = ""});
    EXPLORE_CHECK(control_try_pause(scene, scene_tasks[0].handle));
    asked = true;
    explore_await(is_at_rest_or_decided);
    control_pause_state(scene, scene_tasks[0].handle);
    explore_await(is_at_rest);
    /* A task that was paused before it began has not failed yet. */
    if (atom32_load(&plan_slots(scene)[handle_slot(scene_tasks[0].handle)].status) ==
        FILCH_PENDING) {
        EXPLORE_CHECK(control_try_resume(scene, scene_tasks[0].handle));
    }
    scene_reap(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_KERNEL_FAILED);
    scene_end();
}
static void check_failed(void)
{
    scene_check();
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word <= 1);
}

/* A task that loses a worker while it is paused completes all the same. In the second variant it
 * fails besides. */
static bool do_both_run_or_died(void)
{
    uint64_t state = plan_slots(scene)[handle_slot(scene_tasks[0].handle)].state.word;
    return (state & STATE_WORKERS) == 3 || explore_died() >= 0;
}
static bool is_at_rest_or_died(void) { return is_at_rest() || explore_died() >= 0; }
static void dying(int thread)
{
    if (scene_has_worked(thread)) return;
    fails = explore_variant;
    scene_post(&(filch_submission){.kernel = 2, .end = LENGTH, .grain = 1, .args = ""});
    explore_await(do_both_run_or_died);
    EXPLORE_CHECK(control_try_pause(scene, scene_tasks[0].handle));
    asked = true;
    explore_await(is_at_rest_or_died);
    if (explore_died() > 0) {
        recover_worker(scene, (uint32_t)explore_died() - 1);
        scene_recovered = true;
    }
    if (atom32_load(&plan_slots(scene)[handle_slot(scene_tasks[0].handle)].status) == FILCH_PENDING)
        control_try_resume(scene, scene_tasks[0].handle);
    scene_reap_and_recover();
    scene_end();
}
/* A worker dies as it pauses a task that the owner has resumed meanwhile. */
static void dying_resumed(int thread)
{
    if (scene_has_worked(thread)) return;
    scene_post(&(filch_submission){
        .kernel = (uint32_t)explore_variant, .end = LENGTH, .grain = 1, .args = ""});
    EXPLORE_CHECK(control_try_pause(scene, scene_tasks[0].handle));
    EXPLORE_CHECK(control_try_resume(scene, scene_tasks[0].handle));
    scene_reap_and_recover();
    scene_end();
}
static void check_dead(void)
{
    EXPLORE_CHECK(scene_completed == scene_posted);
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(marks[i].word <= 1);
}

static bool is_paused_or_completed(void)
{
    uint64_t state =
        plan_slots(scene)[handle_slot(scene_tasks[0].handle)].state.word & STATE_IN_USE;
    return state == STATE_PAUSED || scene->completions.word;
}
/* Each iteration is a block of its own: the worker looks up at the end of a block, too. */
static void pieces(int thread)
{
    static const double all[2 * LENGTH] = {0, 1, 1, 2, 2, 3, 3, 4};
    if (scene_has_worked(thread)) return;
    scene_post(&(filch_submission){.kernel = (uint32_t)explore_variant,
                                   .end = LENGTH,
                                   .grain = 1,
                                   .args = "",
                                   .pieces = all,
                                   .piece_count = LENGTH});
    EXPLORE_CHECK(control_try_pause(scene, scene_tasks[0].handle));
    is_pausing = true;
    explore_await(is_paused_or_completed);
    is_pausing = false;
    if (control_pause_state(scene, scene_tasks[0].handle) == PAUSE_DONE) check_left();
    EXPLORE_CHECK(control_try_resume(scene, scene_tasks[0].handle));
    scene_reap(1);
    EXPLORE_CHECK(scene_tasks[0].status == FILCH_OK && late <= 1);
    scene_end();
}

static void parallel(int thread)
{
    if (thread) scene_work(thread);
    else owner(0);
}
static void sequential(int thread)
{
    if (thread) scene_work(thread);
    else owner(1);
}

static void check(void)
{
    scene_check();
    uint64_t ran = 0;
    for (int i = 0; i < LENGTH; i++) {
        EXPLORE_CHECK(marks[i].word <= 1);
        ran += marks[i].word;
    }
    EXPLORE_CHECK(ran == scene_tasks[0].done);
    EXPLORE_CHECK(scene_tasks[0].status != FILCH_OK || ran == LENGTH);
}

const explore_case pause_cases[] = {
    {.scenario = {.name = "pause: a parallel loop",
                  .setup = setup,
                  .threads = 3,
                  .thread = parallel,
                  .check = check},
     .variants = VARIANTS,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "pause: a sequential loop",
                  .setup = setup,
                  .threads = 3,
                  .thread = sequential,
                  .check = check},
     .variants = VARIANTS,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "pause: between blocks",
                  .setup = setup_one,
                  .threads = 2,
                  .thread = pieces,
                  .check = check},
     .variants = 2,
     .preemptions = 2,
     .nightly = 3,
     .random = 2000},
    {.scenario = {.name = "pause: a loop that fails",
                  .setup = setup,
                  .threads = 3,
                  .thread = failing,
                  .check = check_failed},
     .variants = 1,
     .preemptions = 1,
     .nightly = 2,
     .random = 2000},
    {.scenario = {.name = "pause: a worker dies",
                  .setup = setup,
                  .threads = 3,
                  .thread = dying,
                  .check = check_dead,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = 2,
     .nightly = 1,
     .deaths = 1,
     .random = 20000},
    {.scenario = {.name = "pause: a worker dies, and the task is resumed",
                  .setup = setup,
                  .threads = 3,
                  .thread = dying_resumed,
                  .check = check_dead,
                  .mortal = BOTH_WORKERS_MAY_DIE},
     .variants = 2,
     .nightly = 1,
     .deaths = 1,
     .random = 20000},
    {.scenario.name = 0},
};
