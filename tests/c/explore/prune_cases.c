/* The search itself: executions that a careless pruning would lose. The test of the explorer counts
 * them with and without pruning. */
#include "cases.h"
#include "platform/atomic.h"
#include "platform/platform.h"

static atom32 x, y, z;

static void setup(void) { x = y = z = (atom32){0}; }

/* The second thread yields to the first, which has been preempted before an operation that does not
 * depend on anything there. So the first thread must go on, though nothing has woken it. */
static void yields(int thread)
{
    if (thread) {
        atom32_load(&x);
        spin_hint();
        atom32_store(&z, 1);
    } else {
        atom32_store(&x, 1);
        atom32_store(&y, 1);
        atom32_load(&z);
    }
}

/* The same with a thread that dies after that operation, while the other one looks. */
static void dies(int thread)
{
    if (thread) {
        atom32_load(&x);
        if (explore_died() < 0) atom32_load(&z);
    } else {
        atom32_store(&x, 1);
        atom32_store(&y, 1);
        atom32_store(&z, 1);
    }
}

const explore_case prune_cases[] = {
    {.scenario = {.name = "prune: a yield", .setup = setup, .threads = 2, .thread = yields},
     .preemptions = 2,
     .nightly = 3,
     .prunes = true},
    {.scenario = {.name = "prune: a death",
                  .setup = setup,
                  .threads = 2,
                  .thread = dies,
                  .mortal = OWNER_MAY_DIE},
     .preemptions = 2,
     .nightly = 3,
     .deaths = 1,
     .prunes = true},
    {.scenario.name = 0},
};
