#include "history.h"

#include "platform/platform.h"

history recorded;

/* Where the calling thread's operations stand; the check's stand last. */
static int own(void) { return explore_self() < 0 ? EXPLORE_THREADS : explore_self(); }

void history_clear(void)
{
    recorded.now = 0;
    for (int t = 0; t <= EXPLORE_THREADS; t++) recorded.count[t] = 0;
}

void history_begin(uint32_t what)
{
    explore_point(); /* so that this operation may begin later than the last one ended */
    explore_touch();
    uint32_t *n = &recorded.count[own()];
    if (*n == HISTORY_OPERATIONS) explore_fail("a history of more than HISTORY_OPERATIONS");
    recorded.made[own()][(*n)++] =
        (operation){.begin = ++recorded.now, .end = HISTORY_NEVER, .what = what, .died = true};
}

uint32_t history_end(uint32_t answer)
{
    explore_touch();
    operation *o = &recorded.made[own()][recorded.count[own()] - 1];
    o->end = ++recorded.now;
    o->died = false;
    return o->answer = answer;
}

void history_give_up(int thread)
{
    uint32_t n = recorded.count[thread];
    if (n && recorded.made[thread][n - 1].died) recorded.made[thread][n - 1].end = ++recorded.now;
}

static bool is_done(const uint32_t *at, int t) { return at[t] == recorded.count[t]; }

/* The operations of each thread from at[] on can be put in an order, starting in this state. */
static bool has_order(uint32_t *at, uint64_t state, history_object *object)
{
    uint32_t first_end = HISTORY_NEVER;
    for (int t = 0; t <= EXPLORE_THREADS; t++) {
        if (!is_done(at, t) && recorded.made[t][at[t]].end < first_end)
            first_end = recorded.made[t][at[t]].end;
    }
    /* The threads of all operations that are left have died: none of these need have happened. */
    if (first_end == HISTORY_NEVER) return true;
    for (int t = 0; t <= EXPLORE_THREADS; t++) {
        const operation *o = &recorded.made[t][at[t]];
        uint64_t next = state;
        if (is_done(at, t) || o->begin > first_end) continue;
        at[t]++;
        if (object(&next, o) && has_order(at, next, object)) return true;
        if (o->died && has_order(at, state, object)) return true;
        at[t]--;
    }
    return false;
}

bool history_is_linear(uint64_t state, history_object *object)
{
    uint32_t at[EXPLORE_THREADS + 1] = {0};
    return has_order(at, state, object);
}
