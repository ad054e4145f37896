#include "platform/explore_state.h"

struct explorer e;

uint32_t decide_coin(uint32_t n)
{
    e.random ^= e.random << 13;
    e.random ^= e.random >> 7;
    e.random ^= e.random << 17;
    return (uint32_t)((e.random >> 32) * n >> 32);
}

static int first_of(const choices *c)
{
    int first = 0;
    while (first < c->count && c->skipped >> first & 1) first++;
    return first;
}

bool decide_has_any(const choices *c) { return first_of(c) < c->count; }

static int walk(const choices *c, bool dies)
{
    if (dies) return c->living;
    /* A random walk mostly stays with its thread: long runs of one thread reach deeper than a
     * fair coin at each point. */
    uint32_t stay = e.options->stay ? e.options->stay : 4;
    bool strays = c->living > 1 && decide_coin(stay) == 0;
    return strays ? (int)decide_coin((uint32_t)c->living) : 0;
}

int decide(const choices *c, bool dies)
{
    if (e.depth >= POINTS_MAX) return -1;
    decision *d = &e.decisions[e.depth];
    if (e.depth >= e.given) {
        d->taken = (uint8_t)(e.options->random ? walk(c, dies) : first_of(c));
        d->is_opaque = false;
    }
    d->alternatives = (uint8_t)c->count;
    d->skipped = c->skipped;
    d->next = NO_THREAD;
    d->at = e.calls;
    e.depth++;
    return d->taken < c->count ? d->taken : 0;
}
