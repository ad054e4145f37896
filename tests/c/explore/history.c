#include "history.h"

#include "platform/platform.h"

history recorded;

static int row(void)
{
    return explore_self() < 0 ? EXPLORE_THREADS : explore_self();
}

void history_clear(void)
{
    recorded.now = 0;
    for (int t = 0; t <= EXPLORE_THREADS; t++) recorded.count[t] = 0;
}

void history_begin(uint32_t what)
{
    explore_point(); /* so that the operation may begin later than the one before it ended */
    uint32_t *n = &recorded.count[row()];
    if (*n == HISTORY_OPERATIONS) explore_fail("a history of more than HISTORY_OPERATIONS");
    recorded.made[row()][(*n)++] = (operation){++recorded.now, HISTORY_NEVER, what, 0, true};
}

uint32_t history_end(uint32_t answer)
{
    operation *o = &recorded.made[row()][recorded.count[row()] - 1];
    o->end = ++recorded.now;
    o->died = false;
    return o->answer = answer;
}

void history_give_up(int thread)
{
    uint32_t n = recorded.count[thread];
    if (n && recorded.made[thread][n - 1].died) recorded.made[thread][n - 1].end = ++recorded.now;
}

static bool done(const uint32_t *at, int t) { return at[t] == recorded.count[t]; }

/* Whether what stands in each row from at[] on can be put in an order, starting in this state. */
static bool order(uint32_t *at, uint64_t state, history_object *object)
{
    uint32_t first_end = HISTORY_NEVER;
    for (int t = 0; t <= EXPLORE_THREADS; t++) {
        if (!done(at, t) && recorded.made[t][at[t]].end < first_end) first_end = recorded.made[t][at[t]].end;
    }
    if (first_end == HISTORY_NEVER) return true; /* what is left died, and need not have happened */
    for (int t = 0; t <= EXPLORE_THREADS; t++) {
        const operation *o = &recorded.made[t][at[t]];
        uint64_t after = state;
        if (done(at, t) || o->begin > first_end) continue;
        at[t]++;
        if (object(&after, o) && order(at, after, object)) return true;
        if (o->died && order(at, state, object)) return true;
        at[t]--;
    }
    return false;
}

bool history_linear(uint64_t state, history_object *object)
{
    uint32_t at[EXPLORE_THREADS + 1] = {0};
    return order(at, state, object);
}
