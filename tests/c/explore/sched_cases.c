/* The scheduler as a whole: an owner (thread 0) and two workers run the real worker loop. Whatever the schedule: each task settles
 * exactly once, no iteration runs twice or is lost, nobody sleeps for ever, and the workers go home at the stop. */
#include <string.h>

#include "cases.h"
#include "core/range.h"
#include "core/region.h"
#include "core/state.h"
#include "core/tree.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/recover.h"
#include "owner/submit.h"
#include "sched/sleep.h"
#include "sched/worker.h"

enum { WORKERS = 2, SLOTS = 3, TASKS = 3, LENGTH = 8 };

typedef struct mark_args { uint32_t task; } mark_args;

static _Alignas(CACHE_LINE) unsigned char region[256 * 1024];
static filch_runtime *rt;
static atom32 marks[TASKS][LENGTH]; /* how often an iteration ran; an atom, so that a chunk can be interrupted */
static bool flag;
static int posted, settled;
static uint64_t handles[TASKS];
static uint32_t statuses[TASKS]; /* how each task settled, 0xff = not yet */
static uint64_t dones[TASKS], lengths;

static int32_t mark(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task;
    for (uint64_t i = begin; i < end; i++) atom32_add(&marks[((mark_args *)args)->task][i], 1);
    return FILCH_OK;
}

static bool flag_is_up(void) { return flag; }

static int32_t raise(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    flag = true;
    return mark(task, args, begin, end);
}

/* Blocks, against the contract, until `raise` has run on another worker: so somebody must be awake for it. */
static int32_t await(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    explore_await(flag_is_up);
    return mark(task, args, begin, end);
}

static int32_t fail(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    if (begin <= 1 && 1 < end) return 7;
    return mark(task, args, begin, end);
}

/* Checks that the chunks of a sequential loop come in order, whoever runs them. */
static uint64_t expected;
static int32_t in_order(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    EXPLORE_CHECK(begin == expected);
    expected = end;
    return mark(task, args, begin, end);
}

static atom64 sum;
static int32_t measure(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args;
    atom64_add(&sum, end - begin);
    return FILCH_OK;
}

enum { MARK, RAISE, AWAIT, FAIL, IN_ORDER, MEASURE };
static const filch_kernel table[] = {
    {"mark", mark, 0, 0, sizeof(mark_args), FILCH_PARALLEL},         {"raise", raise, 0, 0, sizeof(mark_args), FILCH_PARALLEL},
    {"await", await, 0, 0, sizeof(mark_args), FILCH_PARALLEL},       {"fail", fail, 0, 0, sizeof(mark_args), FILCH_PARALLEL},
    {"in_order", in_order, 0, 0, sizeof(mark_args), FILCH_SEQUENTIAL}, {"measure", measure, 0, 0, sizeof(mark_args), FILCH_PARALLEL},
};
static const filch_kernel *const kernels[] = {&table[0], &table[1], &table[2], &table[3], &table[4], &table[5]};

static void setup_with(uint32_t slots, uint32_t workers)
{
    filch_options options = {workers, slots, 0};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, kernels, sizeof kernels / sizeof *kernels);
    memset(marks, 0, sizeof marks);
    memset(statuses, 0xff, sizeof statuses);
    memset(handles, 0, sizeof handles);
    flag = false;
    posted = settled = 0;
    expected = lengths = 0;
    sum = (atom64){0};
    explore_clock_step = 0;
}
static void setup(void) { setup_with(SLOTS, WORKERS); }
static void setup_slicing(void)
{
    setup();
    explore_clock_step = 6000000; /* a slice is over after three chunks */
}
static void setup_one_slot(void) { setup_with(1, WORKERS); }

/* -- the owner's side -- */
static bool try_post(uint32_t kernel, uint64_t length, uint32_t grain)
{
    filch_status why;
    mark_args args = {(uint32_t)posted};
    uint64_t handle = submit_task(rt, &(filch_submission){kernel, 0, length, 0, grain, &args}, &why);
    if (!handle) EXPLORE_CHECK(why == FILCH_POOL_FULL);
    if (handle) handles[posted++] = handle;
    return handle != 0;
}

static void reap_all(void)
{
    for (uint64_t handle; (handle = reap_next(rt)) != 0;) {
        int task = 0;
        while (task < posted && handles[task] != handle) task++;
        EXPLORE_CHECK(task < posted);
        EXPLORE_CHECK(statuses[task] == 0xffffffffu);
        filch_slot *slot = state_find(rt, handle);
        EXPLORE_CHECK(slot != 0);
        statuses[task] = atom32_load(&slot->status) & 0xffff;
        dones[task] = atom64_load(&slot->done);
        for (uint32_t row = 0; row <= rt->worker_count; row++) {
            EXPLORE_CHECK(!range_length(range_unpack(atom64_load(range_at(rt, row, handle_slot(handle))))));
        }
        EXPLORE_CHECK(reap_release(rt, handle) == FILCH_OK);
        EXPLORE_CHECK(reap_release(rt, handle) == FILCH_STALE_HANDLE);
        settled++;
    }
}

static bool rung(void) { return rt->doorbell.word == 0; }
static bool rung_or_died(void) { return rung() || explore_died() >= 0; }

/* Until `count` tasks have settled, as the host does it: reap, arm, wait. */
static void settle(int count)
{
    for (;;) {
        reap_all();
        if (settled >= count) return;
        if (reap_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
}

static void post(uint32_t kernel, uint64_t length, uint32_t grain)
{
    while (!try_post(kernel, length, grain)) {
        reap_all();
        if (!try_post(kernel, length, grain)) {
            if (reap_try_arm(rt)) futex_wait(&rt->doorbell, 1);
        } else return;
    }
}

static void work(int thread)
{
    worker_adopt(rt, (uint32_t)thread - 1);
    worker_run(rt, (uint32_t)thread - 1);
}

/* -- what must hold at the end -- */
static void check_ran(int task, uint32_t length)
{
    uint64_t ran = 0;
    for (int i = 0; i < LENGTH; i++) {
        EXPLORE_CHECK(marks[task][i].word <= 1);
        ran += marks[task][i].word;
    }
    if (statuses[task] == FILCH_OK) EXPLORE_CHECK(ran == length && dones[task] == length);
    else EXPLORE_CHECK(dones[task] <= ran); /* a chunk that died may have run in part */
}

static void check_all(uint32_t length)
{
    EXPLORE_CHECK(settled == posted);
    for (int t = 0; t < posted; t++) check_ran(t, length);
}

/* A loop is shared: two workers run it between them, wherever they were when it was posted. */
static void share(int thread)
{
    if (thread) { work(thread); return; }
    post(MARK, 4, 1);
    settle(1);
    EXPLORE_CHECK(statuses[0] == FILCH_OK);
    control_stop(rt);
}
static void check_share(void) { check_all(4); }

/* A post that meets a busy or a falling-asleep pool still gets the other worker. */
static void wake(int thread)
{
    if (thread) { work(thread); return; }
    post(AWAIT, 1, 1);
    post(RAISE, 1, 1);
    settle(2);
    control_stop(rt);
}
static void check_one(void) { check_all(1); }

/* An idle pool stops. */
static void stop_idle(int thread)
{
    if (thread) work(thread);
    else control_stop(rt);
}

/* A stop in the middle: what runs or is queued settles, done or cancelled. */
static void stop_busy(int thread)
{
    if (thread) { work(thread); return; }
    post(MARK, 2, 1);
    post(IN_ORDER, 2, 1);
    control_stop(rt);
    settle(2);
}
static void check_two(void) { check_all(2); }

/* A cancel meets a task that is queued, running, being split, or over. */
static void cancel(int thread)
{
    if (thread) { work(thread); return; }
    post(MARK, 4, 1);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    settle(1);
    EXPLORE_CHECK(statuses[0] == FILCH_OK || statuses[0] == FILCH_CANCELLED);
    EXPLORE_CHECK(!control_try_cancel(rt, handles[0]));
    control_stop(rt);
}
static void check_cancel(void)
{
    uint64_t ran = 0;
    check_all(4);
    for (int i = 0; i < 4; i++) ran += marks[0][i].word;
    EXPLORE_CHECK(dones[0] == ran); /* whole chunks only */
    EXPLORE_CHECK((statuses[0] == FILCH_OK) == (ran == 4));
}

/* After a cancel each worker runs one more chunk at most, also (the second variant) where an earlier
 * cancel has left its attention up. */
static void setup_attention(void)
{
    setup();
    for (int w = 0; w < WORKERS; w++) rt->workers[w].shared.preempt_request = (atom32){(uint32_t)explore_variant};
}
static bool runs(void) { return sum.word > 0; }
static void cancel_within_a_chunk(int thread)
{
    if (thread) { work(thread); return; }
    post(MEASURE, 7, 1);
    explore_await(runs);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    uint64_t before = sum.word;
    settle(1);
    EXPLORE_CHECK(sum.word <= before + WORKERS && dones[0] == sum.word);
    control_stop(rt);
}

/* Cancelled while it is being put back, and all workers busy from then on: it settles all the same. */
static void cancel_busy(int thread)
{
    if (thread) { work(thread); return; }
    post(IN_ORDER, 5, 1);
    post(AWAIT, 1, 1);
    post(AWAIT, 1, 1);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    while (statuses[0] == 0xffffffffu) settle(settled + 1);
    flag = true;
    settle(3);
    control_stop(rt);
}

/* A parallel loop makes room while another worker still runs a part of it. */
static void make_room(int thread)
{
    if (thread) { work(thread); return; }
    post(MARK, 6, 1);
    post(MARK, 1, 1);
    settle(2);
    EXPLORE_CHECK(statuses[0] == FILCH_OK && statuses[1] == FILCH_OK);
    control_stop(rt);
}
static void check_make_room(void)
{
    check_ran(0, 6);
    check_ran(1, 1);
}

/* The sleep protocol alone: a sleeper, and two who give it work. */
static atom32 work_left;
static void setup_idle(void)
{
    setup();
    work_left = (atom32){0};
}
static void sleep_and_wake(int thread)
{
    if (thread) {
        atom32_add(&work_left, 1);
        sleep_try_unpark(rt, 1);
        return;
    }
    for (uint32_t taken = 0; taken < 2;) {
        uint32_t there = atom32_exchange(&work_left, 0);
        taken += there;
        if (there) continue;
        sleep_prepare_park(rt, 0);
        if (atom32_load(&work_left)) sleep_cancel_park(rt, 0);
        else sleep_park(rt, 0);
    }
}

/* Cancelled while it is being put back: by a time slice that ends. */
static void cancel_yield(int thread)
{
    if (thread) { work(thread); return; }
    post(IN_ORDER, 5, 1);
    post(MARK, 1, 1);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    settle(2);
    control_stop(rt);
}
static void check_cancel_yield(void)
{
    EXPLORE_CHECK(settled == 2 && statuses[1] == FILCH_OK);
    check_ran(0, 5);
    check_ran(1, 1);
}

/* A sequential loop moves between workers, one at a time, in order. */
static void move(int thread)
{
    if (thread) { work(thread); return; }
    post(IN_ORDER, 5, 1);
    post(MARK, 1, 1);
    settle(2);
    EXPLORE_CHECK(statuses[0] == FILCH_OK && statuses[1] == FILCH_OK);
    control_stop(rt);
}
static void check_move(void)
{
    check_ran(0, 5);
    check_ran(1, 1);
}

/* A chunk fails: its task fails with the kernel's code, and only that. */
static void failing(int thread)
{
    if (thread) { work(thread); return; }
    post(FAIL, 3, 1);
    post(MARK, 1, 1);
    settle(2);
    EXPLORE_CHECK(statuses[0] == FILCH_KERNEL_FAILED && statuses[1] == FILCH_OK);
    control_stop(rt);
}
static void check_failing(void)
{
    check_ran(0, 3);
    check_ran(1, 1);
}

/* One slot for three tasks: back-pressure, generations, stale items of a cancelled task, and nothing is lost. */
static void one_slot(int thread)
{
    if (thread) { work(thread); return; }
    post(MARK, 1, 1);
    EXPLORE_CHECK(control_try_cancel(rt, handles[0]));
    post(MARK, 1, 1);
    post(MARK, 1, 1);
    settle(3);
    EXPLORE_CHECK(statuses[1] == FILCH_OK && statuses[2] == FILCH_OK);
    control_stop(rt);
}

/* A loop longer than a block, with a helper that may join at any moment of the change. */
static void blocks(int thread)
{
    if (thread) { work(thread); return; }
    post(MEASURE, ((uint64_t)2 << BLOCK_BITS) + 3, 1u << BLOCK_BITS);
    settle(1);
    EXPLORE_CHECK(statuses[0] == FILCH_OK && sum.word == ((uint64_t)2 << BLOCK_BITS) + 3);
    control_stop(rt);
}

/* Paused while its blocks change, and resumed when it is at rest: nothing is lost, and nobody keeps it. */
static bool at_rest(void)
{
    uint64_t life = rt->slots[handle_slot(handles[0])].state.word;
    return (life & STATE_CLOSED) || !(life & (STATE_WORKERS | STATE_QUEUED));
}
static void pause_blocks(int thread)
{
    if (thread) { work(thread); return; }
    post(MEASURE, (uint64_t)2 << BLOCK_BITS, 1u << (BLOCK_BITS - 1));
    EXPLORE_CHECK(control_try_pause(rt, handles[0]));
    explore_await(at_rest);
    uint64_t before = sum.word;
    if (control_pause_state(rt, handles[0]) == PAUSE_DONE) EXPLORE_CHECK(before < (uint64_t)2 << BLOCK_BITS);
    EXPLORE_CHECK(control_try_resume(rt, handles[0]));
    settle(1);
    EXPLORE_CHECK(statuses[0] == FILCH_OK && sum.word == (uint64_t)2 << BLOCK_BITS);
    control_stop(rt);
}

/* A worker dies at any moment. The other one and the owner go on: every task settles exactly once. */
static void die(int thread)
{
    if (thread) { work(thread); return; }
    bool buried = false;
    post(MARK, 3, 1);
    post(IN_ORDER, 2, 1);
    while (settled < 2) {
        if (!buried && explore_died() >= 0) {
            recover_worker(rt, (uint32_t)explore_died() - 1);
            buried = true;
        }
        reap_all();
        if (settled < 2 && reap_try_arm(rt)) explore_await(buried ? rung : rung_or_died);
    }
    if (buried) { /* the other one still wakes for a post */
        post(MARK, 1, 1);
        settle(3);
        EXPLORE_CHECK(statuses[2] == FILCH_OK);
    }
    control_stop(rt);
    if (!buried && explore_await_death() >= 0) recover_worker(rt, (uint32_t)explore_died() - 1);
}
static void check_die(void)
{
    EXPLORE_CHECK(settled == posted);
    check_ran(0, 3);
    check_ran(1, 2);
    if (explore_died() < 0) EXPLORE_CHECK(statuses[0] == FILCH_OK && statuses[1] == FILCH_OK);
}

#define BOTH_WORKERS 6
const explore_case sched_cases[] = {
    {{"sched: a loop is shared", setup, 3, share, check_share, 0}, 0, 2, 3, 0, 100000},
    {{"sched: a post wakes a worker", setup, 3, wake, check_one, 0}, 0, 2, 3, 0, 100000},
    {{"sched: idle workers stop", setup, 3, stop_idle, 0, 0}, 0, 3, 4, 0, 50000},
    {{"sched: stop in the middle", setup, 3, stop_busy, check_two, 0}, 0, 2, 3, 0, 100000},
    {{"sched: cancel", setup, 3, cancel, check_cancel, 0}, 0, 2, 3, 0, 100000},
    {{"sched: cancel meets a yield", setup_slicing, 3, cancel_yield, check_cancel_yield, 0}, 0, 2, 3, 0, 100000},
    {{"sched: cancelled within a chunk", setup_attention, 3, cancel_within_a_chunk, 0, 0}, 2, 2, 3, 0, 50000},
    {{"sched: a cancel meets a yield, all workers busy", setup_slicing, 3, cancel_busy, 0, 0}, 0, 1, 2, 0, 100000},
    {{"sched: a parallel loop yields", setup_slicing, 3, make_room, check_make_room, 0}, 0, 1, 2, 0, 100000},
    {{"sched: park and unpark", setup_idle, 3, sleep_and_wake, 0, 0}, 0, 5, 6, 0, 100000},
    {{"sched: a sequential loop moves", setup_slicing, 3, move, check_move, 0}, 0, 2, 3, 0, 100000},
    {{"sched: a chunk fails", setup, 3, failing, check_failing, 0}, 0, 1, 2, 0, 100000},
    {{"sched: one slot for three tasks", setup_one_slot, 3, one_slot, check_one, 0}, 0, 1, 2, 0, 50000},
    {{"sched: a loop longer than a block", setup, 3, blocks, 0, 0}, 0, 2, 3, 0, 50000},
    {{"sched: paused between blocks", setup, 3, pause_blocks, 0, 0}, 0, 1, 2, 0, 100000},
    {{"sched: a worker dies", setup_slicing, 3, die, check_die, BOTH_WORKERS}, 0, 1, 2, 1, 100000},
    {{0}, 0, 0, 0, 0, 0},
};
