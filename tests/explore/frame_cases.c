/* Frames: workers engaged in one task claim chunks, and take from each other what nobody has claimed, till there is nothing left.
 * Every iteration is claimed, and by one. */
#include <string.h>

#include "cases.h"
#include "frame.h"
#include "life.h"
#include "search.h"

enum { WORKERS = 3, LENGTH = 5 };

static _Alignas(CACHE_LINE) unsigned char region[32 * 1024];
static filch_runtime *rt;
static int claimed[LENGTH];

/* Who has it all at the start: nobody yet, a worker, or one that has left it behind. */
enum { AT_HOME, WITH_A_WORKER, LEFT_BEHIND, STARTS };

static void setup(void)
{
    filch_options options = {WORKERS, 1, 0};
    EXPLORE_CHECK(layout_bytes(&options) <= sizeof region);
    rt = layout_init(region, &options, 0, 0);
    memset(claimed, 0, sizeof claimed);
    int start = explore_variant % STARTS;
    uint32_t row = start == AT_HOME ? frame_home(rt) : start == LEFT_BEHIND ? WORKERS - 1 : 0;
    atom64_init(frame_of(rt, row, 0), range_word((range){0, LENGTH}));
    uint64_t engaged = LIFE_WORKER(0) | LIFE_WORKER(1) | (start == LEFT_BEHIND ? 0 : LIFE_WORKER(2));
    atom64_init(&rt->slots->life, (uint64_t)1 << 32 | engaged);
    for (uint32_t w = 0; w < WORKERS; w++) rt->workers[w].slot = rt->slots;
}

static void work(int thread)
{
    uint32_t chunk = explore_variant < STARTS ? 1 : 2, w = (uint32_t)thread;
    if (!(rt->slots->life.word & LIFE_WORKER(w))) return;
    do {
        range r;
        while (range_length(r = frame_claim(frame_of(rt, w, 0), chunk))) {
            EXPLORE_CHECK(range_length(r) <= chunk && r.end <= LENGTH);
            for (uint32_t i = r.next; i < r.end; i++) claimed[i]++;
        }
    } while (search_frames_of(rt, &rt->workers[w]));
}

static void check(void)
{
    for (int i = 0; i < LENGTH; i++) EXPLORE_CHECK(claimed[i] == 1);
}

const explore_case frame_cases[] = {
    {{"frame: claim and split", setup, WORKERS, work, check, 0}, 2 * STARTS, 2, 3, 0, 50000},
    {{0}, 0, 0, 0, 0, 0},
};
