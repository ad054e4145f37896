/* One worker and the owner. Two threads take the explorer further than three: what needs several preemptions to go wrong is here. */
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
static int posts, settled;
static bool cancelled; /* the last task's cancel has returned */
static int late;       /* chunks of it begun since */

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

static bool first_settled(void) { return settled > 0; }

static int32_t await_first(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)begin, (void)end;
    explore_await(first_settled);
    return FILCH_OK;
}

enum { NOTHING, STEP, STEP_IN_ORDER, AWAIT_FIRST };
static const filch_kernel table[] = {
    {"nothing", nothing, 0, 0, 0, FILCH_PARALLEL},
    {"step", step, 0, 0, 0, FILCH_PARALLEL},
    {"step_in_order", step, 0, 0, 0, FILCH_SEQUENTIAL},
    {"await_first", await_first, 0, 0, 0, FILCH_PARALLEL},
};
static const filch_kernel *const kernels[] = {&table[0], &table[1], &table[2], &table[3]};

static void setup(void)
{
    filch_options options = {1, SLOTS, 0};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, kernels, sizeof kernels / sizeof *kernels);
    posts = settled = late = 0;
    cancelled = false;
    explore_clock_step = 0;
}
static void setup_slicing(void)
{
    setup();
    explore_clock_step = 6000000; /* a slice is over after three chunks */
}

static void post(uint32_t kernel, uint64_t length, uint32_t grain)
{
    filch_status why;
    handles[posts] = submit_task(rt, &(filch_submission){kernel, 0, length, 0, grain, ""}, &why);
    EXPLORE_CHECK(handles[posts++] != 0);
}

/* A task that has settled is done, or has iterations that did not run; none of them is left where somebody could find it. */
static void reap(uint64_t handle)
{
    filch_slot *slot = state_find(rt, handle);
    EXPLORE_CHECK((atom32_load(&slot->status) == FILCH_OK) == (atom64_load(&slot->done) == slot->loop.total));
    for (uint32_t row = 0; row <= range_home(rt); row++) {
        EXPLORE_CHECK(!range_length(range_unpack(atom64_load(range_at(rt, row, handle_slot(handle))))));
    }
    settled++;
}

static void settle(int count)
{
    for (;;) {
        for (uint64_t handle; (handle = reap_next(rt)) != 0;) reap(handle);
        if (settled >= count) return;
        if (reap_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
}

static void work(void)
{
    worker_adopt(rt, 0);
    worker_run(rt, 0);
}

/* The owner may be slow to finish its wake-up of the worker, which has done the work meanwhile and sleeps again. */
static void post_twice(int thread)
{
    if (thread) { work(); return; }
    post(NOTHING, 1, 1);
    post(NOTHING, 1, 1);
    settle(2);
    control_stop(rt);
}

/* The owner may be slow to tell the worker of the first cancel, too: the worker runs another task by then. The second cancel takes
 * effect at the next safepoint all the same. */
static void cancel_twice(int thread)
{
    if (thread) { work(); return; }
    post(NOTHING, 1, 1);
    post(STEP, 5, 1);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]) && control_try_cancel(rt, handles[1]));
    cancelled = true;
    settle(2);
    EXPLORE_CHECK(late <= 1);
    control_stop(rt);
}

/* A task that is cancelled while its worker puts it back settles then, though the worker has other things to do. */
static void cancel_put_back(int thread)
{
    if (thread) { work(); return; }
    post(STEP_IN_ORDER, 5, 1);
    post(AWAIT_FIRST, 1, 1);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    settle(2);
    control_stop(rt);
}

/* A long loop is there, to be found and cancelled, while its blocks change. */
static void blocks(int thread)
{
    if (thread) { work(); return; }
    post(NOTHING, (uint64_t)2 << BLOCK_BITS, 1u << BLOCK_BITS);
    EXPLORE_CHECK(state_find(rt, handles[0]) != 0);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    settle(1);
    control_stop(rt);
}

const explore_case worker_cases[] = {
    {{"worker: a post after another", setup, 2, post_twice, 0, 0}, 0, 3, 4, 0, 0},
    {{"worker: a cancel after another", setup, 2, cancel_twice, 0, 0}, 0, 3, 4, 0, 0},
    {{"worker: a cancel meets a yield", setup_slicing, 2, cancel_put_back, 0, 0}, 0, 3, 4, 0, 0},
    {{"worker: the next block", setup, 2, blocks, 0, 0}, 0, 3, 4, 0, 0},
    {{0}, 0, 0, 0, 0, 0},
};
