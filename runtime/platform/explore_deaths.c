/* When threads die in a random walk. A walk that tossed a coin at each point would nearly always
 * have its death near its beginning. So the moments are chosen before the walk, evenly over the
 * length of the last walk without a death. */
#include "platform/explore_state.h"

enum { WITHOUT = 16 }; /* one walk of so many has no death, to measure the length */

static uint64_t moments, length, planned[EXPLORE_THREADS];
static uint64_t at[EXPLORE_THREADS]; /* the moments of the deaths that have come */

void deaths_plan(void)
{
    if (!e.result->executions) length = 0;
    bool measures = !length || e.result->executions % WITHOUT == 0;
    for (int i = 0; i < e.options->deaths; i++)
        planned[i] = measures ? UINT64_MAX : decide_coin((uint32_t)length);
    moments = 0;
}

bool deaths_is_now(void)
{
    uint64_t now = moments++;
    for (int i = 0; i < e.options->deaths; i++) {
        if (planned[i] != now) continue;
        at[e.deaths] = now;
        return true;
    }
    return false;
}

void deaths_count(void)
{
    if (!e.deaths) length = moments;
    for (int i = 0; i < e.deaths; i++) {
        uint64_t tenth = length ? 10 * at[i] / length : 0;
        e.result->deaths_in_tenth[tenth < 10 ? tenth : 9]++;
    }
}
