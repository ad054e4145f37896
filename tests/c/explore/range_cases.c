/* Ranges. The workers that run in one task claim chunks, and take from each other iterations that
 * no worker has claimed, till none is left. Every iteration is claimed once. */
#include <string.h>

#include "cases.h"
#include "core/range.h"
#include "core/region.h"
#include "core/state.h"
#include "owner/control.h"
#include "owner/reap.h"
#include "owner/submit.h"
#include "sched/steal.h"
#include "sched/worker.h"

enum { WORKERS = 3, LENGTH = 5 };

static _Alignas(CACHE_LINE) unsigned char region[32 * 1024];
static filch_runtime *rt;
static int claimed[LENGTH];

/* The holder of all iterations at the start: range_home(), a worker, or a worker that has left the
 * task. */
enum { AT_HOME, WITH_A_WORKER, LEFT_BEHIND, STARTS };

static void setup(void)
{
    filch_options options = {.workers = WORKERS, .slots = 1};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, 0, 0);
    memset(claimed, 0, sizeof claimed);
    int start = explore_variant % STARTS;
    uint32_t holder = start == AT_HOME ? range_home(rt) : start == LEFT_BEHIND ? WORKERS - 1 : 0;
    atom64_init(range_at(rt, holder, 0), range_pack((range){.next = 0, .end = LENGTH}));
    uint64_t workers =
        STATE_WORKER(0) | STATE_WORKER(1) | (start == LEFT_BEHIND ? 0 : STATE_WORKER(2));
    atom64_init(&plan_slots(rt)->state, state_free(1) | workers);
    for (uint32_t w = 0; w < WORKERS; w++) plan_workers(rt)[w].slot = 1;
}

static void work(int thread)
{
    uint32_t chunk = explore_variant < STARTS ? 1 : 2, w = (uint32_t)thread;
    if (!(plan_slots(rt)->state.word & STATE_WORKER(w))) return;
    do {
        range r;
        while (range_length(r = range_claim(range_at(rt, w, 0), chunk, 0))) {
            EXPLORE_CHECK(range_length(r) <= chunk && r.end <= LENGTH);
            for (uint32_t i = r.next; i < r.end; i++) claimed[i]++;
        }
    } while (steal_iterations(rt, &plan_workers(rt)[w], chunk));
}

static void check(void)
{
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(claimed[i] == 1);
}

/* -- the next block of a long loop: two workers meet in it, though only one of them opened it -- */
static int met;
static bool have_both_met(void) { return met == 2; }

static int32_t meet(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)end;
    if (!(begin >> BLOCK_BITS)) return FILCH_OK;
    met++;
    /* Against the contract; only the other worker can begin the other chunk. */
    explore_await(have_both_met);
    return FILCH_OK;
}
static const filch_kernel kernel = {.name = "meet", .chunk = meet, .kind = FILCH_PARALLEL};
static const filch_kernel *const kernels[] = {&kernel};

static void setup_block(void)
{
    filch_options options = {.workers = 2, .slots = 1};
    rt = region_init(region, &options, kernels, 1);
    met = 0;
}

static void next_block(int thread)
{
    if (thread) {
        worker_run(rt, (uint32_t)thread - 1);
        return;
    }
    filch_status why;
    uint32_t half = 1u << (BLOCK_BITS - 1);
    filch_submission submission = {.end = (uint64_t)3 * half + 1, .grain = half, .args = ""};
    EXPLORE_CHECK(submit_task(rt, &submission, &why) != 0);
    while (!reap_next(rt)) {
        if (reap_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    control_stop(rt);
}

/* A worker comes back to a loop in leaves, and to a range that it had left there. Another worker
 * that meanwhile takes what is left gets no part of the leaf that the first one is in. */
enum { LEAF = 2 };
static uint32_t first_left; /* the first iteration that the worker has not claimed */
static void setup_leaves(void)
{
    explore_variant = LEFT_BEHIND; /* with the last worker */
    setup();
    explore_variant = 0;
    atom32_init(&plan_slots(rt)->loop.leaf, LEAF);
    atom64_init(&plan_slots(rt)->state, state_free(1) | STATE_WORKER(0));
    first_left = 0;
}
static void come_back(int thread)
{
    if (thread) {
        uint32_t back = WORKERS - 1;
        if (!state_try_join(plan_slots(rt), back, handle_of(0, 1))) return;
        range r = range_claim(range_at(rt, back, 0), 1, LEAF);
        if (range_length(r)) first_left = r.end;
    } else {
        steal_iterations(rt, &plan_workers(rt)[0], 1);
    }
}
static void check_leaves(void)
{
    range taken = range_unpack(range_at(rt, 0, 0)->word);
    if (range_length(taken) && first_left) EXPLORE_CHECK(taken.next % LEAF == 0);
}

const explore_case range_cases[] = {
    {.scenario = {.name = "range: a worker comes back to a leaf",
                  .setup = setup_leaves,
                  .threads = 2,
                  .thread = come_back,
                  .check = check_leaves},
     .preemptions = 3,
     .nightly = 4,
     .random = 1000},
    {.scenario = {.name = "range: claim and split",
                  .setup = setup,
                  .threads = WORKERS,
                  .thread = work,
                  .check = check},
     .variants = 2 * STARTS,
     .preemptions = 3,
     .nightly = 4,
     .prunes = true,
     .random = 50000},
    {.scenario = {.name = "range: the next block",
                  .setup = setup_block,
                  .threads = 3,
                  .thread = next_block},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true,
     .random = 20000},
    {.scenario.name = 0},
};
