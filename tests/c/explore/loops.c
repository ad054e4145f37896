#include "loops.h"

#include <string.h>

#include "core/deque.h"
#include "core/range.h"
#include "core/region.h"
#include "core/state.h"
#include "owner/reap.h"
#include "owner/submit.h"
#include "sched/worker.h"

enum { SLOTS = 3 };

typedef struct mark_args {
    uint32_t task;
} mark_args;

static _Alignas(CACHE_LINE) unsigned char region[256 * 1024];
loops_scene loops;
static uint64_t expected; /* IN_ORDER: where the next chunk begins */

/* -- kernels -- */
static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task;
    atom32 *marks = loops.tasks[((mark_args *)args)->task].marks;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[i], 1);
    return FILCH_OK;
}

static bool is_flag_up(void) { return loops.flag; }

static int32_t raise(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    loops.flag = true;
    return mark(task, args, begin, end);
}

static int32_t await(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    explore_await(is_flag_up);
    return mark(task, args, begin, end);
}

static int32_t fail(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    if (begin <= 1 && 1 < end) return 7;
    return mark(task, args, begin, end);
}

static int32_t in_order(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    EXPLORE_CHECK(begin == expected);
    expected = end;
    return mark(task, args, begin, end);
}

static int32_t measure(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args;
    atom64_add(&loops.sum, end - begin);
    return FILCH_OK;
}

/* No worker has stolen the task's item yet. */
static bool is_injected(const loops_task *task)
{
    const filch_deque *d = loops.rt->injector;
    uint32_t item = item_of(handle_slot(task->handle), state_free(handle_generation(task->handle)));
    for (uint32_t i = d->top.word; i != d->bottom.word; i++) {
        if (deque_items(loops.rt, d)[i & plan_mask(loops.rt)].word == item) return true;
    }
    return false;
}

static int32_t turn(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    const loops_task *own = &loops.tasks[((mark_args *)args)->task];
    for (const loops_task *before = loops.tasks; before < own; before++)
        EXPLORE_CHECK(!is_injected(before));
    return mark(task, args, begin, end);
}

#define KERNEL(function, kind_) \
    {.name = #function, .chunk = function, .args_bytes = sizeof(mark_args), .kind = kind_}
static const filch_kernel table[] = {
    [MARK] = KERNEL(mark, FILCH_PARALLEL),           [RAISE] = KERNEL(raise, FILCH_PARALLEL),
    [AWAIT] = KERNEL(await, FILCH_PARALLEL),         [FAIL] = KERNEL(fail, FILCH_PARALLEL),
    [IN_ORDER] = KERNEL(in_order, FILCH_SEQUENTIAL), [MEASURE] = KERNEL(measure, FILCH_PARALLEL),
    [TURN] = KERNEL(turn, FILCH_PARALLEL),
};
static const filch_kernel *const kernels[] = {&table[0], &table[1], &table[2], &table[3],
                                              &table[4], &table[5], &table[6]};

static void setup_with(uint32_t workers, uint32_t slots)
{
    filch_options options = {.workers = workers, .slots = slots};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    memset(&loops, 0, sizeof loops);
    loops.rt = region_init(region, &options, kernels, sizeof kernels / sizeof *kernels);
    for (int t = 0; t < TASKS; t++) loops.tasks[t].status = LOOPS_PENDING;
    expected = 0;
    explore_clock_step = 0;
}
void loops_setup(void) { setup_with(WORKERS, SLOTS); }
void loops_setup_slicing(void)
{
    loops_setup();
    explore_clock_step = 6000000;
}
void loops_setup_one_slot(void) { setup_with(WORKERS, 1); }
void loops_setup_more(void) { setup_with(WORKERS + 1, SLOTS); }

/* -- the owner -- */
static bool try_post(uint32_t kernel, uint64_t length, uint32_t grain)
{
    filch_status why;
    mark_args args = {.task = (uint32_t)loops.posted};
    filch_submission submission = {.kernel = kernel, .end = length, .grain = grain, .args = &args};
    uint64_t handle = submit_task(loops.rt, &submission, &why);
    if (!handle) EXPLORE_CHECK(why == FILCH_POOL_FULL);
    if (handle) loops.tasks[loops.posted++].handle = handle;
    return handle != 0;
}

void loops_reap_all(void)
{
    filch_runtime *rt = loops.rt;
    for (uint64_t handle; (handle = reap_next(rt)) != 0;) {
        loops_task *task = loops.tasks;
        while (task < loops.tasks + loops.posted && task->handle != handle) task++;
        EXPLORE_CHECK(task < loops.tasks + loops.posted);
        EXPLORE_CHECK(task->status == LOOPS_PENDING);
        filch_slot *slot = state_find(rt, handle);
        EXPLORE_CHECK(slot != 0);
        task->status = atom32_load(&slot->status) & 0xffff;
        task->done = atom64_load(&slot->done);
        for (uint32_t holder = 0; holder <= plan_worker_count(rt); holder++) {
            const atom64 *word = range_at(rt, holder, handle_slot(handle));
            EXPLORE_CHECK(!range_length(range_unpack(atom64_load(word))));
        }
        EXPLORE_CHECK(reap_release(rt, handle) == FILCH_OK);
        EXPLORE_CHECK(reap_release(rt, handle) == FILCH_STALE_HANDLE);
        loops.completed++;
    }
}

void loops_reap(int count)
{
    for (;;) {
        loops_reap_all();
        if (loops.completed >= count) return;
        if (reap_try_arm(loops.rt)) futex_wait(&loops.rt->doorbell, 1);
    }
}

void loops_post(uint32_t kernel, uint64_t length, uint32_t grain)
{
    while (!try_post(kernel, length, grain)) {
        loops_reap_all();
        if (try_post(kernel, length, grain)) return;
        if (reap_try_arm(loops.rt)) futex_wait(&loops.rt->doorbell, 1);
    }
}

bool loops_has_worked(int thread)
{
    if (!thread) return false;
    worker_adopt(loops.rt, (uint32_t)thread - 1);
    worker_run(loops.rt, (uint32_t)thread - 1);
    return true;
}

bool loops_has_idled(int thread)
{
    if (!thread) return false;
    uint32_t w = (uint32_t)thread - 1;
    bool comes_early = explore_variant; /* for a timer, say */
    worker_adopt(loops.rt, w);
    worker_return_idle(loops.rt, w, true);
    while (worker_run(loops.rt, w) == WORKER_IDLE) {
        if (!comes_early) futex_wait(&plan_workers(loops.rt)[w].parked, 1);
        comes_early = false;
        if (explore_variant == 2) {
            worker_return_idle(loops.rt, w, false);
            EXPLORE_CHECK(worker_run(loops.rt, w) != WORKER_IDLE);
            return true;
        }
        worker_adopt(loops.rt, w); /* as the host's exported function does */
    }
    return true;
}

void loops_stay_outside(int thread)
{
    uint32_t w = (uint32_t)thread - 1;
    worker_adopt(loops.rt, w);
    worker_return_idle(loops.rt, w, true);
    while (worker_run(loops.rt, w) == WORKER_IDLE) {
        loops.outside = true;
        explore_await(is_flag_up);
        futex_wait(&plan_workers(loops.rt)[w].parked, 1);
        worker_adopt(loops.rt, w);
    }
}

/* -- what must hold at the end -- */
void loops_check_ran(int number, uint32_t length)
{
    const loops_task *task = &loops.tasks[number];
    uint64_t ran = 0;
    for (int i = 0; i < LENGTH; i++) {
        EXPLORE_CHECK(task->marks[i].word <= 1);
        ran += task->marks[i].word;
    }
    if (task->status == FILCH_OK) EXPLORE_CHECK(ran == length && task->done == length);
    else EXPLORE_CHECK(task->done <= ran); /* a chunk whose worker died may have run in part */
}

void loops_check_all(uint32_t length)
{
    EXPLORE_CHECK(loops.completed == loops.posted);
    for (int t = 0; t < loops.posted; t++) loops_check_ran(t, length);
}
