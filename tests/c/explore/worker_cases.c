/* One worker and the owner. With two threads the explorer goes further than with three. So these
 * cases are about faults that need several preemptions to show. */
#include "cases.h"
#include "core/range.h"
#include "core/region.h"
#include "core/state.h"
#include "core/tree.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/submit.h"
#include "sched/worker.h"

enum { SLOTS = 2 };

static _Alignas(CACHE_LINE) unsigned char region[32 * 1024];
static filch_runtime *rt;
static uint64_t handles[2];
static int posts, completed;
static bool cancelled; /* the last task's cancel has returned */
static int late;       /* chunks of that task begun since */

static int32_t nothing(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    return FILCH_OK;
}

static int32_t step(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    late += cancelled;
    return FILCH_OK;
}

static bool is_first_completed(void) { return completed > 0; }

static int32_t await_first(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    explore_await(is_first_completed);
    return FILCH_OK;
}

enum { NOTHING, STEP, STEP_IN_ORDER, AWAIT_FIRST };
static const filch_kernel table[] = {
    {.name = "nothing", .chunk = nothing, .kind = FILCH_PARALLEL},
    {.name = "step", .chunk = step, .kind = FILCH_PARALLEL},
    {.name = "step_in_order", .chunk = step, .kind = FILCH_SEQUENTIAL},
    {.name = "await_first", .chunk = await_first, .kind = FILCH_PARALLEL},
};
static const filch_kernel *const kernels[] = {&table[0], &table[1], &table[2], &table[3]};

static void setup(void)
{
    filch_options options = {.workers = 1, .slots = SLOTS};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, kernels, sizeof kernels / sizeof *kernels);
    posts = completed = late = 0;
    cancelled = false;
    explore_clock_step = 0;
}
static void setup_slicing(void)
{
    setup();
    explore_clock_step = 6000000; /* a time slice is over after three chunks */
}

static void post(uint32_t kernel, uint64_t length, uint32_t grain)
{
    filch_status why;
    filch_submission submission = {.kernel = kernel, .end = length, .grain = grain, .args = ""};
    handles[posts] = submit_task(rt, &submission, &why);
    EXPLORE_CHECK(handles[posts++] != 0);
}

/* A task that has completed is done, or has iterations that did not run. No holder has any of them
 * left. */
static void check_completed(uint64_t handle)
{
    filch_slot *slot = state_find(rt, handle);
    EXPLORE_CHECK((atom32_load(&slot->status) == FILCH_OK) ==
                  (atom64_load(&slot->done) == slot->loop.total));
    for (uint32_t holder = 0; holder <= range_home(rt); holder++) {
        EXPLORE_CHECK(
            !range_length(range_unpack(atom64_load(range_at(rt, holder, handle_slot(handle))))));
    }
    completed++;
}

static void reap(int count)
{
    for (;;) {
        for (uint64_t handle; (handle = reap_next(rt)) != 0;) check_completed(handle);
        if (completed >= count) return;
        if (reap_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
}

/* Thread 1 is worker 0. False: the owner. */
static bool has_worked(int thread)
{
    if (!thread) return false;
    worker_adopt(rt, 0);
    worker_run(rt, 0);
    return true;
}

/* The owner may be slow to finish its unpark. Meanwhile the worker has done the work and is parked
 * again. */
static void post_twice(int thread)
{
    if (has_worked(thread)) return;
    post(NOTHING, 1, 1);
    post(NOTHING, 1, 1);
    reap(2);
    control_stop(rt);
}

/* The owner may be slow to request preemption for the first cancel, too: the worker runs another
 * task by then. The second cancel takes effect at the next safepoint all the same. */
static void cancel_twice(int thread)
{
    if (has_worked(thread)) return;
    post(NOTHING, 1, 1);
    post(STEP, 5, 1);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]) && control_try_cancel(rt, handles[1]));
    cancelled = true;
    reap(2);
    EXPLORE_CHECK(late <= 1);
    control_stop(rt);
}

/* A task that is cancelled while its worker yields completes, though the worker has another task to
 * run. */
static void cancel_yield(int thread)
{
    if (has_worked(thread)) return;
    post(STEP_IN_ORDER, 5, 1);
    post(AWAIT_FIRST, 1, 1);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    reap(2);
    control_stop(rt);
}

/* The owner finds and cancels a long loop while its blocks change. */
static void blocks(int thread)
{
    if (has_worked(thread)) return;
    post(NOTHING, (uint64_t)2 << BLOCK_BITS, 1u << BLOCK_BITS);
    EXPLORE_CHECK(state_find(rt, handles[0]) != 0);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    reap(1);
    control_stop(rt);
}

const explore_case worker_cases[] = {
    {.scenario = {.name = "worker: a post after another",
                  .setup = setup,
                  .threads = 2,
                  .thread = post_twice},
     .preemptions = 4,
     .nightly = 5,
     .prunes = true},
    {.scenario = {.name = "worker: a cancel after another",
                  .setup = setup,
                  .threads = 2,
                  .thread = cancel_twice},
     .preemptions = 3,
     .nightly = 4,
     .prunes = true},
    {.scenario = {.name = "worker: a cancel meets a yield",
                  .setup = setup_slicing,
                  .threads = 2,
                  .thread = cancel_yield},
     .preemptions = 3,
     .nightly = 4,
     .prunes = true},
    {.scenario = {.name = "worker: the next block", .setup = setup, .threads = 2, .thread = blocks},
     .preemptions = 4,
     .nightly = 5,
     .prunes = true},
    {.scenario.name = 0},
};
