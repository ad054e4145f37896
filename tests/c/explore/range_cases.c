/* Frames: workers engaged in one task claim chunks, and take from each other what nobody has claimed, till there is nothing left.
 * Every iteration is claimed, and by one. */
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

/* Who has it all at the start: nobody yet, a worker, or one that has left it behind. */
enum { AT_HOME, WITH_A_WORKER, LEFT_BEHIND, STARTS };

static void setup(void)
{
    filch_options options = {WORKERS, 1, 0};
    EXPLORE_CHECK(region_bytes(&options) <= sizeof region);
    rt = region_init(region, &options, 0, 0);
    memset(claimed, 0, sizeof claimed);
    int start = explore_variant % STARTS;
    uint32_t row = start == AT_HOME ? range_home(rt) : start == LEFT_BEHIND ? WORKERS - 1 : 0;
    atom64_init(range_at(rt, row, 0), range_pack((range){0, LENGTH}));
    uint64_t engaged = STATE_WORKER(0) | STATE_WORKER(1) | (start == LEFT_BEHIND ? 0 : STATE_WORKER(2));
    atom64_init(&rt->slots->state, state_free(1) | engaged);
    for (uint32_t w = 0; w < WORKERS; w++) rt->workers[w].slot = rt->slots;
}

static void work(int thread)
{
    uint32_t chunk = explore_variant < STARTS ? 1 : 2, w = (uint32_t)thread;
    if (!(rt->slots->state.word & STATE_WORKER(w))) return;
    do {
        range r;
        while (range_length(r = range_claim(range_at(rt, w, 0), chunk, 0))) {
            EXPLORE_CHECK(range_length(r) <= chunk && r.end <= LENGTH);
            for (uint32_t i = r.next; i < r.end; i++) claimed[i]++;
        }
    } while (steal_iterations(rt, &rt->workers[w], chunk));
}

static void check(void)
{
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(claimed[i] == 1);
}

/* -- the next block of a long loop: two workers meet in it, whatever the one that did not open it was doing -- */
static int met;
static bool both(void) { return met == 2; }

static int32_t meet(filch_task *task, void *args, uint64_t begin, uint64_t end)
{
    (void)task, (void)args, (void)end;
    if (!(begin >> BLOCK_BITS)) return FILCH_OK;
    met++;
    explore_await(both); /* against the contract: nobody else would begin the other chunk */
    return FILCH_OK;
}
static const filch_kernel kernel = {"meet", meet, 0, 0, 0, FILCH_PARALLEL};
static const filch_kernel *const kernels[] = {&kernel};

static void setup_block(void)
{
    filch_options options = {2, 1, 0};
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
    EXPLORE_CHECK(submit_task(rt, &(filch_submission){0, 0, (uint64_t)3 * half + 1, 0, half, ""}, &why) != 0);
    while (!reap_next(rt)) {
        if (reap_try_arm(rt)) futex_wait(&rt->doorbell, 1);
    }
    control_stop(rt);
}

const explore_case range_cases[] = {
    {{"range: claim and split", setup, WORKERS, work, check, 0}, 2 * STARTS, 2, 3, 0, 50000},
    {{"range: the next block", setup_block, 3, next_block, 0, 0}, 0, 2, 3, 0, 20000},
    {{0}, 0, 0, 0, 0, 0},
};
