/* The trace: a worker writes a record while the owner goes from one trace to another of another
 * size. The worker writes within either of them. */
#include <string.h>

#include "core/trace.h"
#include "scene.h"

enum { LONG = 4, SHORT = 1, WORKERS = 2, RECORDS_IN_ALL = 16, WRITTEN = 3 };

/* The records of the second trace head the array, those of the first stand at its end: what a
 * worker writes by the address of one and the length of the other falls between them. */
static _Alignas(TRACE_ALIGN) filch_event ring[RECORDS_IN_ALL];

static void setup(void)
{
    static const filch_kernel *const none[1];
    scene_begin(none, 0, WORKERS, 1);
    memset(ring, 0, sizeof ring);
    trace_set(scene, explore_variant ? ring : ring + RECORDS_IN_ALL - LONG * WORKERS,
              explore_variant ? SHORT : LONG);
}

static void trace(int thread)
{
    if (thread) {
        for (int i = 0; i < WRITTEN; i++) {
            filch_event event = {.kind = EVENT_PARK};
            trace_event(scene, &plan_workers(scene)[1], event);
        }
        return;
    }
    trace_set(scene, 0, 0);
    trace_set(scene, explore_variant ? ring + RECORDS_IN_ALL - LONG * WORKERS : ring,
              explore_variant ? LONG : SHORT);
}

/* Worker 1 has its records behind those of worker 0. */
static void check(void)
{
    for (int i = 0; i < RECORDS_IN_ALL; i++) {
        bool is_short = i >= SHORT && i < 2 * SHORT, is_long = i >= RECORDS_IN_ALL - LONG;
        EXPLORE_CHECK(ring[i].kind == EVENT_NONE || is_short || is_long);
    }
    EXPLORE_CHECK(plan_workers(scene)[1].trace.written.word <= WRITTEN);
}

const explore_case trace_cases[] = {
    {.scenario = {.name = "trace: another one begins",
                  .setup = setup,
                  .threads = 2,
                  .thread = trace,
                  .check = check},
     .variants = 2,
     .preemptions = 3,
     .nightly = 4,
     .random = 1000},
    {.scenario.name = 0},
};
